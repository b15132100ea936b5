//! `cargo xtask ci`: all checks that have to pass before a merge.

use std::thread;

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
    thread::scope(|scope| {
        let optimised = scope.spawn(|| {
            let mut stages = Stages::default();
            let result = optimised(workspace, args.install, &mut stages);
            (result, stages)
        });
        let result = unoptimised(workspace, stages);
        let (others, their_stages) =
            optimised.join().unwrap_or_else(|_| (Err("a check panicked".to_owned()), Stages::default()));
        stages.append(their_stages);
        both(result, others)
    })
}

/// Returns the errors of both results in one message.
fn both(one: Result, other: Result) -> Result {
    match (one, other) {
        (Err(one), Err(other)) => Err(format!("{one}\n\nerror: {other}")),
        (one, other) => one.and(other),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: the error of the checks in the other thread was dropped if the checks in this thread failed, too.
    #[test]
    fn both_errors_are_reported() {
        let failed = |why: &str| Err(why.to_owned());
        for (one, other, expected) in [
            (Ok(()), Ok(()), Ok(())),
            (failed("a"), Ok(()), failed("a")),
            (Ok(()), failed("b"), failed("b")),
            (failed("a"), failed("b"), failed("a\n\nerror: b")),
        ] {
            assert_eq!(both(one, other), expected);
        }
    }
}
