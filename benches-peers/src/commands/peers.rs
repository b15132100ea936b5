//! `cargo xtask bench peers`

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
        let _ = writeln!(text, "\n{}", ratios(peers, size));
    }
    text += "\n## What each signs\n\n| | |\n|---|---|\n";
    for peer in peers {
        if let Some(signs) = &peer.signs {
            let _ = writeln!(text, "| {} | {signs} |", peer.name);
        }
    }
    text
}

/// How ours compares with the fastest one of those that keep the data in the cookie.
fn ratios(peers: &[Peer], size: usize) -> String {
    let ours = peers.iter().filter(|peer| peer.is_ours());
    let lines = ours.map(|ours| {
        let ratio = |job: usize| {
            let others = peers.iter().filter(|peer| !peer.is_ours() && peer.in_cookie && peer.has_sessions());
            let time = |peer: &Peer| peer.rows[size].1[job];
            let best = others.min_by(|one, other| time(one).total_cmp(&time(other)));
            best.map_or_else(String::new, |best| format!("{:.2} of {}", time(ours) / time(best), best.name))
        };
        let short = ours.name.trim_start_matches("signed-session, ");
        format!("- {short}: reading takes {}; writing {}", ratio(1), ratio(2))
    });
    lines.collect::<Vec<_>>().join("\n")
}

const HEAD: &str = "# Beside the peers

Microseconds that a session adds to a request, medians of one run: the time of the same request through the bare
framework is subtracted. A figure near 0, or below, is the noise of that. Written by `cargo xtask bench peers`; {when}.

Every application is set up as its own README says, and all hold the same data: who is signed in, a counter, a shopping
cart. There is one exception: Pyramid and ours have a `reissue_time` of two minutes, as the others send no cookie when a
session is only read. By default, a read that is more than a second after the last one sends it, too, and then costs what
*read, change, write* does. Versions: `benches-peers/Cargo.lock`, `benches-peers/python/requirements.txt`.

*Untouched*: the handler takes no session. *Read*: it reads the counter. *Read, change, write*: it counts up, and the
response sends the cookie. Those in Rust run in one process, in one thread, in turns of two milliseconds each; those in
Python after them. *A layer that does nothing* shows what any layer costs in axum.

Below each table, ours is compared with the fastest of those that keep the data in the cookie. tower-sessions with its
memory store does not: its cookie holds the session's signed number only.

Where the time goes is a question for a profiler, as `perf record target/peers/release/benches-peers repeat
'signed-session, axum, SHA-256' read 450 3000000`; the answer is in the [design](../DESIGN.md#speed).

![The same as bars](peers.svg)
";
