//! `signed-session` at the shell: makes secrets, signs session cookies, verifies them and looks into them.

use std::fmt;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ContextValue;

use crate::args::{Cli, Command};
use crate::inspect::Contents;

mod args;
mod cookie_line;
mod format;
mod help;
mod inspect;
mod keys;
mod printable;
mod shown;
mod sign;
mod stdio;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = escape_arguments(error).to_string();
            // Without a command, clap has no message but the help.
            stdio::complain(text.strip_prefix("error: ").unwrap_or(&format!("no command\n\n{text}")));
            return ExitCode::from(USAGE);
        }
        Err(help) => {
            return match stdio::write(&format!("{}\n", help.to_string().trim_end())) {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => failure.report(),
            };
        }
    };
    match run(&cli.command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(INVALID),
        Err(failure) => failure.report(),
    }
}

/// The error with the arguments that it quotes escaped, line breaks included.
fn escape_arguments(mut error: clap::Error) -> clap::Error {
    let escaped: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(printable::escape(text)),
                ContextValue::Strings(texts) => {
                    ContextValue::Strings(texts.iter().map(|text| printable::escape(text)).collect())
                }
                ContextValue::StyledStrs(texts) => {
                    let escaped = texts.iter().map(|text| printable::escape(&text.to_string()).into());
                    ContextValue::StyledStrs(escaped.collect())
                }
                // The usage, whose line breaks are ours, and what is no text.
                _ => return None,
            };
            Some((kind, value))
        })
        .collect();
    for (kind, value) in escaped {
        error.insert(kind, value);
    }
    error
}

/// Whether what was asked for is so: false only for a cookie that is not valid.
fn run(command: &Command) -> Result<bool, Failure> {
    match command {
        Command::Keygen => keys::generate().map(|()| true),
        Command::Sign(args) => sign::run(args).map(|()| true),
        Command::Verify(args) => inspect::run(args, Contents::IfValid),
        Command::Inspect(args) => inspect::run(args, Contents::Always),
    }
}

/// The exit code of a cookie that is not valid, and of data that cannot be worked with.
const INVALID: u8 = 1;

/// The exit code of a wrong call.
const USAGE: u8 = 2;

/// Why there is no result.
enum Failure {
    /// The call is wrong: it would fail with any input.
    Usage(String),
    /// The input, or the system.
    Data(String),
}

impl Failure {
    fn usage(why: impl fmt::Display) -> Self {
        Self::Usage(printable::escape(&why.to_string()))
    }

    fn data(why: impl fmt::Display) -> Self {
        Self::Data(printable::escape(&why.to_string()))
    }

    /// Says why on standard error.
    fn report(self) -> ExitCode {
        let (why, code) = match self {
            Self::Usage(why) => (why, USAGE),
            Self::Data(why) => (why, INVALID),
        };
        stdio::complain(&why);
        ExitCode::from(code)
    }
}
