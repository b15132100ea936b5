//! A server process and its child processes.

use std::collections::HashSet;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::folder::Folder;

/// A shell script that waits for the end of this program, which closes the script's input. The script then ends the
/// server and deletes the server's folder.
///
/// `$1` is the server's process ID, `$2` is the signal that ends the server, and `$3` is its folder.
const WATCH: &str = "read _; \
                     kill -CONT $(cat /proc/$1/task/$1/children) $1; kill -s \"$2\" $1; \
                     for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 $1 || break; sleep 0.3; done; kill -KILL $1; \
                     rm -rf -- \"$3\"";

/// How long a server may take to start, and to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server may take to end before it is killed.
const END_PATIENCE: Duration = Duration::from_secs(20);

/// A running server. It ends on drop, and also if this program is killed.
#[derive(Debug)]
pub(super) struct ServerProcess {
    child: Child,
    quit: &'static str,
    watcher: Child,
}

impl ServerProcess {
    /// Starts a server, and waits until `is_ready` returns true. Returns `None` if the server ends instead. The server
    /// writes its output to the log of `folder`.
    ///
    /// `quit` is the signal that makes the server end at once. If this program is killed, a watcher process ends the
    /// server and deletes `folder`.
    ///
    /// # Panics
    /// Panics if the program is missing, or if the server is not ready in time.
    pub(super) fn start_ready(
        mut command: Command,
        quit: &'static str,
        folder: &Folder,
        mut is_ready: impl FnMut() -> bool,
    ) -> Option<Self> {
        let log = folder.create_log();
        let stdout = log.try_clone().unwrap_or_else(|error| panic!("cannot write a log: {error}"));
        command.stdin(Stdio::null()).stdout(stdout).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "sh", &child.id().to_string(), quit]).arg(folder.path());
        // A signal to this program's process group, such as SIGINT after Ctrl-C, must not end the watcher.
        watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = watch.spawn().unwrap_or_else(|error| panic!("cannot run {watch:?}: {error}"));
        let mut process = Self { child, quit, watcher };
        let start = Instant::now();
        while process.ended().is_none() {
            if is_ready() {
                return Some(process);
            }
            assert!(start.elapsed() < PATIENCE, "{command:?} does not answer: {}", folder.log());
            sleep(Duration::from_millis(5));
        }
        None
    }

    /// Returns the exit status of the server, or `None` if the server is running.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap_or_else(|error| panic!("cannot wait for a server: {error}"))
    }

    /// Sends a signal to the server and all its children.
    pub(super) fn signal_all(&self, signal: &str) {
        self.signal(signal);
        let list = format!("/proc/{0}/task/{0}/children", self.child.id());
        let mut signalled = HashSet::new();
        // If a child ends while the list is read, Linux may leave out other children. So read the list until it has no
        // new child. A server that goes on can start children without end.
        for _ in 0..10 {
            let before = signalled.len();
            for child in fs::read_to_string(&list).unwrap_or_default().split_whitespace() {
                if signalled.insert(child.to_owned()) {
                    kill(signal, child);
                }
            }
            if signalled.len() == before {
                break;
            }
        }
    }

    fn signal(&self, signal: &str) {
        kill(signal, &self.child.id().to_string());
    }

    /// Ends the server with a signal, and waits for its end.
    pub(super) fn end(&mut self, signal: &str) {
        // End the watcher first. Otherwise it could signal another process that later gets the server's process ID.
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
        if self.ended().is_none() {
            self.signal(signal);
        }
        let start = Instant::now();
        while self.ended().is_none() {
            if start.elapsed() > END_PATIENCE {
                self.signal_all("KILL");
            }
            sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.signal_all("CONT");
        }
        self.end(self.quit);
    }
}

/// Sends a signal with the shell's `kill`, because calling the system's `kill` would need `unsafe`. Does nothing if the
/// process has ended.
fn kill(signal: &str, process: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, process]);
    let _ = kill.stderr(Stdio::null()).status();
}
