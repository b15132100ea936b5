//! `cargo xtask bench`: how fast we are, beside what cannot be beaten, beside our peers and beside ourselves of before.

mod baseline;
mod http;
pub(crate) mod instructions;
mod limit;
pub(crate) mod peers;
mod plot;
mod scale;
mod server;
mod wrk;

use std::path::PathBuf;

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// What is to be measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// A session's way in and out beside the limit: the MAC and the base64 of the same bytes, and one scan or copy.
    Limit,
    /// The same work for us and for our peers, each in its own framework; writes docs/peers.md and docs/peers.svg.
    ///
    /// Needs Python with venv and PyPI, for Pyramid and Flask. Leave the machine alone meanwhile.
    Peers {
        /// How long to measure, for the peers in Rust and again for those in Python.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// The same applications as servers, and the example guestbook, under wrk; writes docs/http.md.
    ///
    /// Needs wrk; root on Debian gets it installed. Leave the machine alone meanwhile.
    Http {
        /// How long to send each request to each application, in rounds of a second: all in all 42 times as long.
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
        seconds: u32,
    },
    /// How many instructions the core paths take; fails if one takes 3 % more than docs/instructions.md says.
    ///
    /// The same on each run with the same compiler, RUSTFLAGS, C library, valgrind and processor as valgrind shows it;
    /// with others it is an error, and `cargo xtask test` looks only whether they are linear. Needs valgrind; root on
    /// Debian gets it installed. Part of `cargo xtask test`.
    Instructions {
        /// Write docs/instructions.md anew instead of comparing with it.
        #[arg(long)]
        bless: bool,
    },
    /// Two threads beside one, memory over millions of sessions, our cookie among others; writes docs/scale.md.
    ///
    /// Fails if memory grows. Needs Linux. Leave the machine alone meanwhile.
    Scale {
        /// How many sessions to load, change and save while looking at the memory.
        #[arg(long, default_value_t = 10_000_000)]
        sessions: u64,
        /// How long to compare one thread with two.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
}

pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result {
    match bench {
        Bench::Limit => limit::run(workspace),
        Bench::Peers { seconds } => peers::run(workspace, *seconds),
        Bench::Http { seconds } => http::run(workspace, *seconds),
        Bench::Instructions { bless } => instructions::run(workspace, *bless),
        Bench::Scale { sessions, seconds } => scale::run(workspace, *sessions, *seconds),
    }
}

/// Builds a benchmark of signed-session that is a program of ours, and says where it is.
fn program(bench: &str) -> Result<PathBuf> {
    let build = || Sh::cargo().args(["bench", "-p", "signed-session", "--bench", bench, "--no-run"]);
    build().run()?;
    let messages = build().args(["--message-format=json"]).read()?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == bench);
    programs
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| format!("cargo does not say where the benchmark {bench} is"))
}

/// The processor, how many cores there are, and the compiler.
fn machine() -> Result<String> {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter(|line| line.starts_with("model name")).collect();
    let model = models.first().and_then(|line| line.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, model)| model.trim());
    let sha = if cpus.split_whitespace().any(|flag| flag == "sha_ni") { ", with SHA extensions" } else { "" };
    let rustc = Sh::new("rustc").args(["--version"]).read()?;
    let rustc = rustc.split(" (").next().unwrap_or_default().trim();
    Ok(format!("{} cores of {model}{sha}, {rustc}", models.len()))
}

/// The day, as `2026-11-23`.
fn today() -> Result<String> {
    Ok(crate::sh::Sh::new("date").args(["-u", "+%F"]).read()?.trim().to_owned())
}
