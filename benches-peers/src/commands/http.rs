//! `cargo xtask bench http`

use std::process::Command;
use std::{env, fs};

use crate::machine;
use crate::results::bare;
use crate::server::Server;
use crate::sh::{Result, Sh};
use crate::subject::{JOBS, Job, Subject};
use crate::wrk::{self, Round};

const DOCUMENT: &str = "docs/http.md";

/// The titles of the tables of [`Job::ALL`].
const TITLES: [&str; JOBS] = ["Untouched", "Read", "Read, change, write"];

/// What the guestbook is asked for.
const PAGES: [&str; JOBS] = [
    "its icon, outside the session's layer",
    "its home page, without a cookie",
    "its home page, with a session",
];

/// A server, and what is measured of it.
struct Application {
    name: String,
    /// The name of the bare framework that it runs in, which may be this one.
    framework: String,
    server: Server,
    /// The path where a session begins; none in the bare framework.
    setup: Option<&'static str>,
    requests: [Request; JOBS],
}

struct Request {
    path: String,
    has_session: bool,
    sets_cookie: bool,
    rounds: Vec<Round>,
}

impl Request {
    fn new(path: impl Into<String>, has_session: bool, sets_cookie: bool) -> Self {
        Self { path: path.into(), has_session, sets_cookie, rounds: Vec::new() }
    }
}

impl Application {
    /// One of the peers: this program serves it in another process.
    fn peer(subject: &dyn Subject, framework: &str) -> Result<Self> {
        let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let server = Server::start(Command::new(program).args(["serve", subject.name()]))?;
        let has_session = subject.what().is_some();
        let request = |job: Job| Request::new(job.path(), has_session, has_session && job == Job::Write);
        Ok(Self {
            name: subject.name().to_owned(),
            framework: framework.to_owned(),
            server,
            setup: has_session.then_some("/setup?size=450"),
            requests: Job::ALL.map(request),
        })
    }

    fn guestbook() -> Result<Self> {
        Sh::cargo().args(["build", "--release", "-p", "session-examples", "--example", "guestbook"]).run()?;
        let program = machine::target()?.join("release/examples/guestbook");
        Ok(Self {
            name: "guestbook".to_owned(),
            framework: String::new(),
            server: Server::start(
                Command::new(program).args(["--port", "0"]).env("TOKIO_WORKER_THREADS", "1"),
            )?,
            setup: Some("/account/sign-in"),
            // The session is a second old when its turn comes, so that each response has it anew.
            requests: [
                Request::new("/icon.svg", false, false),
                Request::new("/", false, false),
                Request::new("/", true, true),
            ],
        })
    }

    /// One round for each request, with a new session: an old one would expire, or be written anew when it is read.
    fn measure(&mut self) -> Result {
        let mut session = None;
        if let Some(path) = self.setup {
            session = self.server.get(path, None)?.pop();
            session.as_ref().ok_or_else(|| format!("{path} sets no cookie"))?;
        }
        for request in &mut self.requests {
            let cookie = session.as_deref().filter(|_| request.has_session);
            let cookies = self.server.get(&request.path, cookie)?.len();
            if cookies != usize::from(request.sets_cookie) {
                return Err(format!("{} sets {cookies} cookies", request.path));
            }
            request.rounds.push(wrk::round(&self.server.url(&request.path), cookie)?);
        }
        Ok(())
    }
}

