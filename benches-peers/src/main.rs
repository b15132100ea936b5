//! The same work on the same data for us and for our peers, in one run: `cargo xtask bench peers`; and the same
//! applications as servers, for `cargo xtask bench http`.
//!
//! Each application has a route for each [`Job`] behind its session layer, and runs in process, through its own
//! framework, on one thread. What the framework itself costs, a router with a handler that does nothing, is measured as
//! well and subtracted. All subjects are measured in turn, in short batches, so that whatever else the machine does
//! hits all alike; the figure is the median.

mod data;
mod measure;
mod peers;
mod report;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use crate::data::SIZES;
use crate::measure::{Cell, measure};

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

/// `benches-peers SECONDS` measures, `benches-peers data` prints the data for the peers in Python, `benches-peers
/// subjects` names what `benches-peers serve NAME` serves, on a free port of the loopback interface, which it prints.
/// `benches-peers repeat NAME JOB BYTES COUNT` is one figure's work alone, for a profiler.
fn main() {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_else(|| "60".to_owned());
    let system = actix_web::rt::System::new();
    let mut subjects = peers::all(&system);
    match &*task {
        "data" => println!("{}", data::json()),
        "subjects" => report::print_names(&subjects),
        "serve" | "repeat" => {
            let name = arguments.next().expect("the name of a subject");
            let position = subjects.iter().position(|subject| subject.name() == name);
            let subject = subjects.swap_remove(position.expect("a subject of this name"));
            if task == "serve" {
                serve(subject).expect("a server")
            } else {
                repeat(subject.as_ref(), arguments)
            }
        }
        seconds => {
            let table = measure(&subjects, seconds.parse().expect("a number of seconds"));
            report::print(&subjects, &table, &SIZES);
        }
    }
}

fn repeat(subject: &dyn Subject, mut arguments: impl Iterator<Item = String>) {
    let job = arguments.next().expect("a job");
    let job =
        Job::ALL.into_iter().find(|known| known.path()[1..] == job).expect("a job: untouched, read or write");
    let [bytes, count] = std::array::from_fn(|_| arguments.next().and_then(|number| number.parse().ok()));
    let cell = Cell::new(subject, job, bytes.expect("bytes of state") as usize);
    cell.run(count.expect("a number of requests"));
}

fn serve(subject: Box<dyn Subject + '_>) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    // Tokio asks for it.
    listener.set_nonblocking(true)?;
    println!("Listening on http://{}", listener.local_addr()?);
    subject.serve(listener)
}
