//! The applications as the measurements see them.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

/// The number of jobs.
pub(crate) const JOBS: usize = 3;

/// What a request does with its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Job {
    /// The handler takes no session.
    Untouched,
    /// It reads one entry.
    Read,
    /// It reads one entry, changes it, and the response sends the session.
    Write,
}

impl Job {
    pub(crate) const ALL: [Self; JOBS] = [Self::Untouched, Self::Read, Self::Write];

    /// Its name in the tables.
    pub(crate) fn name(self) -> &'static str {
        &self.path()[1..]
    }

    /// The route that does it.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Untouched => "/untouched",
            Self::Read => "/read",
            Self::Write => "/write",
        }
    }
}

/// The route that puts the data into a new session.
pub(crate) const SETUP: &str = "/setup";

/// The framework that an application runs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framework {
    Axum,
    Actix,
    Poem,
}

/// An application with sessions, or the bare framework.
pub(crate) trait Subject {
    /// Its name in the table.
    fn name(&self) -> &'static str;

    /// What it signs with, and where the data are. None if it has no sessions.
    fn what(&self) -> Option<&'static str>;

    /// Whether the data are in the cookie; if not, they are in the server's memory.
    fn in_cookie(&self) -> bool {
        true
    }

    /// What it runs in.
    fn framework(&self) -> Framework;

    /// Makes a session with data of this size; the line for the `Cookie` header. None without sessions.
    fn sign_in(&self, size: usize) -> Option<String>;

    /// Sends `count` requests one after the other. The time that it took, and the response's `Set-Cookie` lines.
    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize);

    /// Answers who connects, with the framework's own server, on one thread; for ever.
    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()>;
}
