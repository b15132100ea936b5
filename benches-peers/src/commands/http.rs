//! `cargo xtask bench http`: measures the applications as servers.

use std::process::Command;
use std::{env, fs};

use crate::machine;
use crate::results::bare;
use crate::server::Server;
use crate::sh::{Result, Sh};
use crate::subject::{JOBS, Job, SETUP, Subject};
use crate::wrk::{self, Round};

const DOCUMENT: &str = "docs/http.md";

/// Bytes of state in a session.
const SIZE: usize = 450;

/// The titles of the tables, one for each job in [`Job::ALL`].
const TITLES: [&str; JOBS] = ["Untouched", "Read", "Read, change, write"];

/// Descriptions of the requests to the guestbook.
const PAGES: [&str; JOBS] = [
    "its icon, outside the session's layer",
    "its home page, without a cookie",
    "its home page, with a session",
];

/// A server and its measurements.
struct Application {
    name: String,
    /// The name of its bare framework, which may be this application. It is empty for the guestbook.
    framework: String,
    server: Server,
    /// The path that creates a session, or `None` for an application without sessions.
    setup: Option<String>,
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
    /// Starts another process of this program, which serves the application of `subject`.
    fn peer(subject: &dyn Subject, framework: &str) -> Result<Self> {
        let program = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
        let server = Server::start(Command::new(program).args(["serve", subject.name()]))?;
        let has_session = subject.what().is_some();
        let request = |job: Job| Request::new(job.path(), has_session, has_session && job == Job::Write);
        Ok(Self {
            name: subject.name().to_owned(),
            framework: framework.to_owned(),
            server,
            setup: has_session.then(|| format!("{SETUP}?size={SIZE}")),
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
                Command::new(program)
                    .args(["--store", "cookie", "--port", "0"])
                    .env("TOKIO_WORKER_THREADS", "1"),
            )?,
            setup: Some("/account/sign-in".to_owned()),
            // The session is younger than the re-issue time, so no response re-issues its cookie.
            requests: [
                Request::new("/icon.svg", false, false),
                Request::new("/", false, false),
                Request::new("/", true, false),
            ],
        })
    }

    /// Measures one round of each request, with a new session. In a long run, a session for all rounds would expire, or
    /// a read would re-issue its cookie.
    fn measure(&mut self) -> Result {
        let mut session = None;
        if let Some(path) = &self.setup {
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
    text = text.replace("{connections}", &wrk::CONNECTIONS.to_string()).replace("{size}", &SIZE.to_string());
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

/// Returns a table row: medians of all rounds, and the middle half of the ratios. A ratio is the requests per second
/// divided by those of `base` in the same round.
fn row(name: &str, rounds: &[Round], base: &[Round]) -> String {
    let [low, ratio, high] =
        quartiles(rounds.iter().zip(base).map(|(round, base)| round.per_second / base.per_second));
    let [_, per_second, _] = quartiles(rounds.iter().map(|round| round.per_second));
    let [_, p50, _] = quartiles(rounds.iter().map(|round| round.p50));
    let [_, p99, _] = quartiles(rounds.iter().map(|round| round.p99));
    format!("| {name} | {per_second:.0} | {ratio:.2} | {low:.2}–{high:.2} | {p50:.0} | {p99:.0} |\n")
}

/// Returns the lower quartile, the median and the upper quartile.
fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() * quarter).div_ceil(4) - 1])
}

const HEAD: &str = "# Over HTTP

Requests per second over the loopback interface, and the latency: medians of {rounds} rounds of one second each. Written
by `cargo xtask bench http`; {when}.

The applications are the Rust applications of [Compared with other libraries](peers.md), with {size} bytes of state in the
session. Each runs on one thread in its framework's own server. `wrk` sends the requests, also with one thread, on
{connections} keep-alive connections. In each round, every application gets each kind of request for a second.

*Of bare*: the requests per second divided by those of the bare framework in the same round; the median of all rounds.
Requests to the bare framework have no cookie, so parsing the longer request counts as part of the session's cost. *Half
of the rounds*: the range of the middle half of the rounds. If the ranges of two applications overlap, this run does not
distinguish them.

How to read it:

- In the faster applications, most of the time of a request is HTTP: system calls, wake-ups, headers. [Compared with other
  libraries](peers.md) shows the cost of the session itself. This document shows how much of that cost remains visible over
  HTTP.
- The server and `wrk` share the machine, and `wrk` takes about as much time for a request as a bare framework. If a server
  is faster than `wrk`, the result shows the speed of `wrk`, so figures near 1 may hide a difference.
- `wrk` keeps {connections} requests open, so requests wait for each other: the mean latency is {connections} divided by the
  requests per second. A single request on an idle server has a lower latency. p99 depends on the other load of the
  machine as much as on the server.
- The absolute figures hold for this machine on this day. The ratio to bare is more stable, but it also varies.
";

const GUESTBOOK: &str = "
## The guestbook

`cargo run --example guestbook -- --store cookie`, a release build with one worker thread. A visitor without a cookie
and one whose session has a CSRF token get the same home page. That session is younger than the `reissue_time` of two
minutes, so no response sets a cookie. So the difference between the two rows of the home page is the cost of decrypting and
reading the session. The icon is served outside the session layer. It also needs no template, so the layer accounts for
only a part of the difference to the pages.

";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_of_unsorted_values() {
        let of = |count: i32| quartiles((1..=count).rev().map(f64::from));
        assert_eq!(of(1), [1.0, 1.0, 1.0]);
        assert_eq!(of(2), [1.0, 1.0, 2.0]);
        assert_eq!(of(4), [1.0, 2.0, 3.0]);
        assert_eq!(of(15), [4.0, 8.0, 12.0]);
    }

    #[test]
    fn row_compares_within_each_round() {
        let rounds = |figures: [f64; 3]| {
            figures.map(|per_second| Round { per_second, p50: 1e7 / per_second, p99: 7.0 })
        };
        // The machine was slow in the second round, and something disturbed this application in the third one.
        let row = row("this", &rounds([800.0, 400.0, 300.0]), &rounds([1000.0, 500.0, 1000.0]));
        assert_eq!(row, "| this | 400 | 0.80 | 0.30–0.80 | 25000 | 7 |\n");
    }
}
