//! A script of `pyramid/` behind a pipe. It answers each line of input, a command, with one line.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::missing::skip;

/// An environment with one version of Pyramid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    /// The one in `requirements.txt`.
    Current,
    /// The one in `requirements-1.10.txt`.
    Pyramid1_10,
}

impl Version {
    /// Returns the environment variable that names the interpreter.
    fn interpreter(self) -> &'static str {
        match self {
            Self::Current => "SIGNED_SESSION_PYTHON",
            Self::Pyramid1_10 => "SIGNED_SESSION_PYTHON_1_10",
        }
    }
}

pub(crate) struct Python {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Python {
    /// Starts the script. Returns `None` if there is no Python for it.
    ///
    /// # Panics
    /// Panics if the script does not start, or if there is no Python in CI.
    pub(crate) fn start(version: Version, script: &str) -> Option<Self> {
        let variable = version.interpreter();
        let Some(python) = env::var_os(variable) else {
            skip("live interop with Pyramid", &format!("`cargo xtask test` sets {variable} and runs it"));
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("pyramid").join(script);
        let mut command = Command::new(&python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {python:?}: {error}"));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("stdout is a pipe"));
        Some(Self { child, stdin, stdout: BufReader::new(stdout) })
    }

    /// Sends a command and returns the line that answers it.
    pub(crate) fn ask(&mut self, command: &Value) -> String {
        let stdin = self.stdin.as_mut().expect("stdin stays open until drop");
        writeln!(stdin, "{command}").expect("Python reads");
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("Python writes");
        line
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The script ends at the end of its input.
        self.stdin = None;
        let _ = self.child.wait();
    }
}
