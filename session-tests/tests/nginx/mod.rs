//! An nginx process.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use session_tests::skip::skip;
use tempfile::TempDir;

/// The start of the configuration. nginx runs as a single process, so that killing it leaves no workers.
const START: &str = r"
daemon off;
master_process off;
pid nginx.pid;
error_log error.log warn;
";

/// The start of the block `http`, for a user who may write only to the server's folder.
const HTTP_START: &str = r"
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
";

/// How often to check whether nginx listens.
const POLL_PERIOD: Duration = Duration::from_millis(5);

/// The maximum number of checks: a minute's worth, so that a hanging nginx does not hang the test.
const MAX_POLLS: u32 = 12_000;

/// A running nginx. It is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Process {
    /// Starts nginx. `events` and `http` are the contents of these blocks of the configuration. In `http`, `@PORT@`
    /// stands for the port to listen on. Returns `None` if nginx is not installed, and reports that `tests` are
    /// skipped.
    ///
    /// # Panics
    /// Panics if nginx does not start, or, in CI, if it is not installed.
    pub(crate) fn start(tests: &str, events: &str, http: &str) -> Option<Self> {
        let Some(program) = program() else {
            skip(tests, "install nginx");
            return None;
        };
        let configuration = format!("{START}\nevents {{{events}}}\n\nhttp {{{HTTP_START}{http}}}\n");
        // Try several times, because another process may take the free port before nginx does.
        let nginx = (0..5).find_map(|_| Self::try_start(&program, &configuration));
        Some(nginx.expect("nginx starts"))
    }

    fn try_start(program: &Path, configuration: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let configuration = configuration.replace("@PORT@", &address.port().to_string());
        fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let child = Command::new(program)
            .arg("-p")
            .arg(folder.path())
            .args(["-c", "nginx.conf", "-e", "error.log"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut nginx = Self { child, address, folder };
        for _ in 0..MAX_POLLS {
            // nginx writes this file once it listens.
            if nginx.folder.path().join("nginx.pid").exists() {
                return Some(nginx);
            }
            if nginx.child.try_wait().unwrap().is_some() {
                eprintln!("{}", nginx.error_log());
                return None;
            }
            thread::sleep(POLL_PERIOD);
        }
        panic!("nginx runs, but does not listen: {}", nginx.error_log());
    }

    fn error_log(&self) -> String {
        fs::read_to_string(self.folder.path().join("error.log")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Finds nginx. Debian installs it in a folder that is not in every user's `PATH`.
fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join("nginx")).find(|path| path.is_file())
}
