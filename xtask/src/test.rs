//! `cargo xtask test`

use std::env;

use crate::python::Python;
use crate::sh::{Result, Sh};
use crate::vectors::MINT;
use crate::workspace::{Package, Workspace};

/// The interpreter with Pyramid, for tests that talk to it; they skip, or fail in CI, where it is not set.
const INTERPRETER: &str = "SIGNED_SESSION_PYTHON";
const PEER: &str = "session-tests/pyramid/peer.py";

pub(crate) fn run(workspace: &Workspace) -> Result {
    let python = python(workspace)?;
    if let Some(python) = &python {
        python.sh().args([PEER, "--selftest"]).run()?;
        python.sh().args([MINT, "--check"]).run()?;
    }

    let tests = Sh::cargo().args(["test", "--workspace", "--all-features"]);
    match &python {
        Some(python) => tests.env(INTERPRETER, python.interpreter()).run()?,
        None => tests.run()?,
    }

    // Any crate in a user's build can enable this, and serde_json's numbers then look different to everybody.
    let feature = "serde_json/arbitrary_precision";
    Sh::cargo().args(["test", "-p", "session-core", "--features", feature, "--test", "it"]).run()?;

    let (mut examples, mut benches) = (0, 0);
    for package in &workspace.packages {
        for example in &package.examples {
            Sh::cargo().args(["run", "-p", &package.name, "--all-features", "--example", example]).run()?;
        }
        if !package.benches.is_empty() {
            Sh::cargo().args(bench_smoke(package)).run()?;
        }
        examples += package.examples.len();
        benches += package.benches.len();
    }

    let interop = match python {
        Some(_) => "interop with Pyramid (golden vectors up to date, cookies exchanged live)",
        None => "but the live interop with Pyramid was SKIPPED (no Python environment)",
    };
    println!(
        "\nxtask test: passed: all crates' tests, examples ({examples}), benchmarks run once ({benches}); {interop}"
    );
    Ok(())
}

/// The environment with Pyramid; `None`, after a warning, where it cannot be had and this is not CI.
fn python(workspace: &Workspace) -> Result<Option<Python>> {
    match Python::set_up(workspace) {
        Ok(python) => Ok(Some(python)),
        Err(error) if env::var_os("CI").is_some_and(|ci| ci == "true") => Err(error),
        Err(error) => {
            let rule = "=".repeat(80);
            eprintln!("\n{rule}\nWARNING: no Python environment: {error}");
            eprintln!(
                "SKIPPING the live interop with Pyramid. With CI=true this would be a failure.\n{rule}"
            );
            Ok(None)
        }
    }
}

/// Runs each benchmark's code once, unmeasured. By name, because `--benches` would run the unit tests as well.
fn bench_smoke(package: &Package) -> Vec<&str> {
    let mut args = vec!["bench", "-p", &package.name, "--all-features"];
    for bench in &package.benches {
        args.extend(["--bench", bench]);
    }
    args.extend(["--", "--test"]);
    args
}
