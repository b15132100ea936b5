//! `cargo xtask ci`: all checks that have to pass before a merge.

use crate::debian::Install;
use crate::sh::{Result, Sh};
use crate::stages::Stages;
use crate::workspace::Workspace;
use crate::{fuzz, instructions, lint, test};

/// What to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    install: Install,

    /// Skip `test`. Use this if `test` has already passed.
    #[arg(long)]
    skip_tests: bool,
}

pub(crate) fn run(workspace: &Workspace, args: &Args, stages: &mut Stages) -> Result {
    if !args.skip_tests {
        test::run(workspace, args.install, stages)?;
    }
    // While Cargo builds, it locks the folder of the profile. The function `optimised` does not use the folder that
    // `unoptimised` uses, so the two can run at the same time.
    stages.run_both(
        |stages| unoptimised(workspace, stages),
        |stages| optimised(workspace, args.install, stages),
    )
}

/// Runs the checks that use the folder of the profile `dev`.
fn unoptimised(workspace: &Workspace, stages: &mut Stages) -> Result {
    lint::run(workspace, stages)?;
    // Any crate in a user's build can enable this feature. serde_json then passes numbers to visitors in another form.
    stages.run("tests with serde_json/arbitrary_precision", || {
        let feature = "serde_json/arbitrary_precision";
        Sh::cargo().args(["test", "-p", "session-core", "--features", feature, "--test", "it"]).run()
    })?;
    stages.run("benchmarks, once", || benches(workspace).run())
}

/// Runs the checks that do not use the folder of the profile `dev`.
fn optimised(workspace: &Workspace, install: Install, stages: &mut Stages) -> Result {
    stages.run("fuzz targets, briefly", || fuzz::smoke(workspace))?;
    instructions::check(workspace, install, stages)
}

/// Returns the command that runs each benchmark once without measuring it. The command reuses the crates that the tests
/// built. It names the benchmarks, because `--benches` would run the unit tests as well.
fn benches(workspace: &Workspace) -> Sh {
    let names = workspace.packages.iter().flat_map(|package| &package.benches);
    let benches = Sh::cargo().args(["test", "--workspace", "--all-features"]);
    benches.args(names.flat_map(|name| ["--bench", name])).args(["--", "--test"])
}
