//! `cargo xtask coverage`: the line coverage of the measured crates.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::workspace::{MEASURED, Workspace, executables};

/// A crate that is not measured, but whose tests cover the measured crates.
const TESTS: &str = "session-tests";

/// Minimum line coverage, in percent.
const LEAST: f64 = 95.0;

pub(crate) fn run(workspace: &Workspace) -> Result {
    let llvm = Llvm::find()?;
    let folder = workspace.target.join("coverage");
    let raw = folder.join("raw");
    // The results of an earlier run must not be counted again.
    let _ = fs::remove_dir_all(&raw);

    let test = |extra: &[&str]| {
        let crates = MEASURED.iter().chain([&TESTS]).flat_map(|name| ["-p", name]);
        let test = Sh::cargo().args(["test", "--all-features", "--tests"]).args(crates).args(extra);
        let test = test.args(["--target-dir"]).args([&folder]).env("RUSTFLAGS", "-Cinstrument-coverage");
        test.env("LLVM_PROFILE_FILE", raw.join("%p-%m.profraw"))
    };
    let messages = test(&["--no-run", "--message-format=json"]).read()?;
    let programs = executables(&messages, |message| message["profile"]["test"] == true);
    test(&[]).run()?;

    let merged = folder.join("merged.profdata");
    Sh::new(&llvm.profdata).args(["merge", "-sparse", "-o"]).args([&merged, &raw]).run()?;
    let mut export = Sh::new(&llvm.cov).args(["export", "-summary-only", "-instr-profile"]).args([&merged]);
    for program in &programs {
        export = export.args(["-object"]).args([program]);
    }
    let summary: Value =
        serde_json::from_str(&export.read()?).map_err(|error| format!("llvm-cov: {error}"))?;
    report(&summary, &workspace.root)
}

/// Prints the line coverage of each measured crate as a table. Returns an error if a crate is below [`LEAST`].
fn report(summary: &Value, root: &Path) -> Result {
    let files = summary["data"][0]["files"].as_array().ok_or("llvm-cov: no files")?;
    println!("\n| crate | lines | covered |\n|---|---|---|");
    let mut low = Vec::new();
    for name in MEASURED {
        let sources = root.join(name).join("src");
        let is_ours = |file: &&Value| {
            file["filename"].as_str().is_some_and(|path| Path::new(path).starts_with(&sources))
        };
        let sum = |what: &str| -> f64 {
            let lines = files.iter().filter(is_ours).map(|file| &file["summary"]["lines"][what]);
            lines.filter_map(Value::as_f64).sum()
        };
        let (covered, count) = (sum("covered"), sum("count"));
        // A crate without lines counts as uncovered.
        let percent = if count > 0.0 { 100.0 * covered / count } else { 0.0 };
        println!("| `{name}` | {count} | {percent:.1} % |");
        if percent < LEAST {
            low.push(name);
        }
    }
    if low.is_empty() { Ok(()) } else { Err(format!("below {LEAST} % of lines: {}", low.join(", "))) }
}

/// LLVM's tools, in the LLVM version that the compiler uses. Another version may fail to read the compiler's coverage
/// data.
struct Llvm {
    profdata: String,
    cov: String,
}

impl Llvm {
    fn find() -> Result<Self> {
        let about = Sh::new("rustc").args(["-vV"]).read()?;
        let version = about.lines().find_map(|line| line.strip_prefix("LLVM version: ")?.split('.').next());
        let version = version.ok_or("`rustc -vV` shows no LLVM version")?;
        let has_version = |llvm: &Self| {
            Sh::new(&llvm.cov).args(["--version"]).read().is_ok_and(|about| shows_version(&about, version))
        };
        let named = [format!("-{version}"), String::new()].map(|suffix| Self {
            profdata: format!("llvm-profdata{suffix}"),
            cov: format!("llvm-cov{suffix}"),
        });
        named.into_iter().find(has_version).ok_or_else(|| {
            format!("LLVM's tools in version {version} are missing; install them, on Debian with the package llvm-{version}")
        })
    }
}

/// Returns whether the output of `llvm-cov --version` shows this major version.
fn shows_version(about: &str, version: &str) -> bool {
    about.contains(&format!("LLVM version {version}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_of_llvm_is_recognised() {
        let about = "LLVM (http://llvm.org/):\n  LLVM version 22.1.8\n  Optimized build.";
        assert!(shows_version(about, "22"));
        assert!(!shows_version(about, "2") && !shows_version(about, "21"));
    }
}
