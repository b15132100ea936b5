//! `cargo xtask bench peers`: compares our library with its peers.

use std::fmt::Write;
use std::fs;

use crate::measure::measure;
use crate::results::{self, Peer};
use crate::sh::{Result, Sh};
use crate::subject::Subject;
use crate::{data, machine, plot};

const PYTHON: &str = "benches-peers/python";
const TABLE: &str = "docs/peers.md";
const PLOT: &str = "docs/peers.svg";

pub(crate) fn run(subjects: &[Box<dyn Subject + '_>], seconds: u32) -> Result {
    let folder = machine::target()?.join("peers");
    let environment = folder.join("python");
    let interpreter = environment.join("bin/python");
    if !interpreter.exists() {
        Sh::new("python3").args(["-m", "venv"]).args([&environment]).run()?;
    }
    let requirements = format!("{PYTHON}/requirements.txt");
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", &requirements];
    Sh::new(&interpreter).args(pip).run()?;
    let data = folder.join("data.json");
    fs::write(&data, data::json().to_string())
        .map_err(|error| format!("cannot write {}: {error}", data.display()))?;

    eprintln!("\n==> Measuring for {seconds} s in Rust and {seconds} s in Python.");
    let mut peers = results::in_rust(subjects, &measure(subjects, seconds.into()));
    let script = format!("{PYTHON}/bench.py");
    let python = Sh::new(&interpreter).args([&script, &seconds.to_string()]).args([&data]).read()?;
    for line in python.lines() {
        peers.push(Peer::parse(line)?);
    }

    let when = machine::when()?;
    let table = table(&peers, &when);
    for (path, text) in [(TABLE, &table), (PLOT, &plot::svg(&peers, &when))] {
        fs::write(path, text).map_err(|error| format!("cannot write {path}: {error}"))?;
    }
    println!("{table}");
    Ok(())
}

fn table(peers: &[Peer], when: &str) -> String {
    let mut text = HEAD.replace("{when}", when);
    for size in 0..peers[0].rows.len() {
        let _ = writeln!(text, "\n## {} bytes of state\n", peers[0].rows[size].0);
        text += "| | untouched | read | read, change, write |\n|---|---|---|---|\n";
        for peer in peers {
            let (_, [untouched, read, write]) = peer.rows[size];
            let _ = writeln!(text, "| {} | {untouched:.2} | {read:.2} | {write:.2} |", peer.name);
        }
        let _ = write!(text, "\n{}", ratios(peers, size));
    }
    text += "\n## What each signs or encrypts\n\n| | |\n|---|---|\n";
    for peer in peers {
        if let Some(protection) = &peer.protection {
            let _ = writeln!(text, "| {} | {protection} |", peer.name);
        }
    }
    text
}

/// Returns lines that compare each of our applications with the fastest peer that keeps its data in the cookie. For an
/// encrypted application of ours, another line compares it with ours under SHA-256 in the same framework.
fn ratios(peers: &[Peer], size: usize) -> String {
    let mut text = String::new();
    for ours in peers.iter().filter(|peer| peer.is_ours()) {
        let rivals = peers.iter().filter(|peer| !peer.is_ours() && peer.in_cookie && peer.has_sessions());
        // A peer that only signs does less work than our encrypted sessions.
        let rivals: Vec<&Peer> = rivals.filter(|peer| peer.encrypts() || !ours.encrypts()).collect();
        let short = short(ours);
        let _ = writeln!(text, "- {short}: {}", compare(ours, &rivals, size));
        let signed = format!("{}, SHA-256", short.trim_end_matches(ENCRYPTED));
        if let Some(signed) = peers.iter().find(|peer| ours.encrypts() && self::short(peer) == signed) {
            let _ = writeln!(text, "- {short}: {}", compare(ours, &[signed], size));
        }
    }
    text
}

/// The suffix of the names of our encrypted applications.
const ENCRYPTED: &str = ", encrypted";

fn short(ours: &Peer) -> &str {
    ours.name.trim_start_matches("signed-session, ")
}

/// Returns text with our times for reading and for writing. Each time is divided by the shortest time that an
/// application in `others` takes for the same job.
fn compare(ours: &Peer, others: &[&Peer], size: usize) -> String {
    let ratio = |job: usize| {
        let time = |peer: &Peer| peer.rows[size].1[job];
        let best = others.iter().min_by(|one, other| time(one).total_cmp(&time(other)));
        best.map_or_else(String::new, |best| format!("{:.2} of {}", time(ours) / time(best), best.name))
    };
    format!("reading takes {}; writing {}", ratio(1), ratio(2))
}

const HEAD: &str = "# Compared with other libraries

Microseconds that a session adds to a request: the time of the request minus its time in the bare framework. Each time
is the first decile of the batches of one run, because other load on the machine slows batches down and never speeds
them up. A figure near or below 0 is noise. Written by `cargo xtask bench peers`; {when}.

All applications hold the same data: the user's name, a counter, a shopping cart. Each is set up as the documentation of
its library says, with two exceptions: no cookie is `Secure`, and Pyramid and ours have a `reissue_time` of two minutes,
because the others send no cookie when a session is only read. Two minutes are the default of our encrypted sessions.
By default, Pyramid and our signed sessions re-issue a session that is only read, at most once a second. A read that
does so costs as much as *read, change, write*. For the versions, see `benches-peers/Cargo.lock` and
`benches-peers/python/requirements.txt`.

*Untouched*: the handler takes no session. *Read*: it reads the counter. *Read, change, write*: it increments the counter,
and the response sends the cookie. The applications in Rust run in one process, on one thread, in turns of two to five
milliseconds. Those in Python run after them. *A layer that does nothing* shows the cost of any layer in axum.

The lines below each table compare ours with the fastest peer that keeps its data in the cookie. tower-sessions with its
memory store does not count: its cookie holds only a signed session ID. Our encrypted sessions are compared with the
fastest peer that encrypts, and with ours under SHA-256. *0.5 of X* is half of the time of X. *Writing* is the column
*read, change, write*.

To see where the time goes, use a profiler: `perf record target/peers/release/benches-peers repeat
'signed-session, axum, SHA-256' read 450 3000000`. The [design](../DESIGN.md#speed) has the results.

![The times of the Rust libraries as a bar chart, with 450 bytes of state](peers.svg)
";
