//! PostgreSQL.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::folder::Folder;
use super::port::free_port;
use super::process::ServerProcess;
use super::user::unprivileged;
use crate::skip::skip;

/// Debian has the server's programs outside of `PATH`, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A PostgreSQL server on a free port of 127.0.0.1, with a new database in a temporary folder. The server ends on drop,
/// and when the test program ends.
///
/// If the tests run as root, the server runs as the user `postgres` or `nobody`, because PostgreSQL refuses to run as
/// root.
#[derive(Debug)]
pub struct PostgresServer {
    // The first field, so that the server ends before its folder is deleted.
    process: Option<ServerProcess>,
    programs: PathBuf,
    options: Vec<String>,
    folder: Folder,
    port: u16,
}

impl PostgresServer {
    /// Starts a server. Returns `None`, with a warning on standard error, if PostgreSQL is not installed.
    ///
    /// # Panics
    /// Panics if the server does not start, or if it is not installed and the environment has `CI=true`.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// Starts a server with additional command-line options, such as `["-c", "fsync=on"]`. `fsync` is off unless the
    /// options turn it on. Returns `None` in the same case as [`start`](Self::start).
    ///
    /// # Panics
    /// Panics like [`start`](Self::start).
    pub fn start_with(options: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            skip(
                "the tests with PostgreSQL",
                "install the Debian package postgresql, or put initdb, postgres and pg_isready into PATH",
            );
            return None;
        };
        let folder = Folder::create("postgres", unprivileged());
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let mut server = Self { process: None, programs, options, folder, port: 0 };
        let mut initdb = server.command("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]);
        initdb.arg("-D").arg(server.data());
        let output = initdb.output().unwrap_or_else(|error| panic!("cannot run {initdb:?}: {error}"));
        assert!(output.status.success(), "{initdb:?}: {}", String::from_utf8_lossy(&output.stderr));
        // Another program can take a port that was free a moment ago.
        let started = (0..5).any(|_| {
            server.port = free_port();
            server.try_start()
        });
        assert!(started, "PostgreSQL does not start: {}", server.folder.log());
        Some(server)
    }

    /// Returns the port on 127.0.0.1. It stays the same when the server is restarted.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the database `postgres`, with a superuser that needs no password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops the server by a fast shutdown. The server tells its clients that it shuts down, and closes their
    /// connections.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end("INT");
        }
    }

    /// Starts the server again. If it is running, stops it first.
    ///
    /// # Panics
    /// Panics if the server does not start.
    pub fn restart(&mut self) {
        self.stop();
        assert!(self.try_start(), "PostgreSQL does not start again: {}", self.folder.log());
    }

    /// Suspends the server: it accepts connections, but does not answer.
    pub fn pause(&self) {
        self.signal_all("STOP");
    }

    /// Ends a [`pause`](Self::pause).
    pub fn resume(&self) {
        self.signal_all("CONT");
    }

    fn signal_all(&self, signal: &str) {
        if let Some(process) = &self.process {
            process.signal_all(signal);
        }
    }

    /// Starts the server, and waits until it answers. Returns false if it ends instead.
    fn try_start(&mut self) -> bool {
        let port = self.port.to_string();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &port, "-k", ""]);
        // Without fsync, only a crash of the machine can lose data.
        command.args(["-c", "fsync=off", "-c", "max_connections=200"]).args(&self.options);
        let mut ready = self.command("pg_isready");
        ready.args(["-q", "-h", "127.0.0.1", "-U", "postgres", "-p", &port]);
        self.process = ServerProcess::start_ready(command, "QUIT", &self.folder, || {
            ready.status().is_ok_and(|status| status.success())
        });
        self.process.is_some()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.folder.command(self.programs.join(program));
        command.env("LC_ALL", "C");
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

/// Returns the folder with the server's programs: that of Debian's latest version, or else the first such folder in
/// `PATH`.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten().filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        Some((number, version.path().join("bin")))
    });
    let mut debian: Vec<_> = versions.collect();
    debian.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = debian.into_iter().rev().map(|(_, folder)| folder).chain(std::env::split_paths(&path));
    let mut folders = folders.filter(|folder| folder.join("initdb").is_file());
    folders.find(|folder| folder.join("postgres").is_file() && folder.join("pg_isready").is_file())
}
