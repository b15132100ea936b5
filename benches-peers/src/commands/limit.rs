//! `cargo xtask bench limit`: compares the time of our code with the *limit*, the time of the unavoidable work.

use crate::machine::{self, median};
use crate::sh::{Result, Sh};

/// The names of the groups in signed-session/benches/session.rs, and their titles in the table.
const GROUPS: [(&str, &str); 3] = [
    ("sha512", "SHA-512 (the default)"),
    ("sha256", "SHA-256"),
    ("aes-256-gcm-siv", "AES-256-GCM-SIV (encrypted)"),
];
const PAIRS: [(&str, &str, &str); 2] =
    [("load+get", "read limit", "`load` and `get`"), ("insert+save", "write limit", "`insert` and `save`")];
const SIZES: [usize; 3] = [150, 450, 2800];

/// Runs the benchmark, and prints our medians divided by those of the limit, in Markdown.
pub(crate) fn run() -> Result {
    Sh::cargo().args(["bench", "-p", "signed-session", "--bench", "session"]).run()?;
    let results = machine::target()?.join("criterion");
    println!("\nTime divided by the limit, medians of one run; {}", machine::when()?);
    println!("\n| | {} |", SIZES.map(|size| format!("{size} bytes")).join(" | "));
    println!("|---|{}", "---|".repeat(SIZES.len()));
    for (group, group_name) in GROUPS {
        for (ours, limit, name) in PAIRS {
            let ratio = |size: usize| -> Result<String> {
                let median = |name: &str| median(&results.join(group).join(name).join(size.to_string()));
                Ok(format!("{:.2}", median(ours)? / median(limit)?))
            };
            let ratios = SIZES.into_iter().map(ratio).collect::<Result<Vec<_>>>()?;
            println!("| {name}, {group_name} | {} |", ratios.join(" | "));
        }
    }
    Ok(())
}
