//! Checks the licences, sources and Rust versions of the dependencies.

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::tool;
use crate::workspace::Workspace;

/// The release of cargo-deny that is installed if there is none.
const CARGO_DENY: &str = "0.20.2";

/// Checks licences, bans and sources by `deny.toml`, offline.
///
/// # Errors
///
/// Returns an error if cargo-deny finds a violation or cannot be installed.
pub(super) fn deny(workspace: &Workspace) -> Result {
    cargo_deny(workspace)?.args(["--offline", "check", "licenses", "bans", "sources"]).run()
}

/// Returns the command `cargo deny`, without arguments.
///
/// # Errors
///
/// Returns an error if it cannot be installed.
pub(super) fn cargo_deny(workspace: &Workspace) -> Result<Sh> {
    tool::cargo(workspace, "deny", CARGO_DENY)
}

/// Checks that no dependency of a published crate requires a later Rust than our `rust-version`. Clippy's
/// `incompatible_msrv` checks our own code.
pub(super) fn rust_versions() -> Result<usize> {
    let metadata = Sh::cargo().args(["metadata", "--format-version", "1", "--all-features"]).read()?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    check(&metadata)
}

fn check(metadata: &Value) -> Result<usize> {
    let packages = metadata["packages"].as_array().ok_or("cargo metadata: no packages")?;
    let ours = packages.iter().find(|package| package["name"] == "signed-session");
    let ours = ours.and_then(rust_version).ok_or("signed-session has no rust-version")?;
    let mut count = 0;
    for package in packages {
        count += 1;
        if rust_version(package).is_some_and(|theirs| theirs > ours) {
            return Err(format!(
                "{} {} requires Rust {}, which is later than our rust-version; raise that, or use an older release",
                package["name"], package["version"], package["rust_version"]
            ));
        }
    }
    Ok(count)
}

/// Parses `1.88.0` and `1.88`.
fn rust_version(package: &Value) -> Option<(u64, u64)> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_with(rust_version: &str) -> Result<usize> {
        check(&serde_json::json!({"packages": [
            {"name": "signed-session", "version": "0.1.0", "rust_version": "1.88"},
            {"name": "old", "version": "1.0.0", "rust_version": null},
            {"name": "other", "version": "2.0.0", "rust_version": rust_version},
        ]}))
    }

    #[test]
    fn dependency_with_later_rust_version_is_found() {
        for fine in ["1.88", "1.88.3", "1.9", "1.56.0"] {
            assert_eq!(check_with(fine), Ok(3), "{fine}");
        }
        for late in ["1.89", "1.100.0", "2.0"] {
            assert!(check_with(late).unwrap_err().contains("\"other\""), "{late}");
        }
    }
}
