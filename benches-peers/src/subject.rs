//! The interface between applications and measurements.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

/// The number of jobs.
pub(crate) const JOBS: usize = 3;

/// The job of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Job {
    /// The handler takes no session.
    Untouched,
    /// The handler reads one entry.
    Read,
    /// The handler reads one entry and changes it, and the response sends the session.
    Write,
}

impl Job {
    pub(crate) const ALL: [Self; JOBS] = [Self::Untouched, Self::Read, Self::Write];

    /// Returns the job's name in the tables.
    pub(crate) fn name(self) -> &'static str {
        &self.path()[1..]
    }

    /// Returns the job's route.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Untouched => "/untouched",
            Self::Read => "/read",
            Self::Write => "/write",
        }
    }
}

/// The route that stores the data in a new session.
pub(crate) const SETUP: &str = "/setup";

/// The framework of an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framework {
    Axum,
    Actix,
    Poem,
}

/// An application with sessions, or the bare framework.
pub(crate) trait Subject {
    /// Returns its name in the table.
    fn name(&self) -> &'static str;

    /// Returns what it signs or encrypts with, and where the data are. Returns `None` if it has no sessions.
    fn what(&self) -> Option<&'static str>;

    /// Returns whether the data are in the cookie. Otherwise they are in the server's memory.
    fn in_cookie(&self) -> bool {
        true
    }

    /// Returns its framework.
    fn framework(&self) -> Framework;

    /// Creates a session with data of this size. Returns the `Cookie` header, or `None` if it has no sessions.
    fn sign_in(&self, size: usize) -> Option<String>;

    /// Sends `count` requests, one after the other. Returns the time, and the number of `Set-Cookie` lines of the last
    /// response.
    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize);

    /// Serves connections for ever, with the framework's own server on one thread.
    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()>;
}
