//! The same work on the same data for us and for our peers, in one run: `cargo xtask bench peers`.
//!
//! Each application has a route for each [`Job`] behind its session layer, and runs in process, through its own
//! framework, on one thread. What the framework itself costs, a router with a handler that does nothing, is measured as
//! well and subtracted. All subjects are measured in turn, in short batches, so that whatever else the machine does
//! hits all alike; the figure is the median.

mod data;
mod measure;
mod peers;
mod report;

use std::time::Duration;

use crate::data::SIZES;
use crate::measure::measure;

/// What a request does with its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    /// The handler takes no session.
    Untouched,
    /// It reads one entry.
    Read,
    /// It reads one entry, changes it, and the response sends the session.
    Write,
}

impl Job {
    const ALL: [Self; 3] = [Self::Untouched, Self::Read, Self::Write];

    fn path(self) -> &'static str {
        match self {
            Self::Untouched => "/untouched",
            Self::Read => "/read",
            Self::Write => "/write",
        }
    }
}

/// The route that puts the data into a new session.
const SETUP: &str = "/setup";

/// The framework that an application runs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Framework {
    Axum,
    Actix,
    Poem,
}

/// An application with sessions, or the bare framework.
trait Subject {
    /// Its name in the table.
    fn name(&self) -> &'static str;

    /// What it signs with, and where the data are.
    fn what(&self) -> &'static str;

    /// Whether the data are in the cookie; if not, they are in the server's memory.
    fn in_cookie(&self) -> bool {
        true
    }

    /// What it runs in.
    fn framework(&self) -> Framework;

    /// Makes a session with data of this size; the line for the `Cookie` header. None of the bare framework.
    fn sign_in(&self, size: usize) -> Option<String>;

    /// Sends `count` requests one after the other. The time that it took, and the response's `Set-Cookie` lines.
    fn run(&self, path: &'static str, cookie: &str, count: u32) -> (Duration, usize);
}

/// `benches-peers SECONDS` measures, `benches-peers data` prints the data for the peers in Python.
fn main() {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "60".to_owned());
    if argument == "data" {
        println!("{}", data::json());
        return;
    }
    let seconds: f64 = argument.parse().expect("a number of seconds");
    let system = actix_web::rt::System::new();
    let subjects = peers::all(&system);
    let table = measure(&subjects, seconds);
    report::print(&subjects, &table, &SIZES);
}
