//! `cargo xtask test`

use std::env;

use crate::bench::instructions;
use crate::e2e::{self, Browser};
use crate::fuzz;
use crate::python::{Pyramid, Python};
use crate::sh::{Result, Sh};
use crate::vectors::MINT;
use crate::workspace::{Package, Workspace};

/// The interpreter with Pyramid, for tests that talk to it; they skip, or fail in CI, where it is not set.
pub(crate) const INTERPRETER: &str = "SIGNED_SESSION_PYTHON";
/// The same for Pyramid 1.10.
const INTERPRETER_1_10: &str = "SIGNED_SESSION_PYTHON_1_10";

const PEER: &str = "session-tests/pyramid/peer.py";
const KINDS_PEER: &str = "session-tests/pyramid/kinds_peer.py";

pub(crate) fn run(workspace: &Workspace) -> Result {
    let set_up = |pyramid| Python::set_up(workspace, pyramid);
    let python = unless_missing("the live interop with Pyramid", set_up(Pyramid::Current))?;
    let python_1_10 = unless_missing("the live interop with Pyramid 1.10", set_up(Pyramid::V1_10))?;
    let browser = unless_missing("the examples in a browser", Browser::set_up())?;
    if let Some(python) = &python {
        python.sh().args([PEER, "--selftest"]).run()?;
        python.sh().args([MINT, "--check"]).run()?;
    }
    for python in [&python, &python_1_10].into_iter().flatten() {
        python.sh().args([KINDS_PEER, "--selftest"]).run()?;
    }

    let mut tests = Sh::cargo().args(["test", "--workspace", "--all-features"]);
    for (variable, python) in [(INTERPRETER, &python), (INTERPRETER_1_10, &python_1_10)] {
        if let Some(python) = python {
            tests = tests.env(variable, python.interpreter());
        }
    }
    tests.run()?;

    // Any crate in a user's build can enable this, and serde_json's numbers then look different to everybody.
    let feature = "serde_json/arbitrary_precision";
    Sh::cargo().args(["test", "-p", "session-core", "--features", feature, "--test", "it"]).run()?;

    let (mut examples, mut benches) = (0, 0);
    for package in &workspace.packages {
        for example in package.examples.iter().filter(|_| package.name != e2e::EXAMPLES) {
            Sh::cargo().args(["run", "-p", &package.name, "--all-features", "--example", example]).run()?;
            examples += 1;
        }
        if !package.benches.is_empty() {
            Sh::cargo().args(bench_smoke(package)).run()?;
        }
        benches += package.benches.len();
    }

    let counted = instructions::test(workspace)?;

    fuzz::smoke(workspace)?;
    if let Some(browser) = &browser {
        browser.test(workspace, python.as_ref())?;
    }

    let interop = match (&python, python_1_10) {
        (Some(_), Some(_)) => {
            "interop with Pyramid 2.1 and 1.10 (golden vectors up to date, cookies exchanged live)"
        }
        (Some(_), None) => "interop with Pyramid, but that with Pyramid 1.10 was SKIPPED",
        (None, _) => "but the live interop with Pyramid was SKIPPED",
    };
    let in_browser = match (browser, python) {
        (Some(_), Some(_)) => "guestbook and a site of Pyramid and axum in a browser",
        (Some(_), None) => "guestbook in a browser, but the site of Pyramid and axum was SKIPPED",
        (None, _) => "but the browser tests were SKIPPED",
    };
    println!(
        "\nxtask test: passed: all crates' tests, examples ({examples}), benchmarks run once ({benches}), \
         {counted}; fuzz targets run briefly; {interop}; \
         {in_browser}"
    );
    Ok(())
}

/// What a part of the tests needs; `None`, after a warning, where it cannot be had and this is not CI.
pub(crate) fn unless_missing<T>(tests: &str, set_up: Result<T>) -> Result<Option<T>> {
    match set_up {
        Ok(needed) => Ok(Some(needed)),
        Err(error) if env::var_os("CI").is_some_and(|ci| ci == "true") => Err(error),
        Err(error) => {
            let rule = "=".repeat(80);
            eprintln!("\n{rule}\nWARNING: {error}");
            eprintln!("SKIPPING {tests}. With CI=true this would be a failure.\n{rule}");
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
