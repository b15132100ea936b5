//! Runs other programs, and prints their command lines in the syntax of a shell.

use std::ffi::OsStr;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

/// The result of a step of an xtask command. The error is a message for the contributor.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

/// One command, run without standard input.
pub(crate) struct Sh {
    command: Command,
}

impl Sh {
    /// Returns a command that runs `program`, which is looked up in `PATH` unless it is a path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        Self { command }
    }

    /// Returns a command that runs the Cargo that started this tool.
    pub(crate) fn cargo() -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// Appends arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets an environment variable for the command.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Prints the command line and runs it. The program inherits our output streams.
    pub(crate) fn run(mut self) -> Result {
        eprintln!("\n$ {self}");
        let status = self.command.status().map_err(|error| format!("cannot run `{self}`: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`{self}` failed ({status})")) }
    }

    /// Runs the command without printing it, and returns its standard output. If the command fails, the error contains
    /// its standard error.
    pub(crate) fn read(mut self) -> Result<String> {
        let output = self.command.output().map_err(|error| format!("cannot run `{self}`: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`{self}` failed ({}): {}", output.status, said.trim()));
        }
        String::from_utf8(output.stdout).map_err(|_| format!("`{self}` did not write UTF-8"))
    }
}

/// Shows the command line that runs the same command in a shell.
impl fmt::Display for Sh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in self.command.get_envs() {
            write!(f, "{}={} ", name.display(), quoted(value.unwrap_or_default()))?;
        }
        let program = Path::new(self.command.get_program());
        match program.file_stem() {
            Some(stem) if stem == "cargo" => f.write_str("cargo")?,
            _ => f.write_str(&quoted(program.as_os_str()))?,
        }
        self.command.get_args().try_for_each(|arg| write!(f, " {}", quoted(arg)))
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_quoted_for_shell() {
        let sh = Sh::new("/opt/rust/bin/cargo").args(["doc", "it's"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(sh.to_string(), r"RUSTDOCFLAGS='-D warnings' cargo doc 'it'\''s'");
    }

    #[test]
    fn failure_names_command() {
        let error = Sh::new("python-that-does-not-exist").args(["-V"]).run().unwrap_err();
        assert!(error.starts_with("cannot run `python-that-does-not-exist -V`"), "{error}");
        let error = Sh::new("false").run().unwrap_err();
        assert!(error.starts_with("`false` failed"), "{error}");
        let error = Sh::cargo().args(["no-such-command"]).read().unwrap_err();
        assert!(error.contains("no such command"), "{error}");
    }
}
