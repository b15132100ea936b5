//! `cargo xtask bench limit`

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// As in signed-session/benches/session.rs.
const HASHES: [(&str, &str); 2] = [("sha512", "SHA-512 (the default)"), ("sha256", "SHA-256")];
const PAIRS: [(&str, &str, &str); 2] =
    [("load+get", "open limit", "`load` and `get`"), ("insert+save", "seal limit", "`insert` and `save`")];
const SIZES: [usize; 3] = [150, 450, 2800];

/// Runs the benchmark and prints the ratios of its medians, in Markdown.
pub(super) fn run(workspace: &Workspace) -> Result {
    Sh::cargo().args(["bench", "-p", "signed-session", "--bench", "session"]).run()?;
    let results = workspace.target.join("criterion");
    println!("\nTime divided by the limit, medians of one run; {}, {}", super::machine()?, super::today()?);
    println!("\n| | {} |", SIZES.map(|size| format!("{size} bytes")).join(" | "));
    println!("|---|{}", "---|".repeat(SIZES.len()));
    for (hash, hash_name) in HASHES {
        for (ours, limit, name) in PAIRS {
            let ratio = |size: usize| -> Result<String> {
                let median = |name: &str| median(&results.join(hash).join(name).join(size.to_string()));
                Ok(format!("{:.2}", median(ours)? / median(limit)?))
            };
            let ratios = SIZES.into_iter().map(ratio).collect::<Result<Vec<_>>>()?;
            println!("| {name}, {hash_name} | {} |", ratios.join(" | "));
        }
    }
    Ok(())
}

/// What criterion has measured, in nanoseconds.
pub(super) fn median(folder: &Path) -> Result<f64> {
    let path = folder.join("new/estimates.json");
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let estimates: Value =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    estimates["median"]["point_estimate"].as_f64().ok_or_else(|| format!("{}: no median", path.display()))
}