pub(crate) fn run(subjects: &[Box<dyn Subject + '_>], rounds: u32) -> Result {
    wrk::check()?;
    let mut guestbook = Application::guestbook()?;
    let peer = |subject: &dyn Subject| Application::peer(subject, subjects[bare(subjects, subject)].name());
    let mut peers = subjects.iter().map(|subject| peer(subject.as_ref())).collect::<Result<Vec<_>>>()?;

    for round in 1..=rounds {
        eprintln!("==> Round {round} of {rounds}.");
        for application in peers.iter_mut().chain([&mut guestbook]) {
            application.measure().map_err(|error| format!("{}: {error}", application.name))?;
        }
    }

    let text = document(&peers, &guestbook, &machine::when()?)?;
    fs::write(DOCUMENT, &text).map_err(|error| format!("cannot write {DOCUMENT}: {error}"))?;
    println!("{text}");
    Ok(())
}

fn document(peers: &[Application], guestbook: &Application, when: &str) -> Result<String> {
    let rounds = guestbook.requests[0].rounds.len();
    let mut text = HEAD.replace("{when}", when).replace("{rounds}", &rounds.to_string());
    text = text.replace("{connections}", &wrk::CONNECTIONS.to_string());
    for (job, title) in TITLES.iter().enumerate() {
        text += &format!("\n## {title}\n\n{}", columns("of bare"));
        for peer in peers {
            let bare = peers.iter().find(|bare| bare.name == peer.framework);
            let bare = bare.ok_or_else(|| format!("{} is not measured", peer.framework))?;
            text += &row(&peer.name, &peer.requests[job].rounds, &bare.requests[job].rounds);
        }
    }
    text += GUESTBOOK;
    text += &columns("of the page without a cookie");
    let [_, without_cookie, _] = &guestbook.requests;
    for (page, request) in PAGES.iter().zip(&guestbook.requests) {
        text += &row(page, &request.rounds, &without_cookie.rounds);
    }
    Ok(text)
}

fn columns(ratio: &str) -> String {
    format!(
        "| | requests/s | {ratio} | half of the rounds | p50, µs | p99, µs |\n|---|---|---|---|---|---|\n"
    )
}

/// Medians; of the throughput as part of the base's, too, round by round.
fn row(name: &str, rounds: &[Round], base: &[Round]) -> String {
    let [low, ratio, high] =
        quartiles(rounds.iter().zip(base).map(|(round, base)| round.per_second / base.per_second));
    let [_, per_second, _] = quartiles(rounds.iter().map(|round| round.per_second));
    let [_, p50, _] = quartiles(rounds.iter().map(|round| round.p50));
    let [_, p99, _] = quartiles(rounds.iter().map(|round| round.p99));
    format!("| {name} | {per_second:.0} | {ratio:.2} | {low:.2}–{high:.2} | {p50:.0} | {p99:.0} |\n")
}

/// What a quarter, a half and three quarters of the values are not above.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() * quarter).div_ceil(4) - 1])
}

const HEAD: &str = "# Over HTTP

Requests per second over the loopback interface, and how long one takes: medians of {rounds} rounds of one second each.
Written by `cargo xtask bench http`; {when}.

The applications in Rust of [Beside the peers](peers.md), with 450 bytes of state in the session. Each runs in its
framework's own server with one thread, and `wrk` sends the requests, with one thread as well, on {connections} connections
that are kept open. In each round every application has a second of each request.

*Of bare*: the requests per second divided by those of the same framework without sessions in the same round; the median
of all rounds. The bare framework is sent no cookie, so reading the longer request counts as the session's. *Half of the
rounds*: between these figures the middle half of the rounds was. Where they overlap, this run does not tell two
applications apart.

How to read it:

- Most of such a request is HTTP: system calls, waking up, headers. [Beside the peers](peers.md) has what a session
  itself adds; this is what is left of a difference once HTTP is paid.
- Server and `wrk` share the machine, and `wrk` needs about as much of it for a request as a bare framework does. A
  server that answers faster than `wrk` asks looks no faster, so figures near 1 may hide a difference.
- The server is never idle: {connections} requests are under way at any time, so p50 follows from the requests per second, and
  one request alone is answered sooner. p99 shows what else the machine did as much as it shows the server.
- The absolute figures are this machine's on this day. The part of bare says more, but it wavers as well.
";

const GUESTBOOK: &str = "
## The guestbook

`cargo run --example guestbook`, built for release, with one worker thread. The home page is the same to a visitor without
a cookie and to one whose session has a CSRF token. That session is older than a second, so each response sends its cookie
anew, as in Pyramid with its default `reissue_time`: the difference of these two lines is to verify, read, write and sign
it. The icon is served outside the session's layer. As no template makes it, only a part of the difference to it is the
layer's.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_are_those_of_the_sorted_values() {
        let of = |count: i32| quartiles((1..=count).rev().map(f64::from));
        assert_eq!(of(1), [1.0, 1.0, 1.0]);
        assert_eq!(of(2), [1.0, 1.0, 2.0]);
        assert_eq!(of(4), [1.0, 2.0, 3.0]);
        assert_eq!(of(15), [4.0, 8.0, 12.0]);
    }

    #[test]
    fn a_row_compares_within_a_round() {
        let rounds = |figures: [f64; 3]| {
            figures.map(|per_second| Round { per_second, p50: 1e7 / per_second, p99: 7.0 })
        };
        // The machine was slow in the second round, and the third one was disturbed while this one ran.
        let row = row("this", &rounds([800.0, 400.0, 300.0]), &rounds([1000.0, 500.0, 1000.0]));
        assert_eq!(row, "| this | 400 | 0.80 | 0.30–0.80 | 25000 | 7 |\n");
    }
}
