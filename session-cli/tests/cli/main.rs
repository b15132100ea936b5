//! Tests that run the binary.

use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

mod byte_order_mark;
mod check;
mod doctor;
mod encrypted;
mod help;
mod library;
mod permissions;
mod recognise;
mod report;
mod resign;
mod rotation;
mod session_id;
mod sessions;
mod sign;
mod terminal;
mod usage;
mod weak_secrets;

const BIN: &str = env!("CARGO_BIN_EXE_signed-session");

/// The secret in the file `session.secret`.
const SECRET: &str = "of no use to anybody, but 39 bytes long";

/// The secret in the file `old.secret` and in the environment variable `OLD_SECRET`.
const OLD_SECRET: &str = "of as little use as the other, but longer";

/// The directory in which the binary runs. It contains the files with the secrets.
struct Shell(TempDir);

/// The result of running the binary.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Shell {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (file, secret) in
            [("session.secret", SECRET), ("old.secret", OLD_SECRET), ("weak.secret", "secret"), ("empty", "")]
        {
            std::fs::write(dir.path().join(file), secret).unwrap();
        }
        let shell = Self(dir);
        for file in ["session.secret", "old.secret", "weak.secret"] {
            shell.set_mode(file, 0o600);
        }
        shell
    }

    /// Sets the permissions of a file on Unix. Does nothing on other systems.
    fn set_mode(&self, file: &str, mode: u32) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(self.0.path().join(file), permissions).unwrap();
        }
        #[cfg(not(unix))]
        let _ = (file, mode);
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BIN);
        command.current_dir(self.0.path()).env("OLD_SECRET", OLD_SECRET).env("COLUMNS", "80");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the binary, and checks that it prints either a result or an error.
    fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, stdin: impl AsRef<[u8]>) -> Run {
        let run = self.run_with_warnings(args, stdin);
        assert!(
            run.stdout.is_empty() != run.stderr.is_empty(),
            "the output should be either a result or an error: {run:?}"
        );
        run
    }

    /// Runs the binary. Checks that it prints no secret, and that its error output begins with the program's name.
    fn run_with_warnings<A: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = A>,
        stdin: impl AsRef<[u8]>,
    ) -> Run {
        let mut child = self.command().args(args).spawn().unwrap();
        match child.stdin.take().unwrap().write_all(stdin.as_ref()) {
            // The binary may exit without reading.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            _ => {}
        }
        let output = child.wait_with_output().unwrap();
        let run = Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for secret in [SECRET, OLD_SECRET] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{run:?}");
        }
        assert!(run.stderr.is_empty() || run.stderr.starts_with("signed-session: "), "{run:?}");
        run
    }

    /// Runs the binary with a line of arguments, split at spaces.
    fn line(&self, line: &str, stdin: impl AsRef<[u8]>) -> Run {
        self.run(line.split_whitespace(), stdin)
    }

    /// Signs or encrypts a session that was accessed at 1700000000, and returns the cookie's value.
    fn sign(&self, options: &str, state: &str) -> String {
        let line = format!("sign --accessed 1700000000 --created 1699999000.5 {options}");
        let run = self.line(&line, state);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        run.stdout.strip_suffix('\n').unwrap().to_owned()
    }
}

impl Run {
    /// Returns the exit code and the report.
    fn report(&self) -> (i32, Value) {
        assert_eq!(self.stderr, "");
        assert_eq!(
            self.stdout.find('\n'),
            Some(self.stdout.len() - 1),
            "the report should be one line: {}",
            self.stdout
        );
        (self.code.unwrap(), serde_json::from_str(&self.stdout).unwrap())
    }

    /// Checks that the run failed with `code`, and returns the error message.
    fn error(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""), "{self:?}");
        &self.stderr
    }
}

/// A cookie value that Pyramid wrote, with the secret `secret` and the payload
/// `[1700000000, 1699999000.5, {"a": 1}]`.
const JSON: &str = "dt9oEI7g02L2km2slRQOGOJlDsZpcXStngAhlGCgCeqeXbT-z0Q6anHuuMIRRI6X-V-Vb_zgjqGALLKdhAy781sxNzAwMDAw\
                    MDAwLCAxNjk5OTk5MDAwLjUsIHsiYSI6IDF9XQ";

/// A cookie value with the same session and secret, but with a payload in pickle protocol 4.
const PICKLE: &str = "95UiI7oqKHcVQpZ1CTXPA-X5mEB9qFYDrasI6c95RlIFuVfr5iFbNy_gpQ5Hljfzv2WZK_Hpmu0TUXZ5oXm2KIAElRoA\
                      AAAAAAAASgDxU2VHQdlU-0YgAAB9lIwBYZRLAXOHlC4";
