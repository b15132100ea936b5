//! `cargo xtask bench`: passes its arguments to `benches-peers`, which is a separate workspace.

use std::ffi::OsString;

use crate::instructions;
use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

pub(crate) const MANIFEST: &str = "benches-peers/Cargo.toml";

/// What to measure.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Bench {
    /// Count the instructions of the core paths. Fails if a path takes over 3 % more of them than docs/instructions.md
    /// says.
    ///
    /// Needs valgrind. The counts are reproducible with the same compiler, RUSTFLAGS, C library, valgrind and processor.
    /// If one of these differs, this command fails, and `cargo xtask ci` only checks that the counts are linear.
    Instructions {
        /// Write docs/instructions.md instead of comparing with it.
        #[arg(long)]
        bless: bool,
    },
    /// `limit`, `peers`, `http`, `scale`, `stores`, and `--help` of each.
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
