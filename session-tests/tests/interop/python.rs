//! A child process that runs a script of the folder `pyramid`. It reads one command per line from its standard input,
//! and writes each answer as one line.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use session_tests::skip::skip;

/// How long to wait for an answer. Without a limit, a hanging script would hang the test.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A Python environment with one version of Pyramid.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Version {
    /// The Pyramid version in `requirements.txt`.
    Current,
    /// The Pyramid version in `requirements-1.10.txt`.
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
    /// The lines that the script writes.
    answers: Receiver<String>,
}

impl Python {
    /// Starts the script. Returns `None` if the environment variable of the interpreter is not set.
    ///
    /// # Panics
    /// Panics if the interpreter does not start, or, in CI, if the variable is not set.
    pub(crate) fn start(version: Version, script: &str) -> Option<Self> {
        let variable = version.interpreter();
        let Some(python) = env::var_os(variable) else {
            skip(
                "live interop with Pyramid",
                &format!("`cargo xtask test` sets {variable} and runs these tests"),
            );
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("pyramid").join(script);
        let mut command = Command::new(&python);
        command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {python:?}: {error}"));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().expect("stdout is a pipe"));
        let (sender, answers) = channel();
        // A read from a pipe has no timeout, so a thread reads.
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines.try_for_each(|line| sender.send(line))
        });
        Some(Self { child, stdin, answers })
    }

    /// Sends a command and returns the line that answers it.
    pub(crate) fn ask(&mut self, command: &Value) -> String {
        let stdin = self.stdin.as_mut().expect("stdin stays open until drop");
        writeln!(stdin, "{command}").expect("Python reads");
        self.answers.recv_timeout(TIMEOUT).expect("Python answers")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The script ends at the end of its input. If the test has failed, the script may hang, so kill it.
        self.stdin = None;
        if thread::panicking() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
