//! `cargo xtask mutants`: whether the tests of six crates notice that their code was changed.

use std::fs;

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::tool;
use crate::workspace::{MEASURED, Workspace};

/// The release of cargo-mutants that is installed where there is none.
const CARGO_MUTANTS: &str = "27.1.0";

/// Mutants, of a hundred that compile, below which it is a failure.
const LEAST: f64 = 95.0;

/// What is to be changed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The crates; all six that are measured if none is named.
    crates: Vec<String>,

    /// How many mutants to build and test at once.
    #[arg(short, long, default_value_t = 2)]
    jobs: u32,
}

pub(crate) fn run(workspace: &Workspace, args: &Args) -> Result {
    let crates = choose(&args.crates)?;
    let mutants = || -> Result<Sh> {
        let mutants = tool::cargo(workspace, "mutants", CARGO_MUTANTS)?;
        Ok(mutants.args(crates.iter().flat_map(|name| ["-p", name])))
    };
    let list = |extra: &[&str]| parse(&mutants()?.args(["--list", "--json"]).args(extra).read()?);
    let (all, tried) = (list(&["--no-config"])?, list(&[])?);

    let folder = workspace.target.join("mutants");
    // What an earlier run has left would be taken for what this one has found.
    let _ = fs::remove_dir_all(&folder);
    let run = mutants()?.args(["--jobs", &args.jobs.to_string(), "--output"]).args([&folder]);
    // Each copy of the tree has to have a target folder of its own, and nobody is going to debug a mutant.
    let run = run.env("CARGO_TARGET_DIR", "target").env("CARGO_PROFILE_DEV_DEBUG", "0").run();
    // It also fails when a mutant was missed. Only if nothing was tried, there is nothing to count.
    let outcomes = fs::read_to_string(folder.join("mutants.out/outcomes.json")).unwrap_or_default();
    let outcomes = match parse(&outcomes) {
        Ok(outcomes) if outcomes["outcomes"].as_array().is_some_and(|all| all.iter().any(is_of_mutant)) => {
            outcomes
        }
        _ => return run.and(Err("cargo-mutants has tried nothing".to_owned())),
    };
    report(&crates, |name| Count::new(name, &all, &tried, &outcomes))
}

/// Those of the names, or all.
fn choose(names: &[String]) -> Result<Vec<&str>> {
    if names.is_empty() {
        return Ok(MEASURED.to_vec());
    }
    match names.iter().find(|name| !MEASURED.contains(&name.as_str())) {
        Some(name) => Err(format!("{name:?} is none of {}", MEASURED.join(", "))),
        None => Ok(names.iter().map(String::as_str).collect()),
    }
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| format!("cargo-mutants: {error}"))
}

fn is_of_mutant(outcome: &Value) -> bool {
    outcome["scenario"]["Mutant"].is_object()
}

/// What became of the mutants of one crate.
#[derive(Debug, PartialEq)]
struct Count {
    /// All that there are.
    mutants: usize,
    /// Those that do not compile.
    unviable: usize,
    /// Those that a test failed on, or that did not come to an end.
    caught: usize,
    /// Those that no test failed on.
    missed: usize,
    /// Those that `.cargo/mutants.toml` leaves out.
    explained: usize,
}

impl Count {
    /// Counts what is of the crate `name`: all mutants, those that were to be tried, and how that ended.
    fn new(name: &str, all: &Value, tried: &Value, outcomes: &Value) -> Self {
        let count = |list: &Value, counts: &dyn Fn(&Value) -> bool| {
            list.as_array().into_iter().flatten().filter(|entry| counts(entry)).count()
        };
        let is_listed = |mutant: &Value| mutant["package"] == name;
        let ended = |summaries: &[&str]| {
            count(&outcomes["outcomes"], &|outcome| {
                let is_ours = outcome["scenario"]["Mutant"]["package"] == name;
                is_ours && summaries.iter().any(|summary| outcome["summary"] == *summary)
            })
        };
        let mutants = count(all, &is_listed);
        Self {
            mutants,
            unviable: ended(&["Unviable"]),
            caught: ended(&["CaughtMutant", "Timeout"]),
            missed: ended(&["MissedMutant", "Failure"]),
            explained: mutants - count(tried, &is_listed),
        }
    }

    /// Those that are caught, of a hundred that are caught or missed. Of nothing, nothing is caught.
    fn percent(&self) -> f64 {
        let part = |count: usize| u32::try_from(count).map_or(0.0, f64::from);
        if self.caught > 0 { 100.0 * part(self.caught) / part(self.caught + self.missed) } else { 0.0 }
    }
}

/// Prints the table of crates.
fn report(crates: &[&str], count: impl Fn(&str) -> Count) -> Result {
    println!("\n| crate | mutants | unviable | caught | missed | explained |\n|---|---|---|---|---|---|");
    let mut low = Vec::new();
    for name in crates {
        let count = count(name);
        let percent = count.percent();
        let Count { mutants, unviable, caught, missed, explained } = count;
        println!(
            "| `{name}` | {mutants} | {unviable} | {caught} ({percent:.1} %) | {missed} | {explained} |"
        );
        if unviable + caught + missed + explained != mutants {
            return Err(format!("{name}: cargo-mutants has not tried all mutants"));
        }
        if percent < LEAST {
            low.push(*name);
        }
    }
    if low.is_empty() { Ok(()) } else { Err(format!("below {LEAST} % of mutants: {}", low.join(", "))) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn count(caught: usize, missed: usize) -> Count {
        Count { mutants: caught + missed, unviable: 0, caught, missed, explained: 0 }
    }

    #[test]
    fn takes_the_measured_crates_only() {
        assert_eq!(choose(&[]), Ok(MEASURED.to_vec()));
        assert_eq!(choose(&["session-sign".into()]), Ok(vec!["session-sign"]));
        assert!(choose(&["session-cli".into()]).unwrap_err().starts_with("\"session-cli\" is none of"));
    }

    #[test]
    fn counts_what_is_of_the_crate() {
        let mutant = |package: &str| json!({"package": package, "name": "replace + with -"});
        let outcome = |package: &str, summary: &str| json!({"scenario": {"Mutant": mutant(package)}, "summary": summary});
        let all = json!(["a", "a", "a", "a", "a", "a", "b"].map(mutant));
        let tried = json!(["a", "a", "a", "a", "a", "b"].map(mutant));
        let outcomes = json!({"outcomes": [
            {"scenario": "Baseline", "summary": "Success"},
            outcome("a", "CaughtMutant"), outcome("a", "Timeout"), outcome("a", "MissedMutant"),
            outcome("a", "Unviable"), outcome("a", "Failure"), outcome("b", "CaughtMutant"),
        ]});
        let expected = Count { mutants: 6, unviable: 1, caught: 2, missed: 2, explained: 1 };
        assert_eq!(Count::new("a", &all, &tried, &outcomes), expected);
        assert_eq!(expected.percent(), 50.0);
    }

    #[test]
    fn too_few_are_a_failure() {
        assert_eq!(report(&["a"], |_| count(95, 5)), Ok(()));
        assert_eq!(report(&["a"], |_| count(94, 6)), Err("below 95 % of mutants: a".into()));
        assert_eq!(report(&["a"], |_| count(0, 0)), Err("below 95 % of mutants: a".into()));
        let cut_short = report(&["a"], |_| Count { mutants: 101, ..count(100, 0) });
        assert_eq!(cut_short, Err("a: cargo-mutants has not tried all mutants".into()));
    }
}
