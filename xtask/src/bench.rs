//! `cargo xtask bench`: counts instructions, or passes its arguments to `benches-peers`, which is a separate workspace.

use std::ffi::OsString;

use crate::instructions;
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

pub(crate) const MANIFEST: &str = "benches-peers/Cargo.toml";

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// Count the instructions of the core code paths. Fails if a path takes over 3 % more instructions than
    /// docs/instructions.md says, or if its count grows faster than linearly with the size of the session.
    ///
    /// Needs valgrind. The counts are reproducible with the same compiler, RUSTFLAGS, C library, valgrind and
    /// processor. If one of these differs, this command fails without `--bless`, but `cargo xtask ci` only checks that
    /// the counts grow at most linearly with the size of the session.
    Instructions {
        /// Write docs/instructions.md instead of comparing with it.
        #[arg(long)]
        bless: bool,
    },
    /// Run a command of benches-peers: `limit`, `peers`, `http`, `scale` or `stores`. Each has its own `--help`.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result {
    match bench {
        Bench::Instructions { bless } => instructions::run(workspace, *bless),
        Bench::Other(args) => {
            let run = ["run", "--release", "--manifest-path", MANIFEST, "--target-dir"];
            Sh::cargo().args(run).args([workspace.target.join("peers")]).args(["--"]).args(args).run()
        }
    }
}
