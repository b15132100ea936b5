//! `cargo xtask bench`: how fast we are, beside what cannot be beaten and beside our peers.

mod limit;
mod peers;
mod plot;

use crate::sh::Result;
use crate::workspace::Workspace;

/// What is to be measured.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// A session's way in and out beside the physical limit: the MAC and the base64 of the same bytes.
    Limit,
    /// The same work for us and for our peers, each in its own framework; writes docs/peers.md and docs/peers.svg.
    ///
    /// Needs Python with venv and PyPI, for Pyramid and Flask. Leave the machine alone meanwhile.
    Peers {
        /// How long to measure, for the peers in Rust and again for those in Python.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
}

pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result {
    match bench {
        Bench::Limit => limit::run(workspace),
        Bench::Peers { seconds } => peers::run(workspace, *seconds),
    }
}

/// The processor, and how many of it there are.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models: Vec<_> = cpus.lines().filter(|line| line.starts_with("model name")).collect();
    let model =
        models.first().and_then(|line| line.split_once(':')).map_or("unknown", |(_, model)| model.trim());
    format!("{} × {model}", models.len())
}

/// The day, as `2026-11-23`.
fn today() -> Result<String> {
    Ok(crate::sh::Sh::new("date").args(["-u", "+%F"]).read()?.trim().to_owned())
}
