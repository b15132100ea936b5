//! PgBouncer.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::folder::Folder;
use super::port::free_port;
use super::postgres::PostgresServer;
use super::process::ServerProcess;
use super::user::unprivileged;
use crate::skip::{skip, warn};

/// The first version with the setting `max_prepared_statements`.
const PREPARED_STATEMENTS: (u32, u32) = (1, 21);

/// A PgBouncer on a free port of 127.0.0.1, in front of a [`PostgresServer`]. PgBouncer ends on drop, and when the test
/// program ends.
///
/// The environment variable `PGBOUNCER` names another program, such as a later version.
#[derive(Debug)]
pub struct PgBouncer {
    // The first field, so that PgBouncer ends before its folder is deleted.
    process: Option<ServerProcess>,
    /// The lines of the configuration, without the port.
    config: String,
    folder: Folder,
    port: u16,
}

impl PgBouncer {
    /// Starts PgBouncer with additional settings, such as `["pool_mode = transaction"]`. The default pool mode is
    /// session mode. Returns `None`, with a warning on standard error, if PgBouncer is not installed.
    ///
    /// # Panics
    /// Panics if PgBouncer does not start, or if it is not installed and the environment has `CI=true`.
    pub fn start(server: &PostgresServer, settings: &[&str]) -> Option<Self> {
        if version().is_none() {
            skip(
                "the tests with PgBouncer",
                "install the Debian package pgbouncer, or put pgbouncer into PATH",
            );
            return None;
        }
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nunix_socket_dir =\nauth_type = any\nmax_client_conn = 1000\n{}\n",
            server.port(),
            settings.join("\n")
        );
        let folder = Folder::create("pgbouncer", unprivileged());
        let mut bouncer = Self { process: None, config, folder, port: 0 };
        // Another program can take a port that was free a moment ago.
        let started = (0..5).any(|_| {
            bouncer.port = free_port();
            bouncer.try_start()
        });
        assert!(started, "PgBouncer does not start: {}", bouncer.folder.log());
        Some(bouncer)
    }

    /// Starts PgBouncer in transaction mode with `max_prepared_statements`, like [`start`](Self::start). Also returns
    /// `None`, even with `CI=true`, if PgBouncer is older than version 1.21, which introduced this setting. Debian 12
    /// has an older version.
    ///
    /// # Panics
    /// Panics like [`start`](Self::start).
    pub fn start_with_prepared_statements(server: &PostgresServer, settings: &[&str]) -> Option<Self> {
        if version().is_some_and(|version| version < PREPARED_STATEMENTS) {
            warn(
                "the tests with prepared statements in PgBouncer's transaction mode",
                "set PGBOUNCER to the path of PgBouncer 1.21 or later",
            );
            return None;
        }
        Self::start(
            server,
            &[&["pool_mode = transaction", "max_prepared_statements = 100"], settings].concat(),
        )
    }

    /// Starts PgBouncer in transaction mode without `max_prepared_statements`, like [`start`](Self::start).
    ///
    /// # Panics
    /// Panics like [`start`](Self::start).
    pub fn start_without_prepared_statements(server: &PostgresServer, settings: &[&str]) -> Option<Self> {
        let mut all = vec!["pool_mode = transaction"];
        if version().is_some_and(|version| version >= PREPARED_STATEMENTS) {
            all.push("max_prepared_statements = 0");
        }
        all.extend(settings);
        Self::start(server, &all)
    }

    /// Returns the port on 127.0.0.1. It stays the same when PgBouncer is restarted.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the URL of the database `postgres`, with a superuser that needs no password.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Kills PgBouncer, which closes all connections, and starts it again on the same port.
    ///
    /// # Panics
    /// Panics if PgBouncer does not start.
    pub fn restart(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.end("KILL");
        }
        assert!(self.try_start(), "PgBouncer does not start again: {}", self.folder.log());
    }

    /// Starts PgBouncer, and waits until it listens. Returns false if it ends instead.
    fn try_start(&mut self) -> bool {
        let config = self.folder.path().join("pgbouncer.ini");
        fs::write(&config, format!("{}listen_port = {}\n", self.config, self.port))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", config.display()));
        let mut command = self.folder.command(program());
        command.arg(&config);
        // PgBouncer logs `process up` when it listens. A successful connection would not prove that PgBouncer listens:
        // another program may have taken the port, and PgBouncer may be about to end.
        let is_ready = || self.folder.log().contains("process up: ");
        self.process = ServerProcess::start_ready(command, "KILL", &self.folder, is_ready);
        self.process.is_some()
    }
}

/// Returns the program: the environment variable `PGBOUNCER`, or else `pgbouncer` from `PATH` or `/usr/sbin`. Debian
/// has `pgbouncer` in `/usr/sbin`, which is not in every user's `PATH`.
fn program() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = || folders.map(|folder| folder.join("pgbouncer")).find(|program| program.is_file());
    let program = env::var_os("PGBOUNCER").or_else(|| found().map(PathBuf::into_os_string));
    program.unwrap_or_else(|| OsString::from("pgbouncer"))
}

/// Returns the major and minor version, or `None` if the program is missing.
fn version() -> Option<(u32, u32)> {
    let output = Command::new(program()).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = text.strip_prefix("PgBouncer ").and_then(|rest| {
        let mut parts = rest.split(|char: char| !char.is_ascii_digit()).map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    Some(number.unwrap_or_else(|| panic!("unknown version of PgBouncer: {text}")))
}
