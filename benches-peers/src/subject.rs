//! The interface between applications and measurements.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

/// Number of variants of [`Job`].
pub(crate) const JOBS: usize = 3;

/// What the handler of a request does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Job {
    /// The handler does not use the session.
    Untouched,
    /// The handler reads one entry.
    Read,
    /// The handler reads one entry and changes it. So the response sets the cookie, or the store gets the new data.
    Write,
}

impl Job {
    pub(crate) const ALL: [Self; JOBS] = [Self::Untouched, Self::Read, Self::Write];

    /// Returns the job's name in the results and in the reports.
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

/// An application that is measured. An application without sessions is a bare framework, or has a layer that does
/// nothing.
pub(crate) trait Subject {
    /// Returns the application's name in the tables.
    fn name(&self) -> &'static str;

    /// Returns how the data is signed or encrypted, and where it is if not in the cookie. Returns `None` for an
    /// application without sessions.
    fn what(&self) -> Option<&'static str>;

    /// Returns whether the data is in the cookie, and not in the server's memory.
    fn in_cookie(&self) -> bool {
        true
    }

    /// Returns the application's framework.
    fn framework(&self) -> Framework;

    /// Creates a session with data of this size. Returns the `Cookie` header, or `None` for an application without
    /// sessions.
    fn sign_in(&self, size: usize) -> Option<String>;

    /// Sends `count` requests, one after the other. Returns the time for all of them, and the number of `Set-Cookie`
    /// lines in the last response.
    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize);

    /// Serves connections forever, with the framework's own server on one thread.
    fn serve(self: Box<Self>, listener: TcpListener) -> io::Result<()>;
}
