//! The command line tool `signed-session`. It generates secrets, writes and checks session cookies, and ends sessions
//! in a store.

use std::fmt;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ContextValue;

use crate::args::{Cli, Command};
use crate::inspect::Contents;

mod args;
mod candidates;
mod config_file;
mod cookie_line;
mod doctor;
mod factory;
mod finding;
mod format;
mod help;
mod inspect;
mod keys;
mod options;
mod printable;
mod protection;
mod recognise;
mod report;
mod resign;
mod sessions;
mod shown;
mod sign;
mod sources;
mod stdio;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = escape_arguments(error).to_string();
            // If the command is missing, clap's error is only the help text.
            stdio::write_error(text.strip_prefix("error: ").unwrap_or(&format!("no command\n\n{text}")));
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

/// Escapes the arguments that an error quotes, including their line breaks, and hides the passwords of URLs.
fn escape_arguments(mut error: clap::Error) -> clap::Error {
    let escaped: Vec<_> = error
        .context()
        .filter_map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(quotable(text)),
                ContextValue::Strings(texts) => {
                    ContextValue::Strings(texts.iter().map(|text| quotable(text)).collect())
                }
                ContextValue::StyledStrs(texts) => {
                    let escaped = texts.iter().map(|text| quotable(&text.to_string()).into());
                    ContextValue::StyledStrs(escaped.collect())
                }
                // Leave the usage, which has its own line breaks, and values that are not text.
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

/// Returns an argument in the form that an error may show: escaped, and without the password of a URL.
fn quotable(argument: &str) -> String {
    printable::escape(&sessions::without_password(argument))
}

/// Runs a command. Returns `false` if `verify` or `inspect` finds an invalid cookie, `doctor` finds a weakness, or
/// `resign` does not print a cookie for every line.
fn run(command: &Command) -> Result<bool, Failure> {
    match command {
        Command::Keygen => keys::generate().map(|()| true),
        Command::Sign(args) => sign::run(args).map(|()| true),
        Command::Verify(args) => inspect::run(args, Contents::IfValid),
        Command::Inspect(args) => inspect::run(args, Contents::Always),
        Command::Resign(args) => resign::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Sessions(command) => sessions::run(command).map(|()| true),
    }
}

/// The exit code if a cookie is invalid, `doctor` finds a weakness, the input cannot be used, or the system or a store
/// reports an error.
const INVALID: u8 = 1;

/// The exit code for a wrong command line or configuration file, or a secret that cannot be used.
const USAGE: u8 = 2;

/// The error message of a command that failed.
enum Failure {
    /// The command line or a configuration file is wrong, or a secret cannot be used. The command fails whatever the
    /// input is.
    Usage(String),
    /// The input cannot be used, or the system or a store reports an error.
    Data(String),
}

impl Failure {
    fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(printable::escape(&message.to_string()))
    }

    fn data(message: impl fmt::Display) -> Self {
        Self::Data(printable::escape(&message.to_string()))
    }

    /// Puts the place of the error, such as a file or a line number, before the message.
    fn at(self, place: impl fmt::Display) -> Self {
        let place = printable::escape(&place.to_string());
        match self {
            Self::Usage(message) => Self::Usage(format!("{place}: {message}")),
            Self::Data(message) => Self::Data(format!("{place}: {message}")),
        }
    }

    /// Prints the message to standard error, and returns the exit code.
    fn report(self) -> ExitCode {
        let (message, code) = match self {
            Self::Usage(message) => (message, USAGE),
            Self::Data(message) => (message, INVALID),
        };
        stdio::write_error(&message);
        ExitCode::from(code)
    }
}
