//! `cargo xtask mutants`: how many mutants the tests of the measured crates catch.

use std::fs;

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::tool;
use crate::workspace::{MEASURED, Workspace};

/// The release of cargo-mutants to install if cargo-mutants is missing.
const CARGO_MUTANTS: &str = "27.1.0";

/// Minimum share of caught mutants, in percent of those that compile.
const LEAST: f64 = 95.0;

/// Which crates to mutate.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Crates to mutate [default: all published libraries except session-tests]
    crates: Vec<String>,

    /// Number of mutants to build and test in parallel.
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
    // If cargo-mutants fails early, the outcomes of an earlier run must not be counted.
    let _ = fs::remove_dir_all(&folder);
    let run = mutants()?.args(["--jobs", &args.jobs.to_string(), "--output"]).args([&folder]);
    // Each copy of the tree needs its own target folder. Mutants need no debug information.
    let run = run.env("CARGO_TARGET_DIR", "target").env("CARGO_PROFILE_DEV_DEBUG", "0").run();
    // cargo-mutants also fails if a mutant is missed, so its failure counts only if there are no outcomes.
    let outcomes = fs::read_to_string(folder.join("mutants.out/outcomes.json")).unwrap_or_default();
    let outcomes = match parse(&outcomes) {
        Ok(outcomes) if outcomes["outcomes"].as_array().is_some_and(|all| all.iter().any(is_of_mutant)) => {
            outcomes
        }
        _ => return run.and(Err("cargo-mutants tested no mutant".to_owned())),
    };
    report(&crates, |name| Count::new(name, &all, &tried, &outcomes))
}

/// Returns the crates in `names`, or all measured crates if there are no names.
fn choose(names: &[String]) -> Result<Vec<&str>> {
    if names.is_empty() {
        return Ok(MEASURED.to_vec());
    }
    match names.iter().find(|name| !MEASURED.contains(&name.as_str())) {
        Some(name) => Err(format!("{name:?} is not a measured crate; choose from {}", MEASURED.join(", "))),
        None => Ok(names.iter().map(String::as_str).collect()),
    }
}

fn parse(json: &str) -> Result<Value> {
    serde_json::from_str(json).map_err(|error| format!("cargo-mutants: {error}"))
}

fn is_of_mutant(outcome: &Value) -> bool {
    outcome["scenario"]["Mutant"].is_object()
}

/// The outcomes of the mutants of one crate.
#[derive(Debug, PartialEq)]
struct Count {
    /// All mutants.
    mutants: usize,
    /// Mutants that do not compile.
    unviable: usize,
    /// Mutants that made a test fail or time out.
    caught: usize,
    /// Mutants that no test caught, and mutants whose run failed for another reason.
    missed: usize,
    /// Mutants that `.cargo/mutants.toml` excludes.
    explained: usize,
}

impl Count {
    /// Counts the mutants of the crate `name` in three lists: all mutants, those to test, and the outcomes.
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

    /// Returns the share of caught mutants among the caught and missed ones, in percent. Returns 0 if there are none.
    fn percent(&self) -> f64 {
        let part = |count: usize| u32::try_from(count).map_or(0.0, f64::from);
        if self.caught > 0 { 100.0 * part(self.caught) / part(self.caught + self.missed) } else { 0.0 }
    }
}

/// Prints a table with a row for each crate. Returns an error if a crate's share of caught mutants is below [`LEAST`],
/// or if a crate has mutants that were not tested.
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
            return Err(format!("{name}: cargo-mutants did not test all mutants"));
        }
        if percent < LEAST {
            low.push(*name);
        }
    }
    if low.is_empty() {
        Ok(())
    } else {
        Err(format!("less than {LEAST} % of the mutants are caught: {}", low.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn count(caught: usize, missed: usize) -> Count {
        Count { mutants: caught + missed, unviable: 0, caught, missed, explained: 0 }
    }

    #[test]
    fn only_measured_crates_are_accepted() {
        assert_eq!(choose(&[]), Ok(MEASURED.to_vec()));
        assert_eq!(choose(&["session-sign".into()]), Ok(vec!["session-sign"]));
        assert!(
            choose(&["session-cli".into()])
                .unwrap_err()
                .starts_with("\"session-cli\" is not a measured crate")
        );
    }

    #[test]
    fn count_ignores_other_crates() {
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
    fn low_share_of_caught_mutants_fails() {
        assert_eq!(report(&["a"], |_| count(95, 5)), Ok(()));
        assert_eq!(
            report(&["a"], |_| count(94, 6)),
            Err("less than 95 % of the mutants are caught: a".into())
        );
        assert_eq!(
            report(&["a"], |_| count(0, 0)),
            Err("less than 95 % of the mutants are caught: a".into())
        );
        let cut_short = report(&["a"], |_| Count { mutants: 101, ..count(100, 0) });
        assert_eq!(cut_short, Err("a: cargo-mutants did not test all mutants".into()));
    }
}
