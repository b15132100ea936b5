//! Checks the licences, sources and Rust versions of the dependencies.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::tool;
use crate::workspace::Workspace;

/// The release of cargo-deny that is installed if there is none.
const CARGO_DENY: &str = "0.20.2";

/// Checks licences, bans and sources by `deny.toml`, offline.
///
/// # Errors
/// Returns an error if cargo-deny finds a violation or cannot be installed.
pub(super) fn deny(workspace: &Workspace) -> Result {
    cargo_deny(workspace)?.args(["--offline", "check", "licenses", "bans", "sources"]).run()
}

/// Returns the command `cargo deny`, without arguments.
///
/// # Errors
/// Returns an error if it cannot be installed.
pub(super) fn cargo_deny(workspace: &Workspace) -> Result<Sh> {
    tool::cargo(workspace, "deny", CARGO_DENY)
}

/// Checks that no dependency of a crate requires a later Rust than its `rust-version`, or than that of the facade if it
/// is later. Clippy's `incompatible_msrv` checks our own code.
pub(super) fn rust_versions() -> Result<usize> {
    let metadata = Sh::cargo().args(["metadata", "--format-version", "1", "--all-features"]).read()?;
    let metadata: Value =
        serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    check(&metadata)
}

/// Checks the dependencies of each member of the workspace, except those for development: our own tests need the Rust of
/// the latest engine. A member that declares a later Rust than the facade may have dependencies that require it.
fn check(metadata: &Value) -> Result<usize> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let packages: HashMap<_, _> = packages.iter().map(|package| (&package["id"], package)).collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let dependencies: HashMap<_, _> = nodes.iter().map(|node| (&node["id"], used(&node["deps"]))).collect();
    let facade = packages.values().find(|package| package["name"] == "signed-session");
    let ours = facade.and_then(|facade| rust_version(facade)).ok_or("signed-session has no rust-version")?;

    for member in list(&metadata["workspace_members"]) {
        let own = packages.get(&member).and_then(|member| rust_version(member));
        let limit = own.map_or(ours, |own| own.max(ours));
        let (mut seen, mut left) = (HashSet::new(), vec![member]);
        while let Some(id) = left.pop() {
            let Some(package) = packages.get(&id).filter(|_| !seen.contains(&id)) else { continue };
            if rust_version(package).is_some_and(|theirs| theirs > limit) {
                return Err(format!(
                    "{} {} requires Rust {}, which is later than our rust-version; raise that, or use an older release",
                    package["name"], package["version"], package["rust_version"]
                ));
            }
            left.extend(dependencies.get(&id).cloned().unwrap_or_default());
            seen.insert(id);
        }
    }
    Ok(packages.len())
}

/// Returns the ids of the dependencies that are not only for development.
fn used(dependencies: &Value) -> Vec<Value> {
    let is_used = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
    };
    let dependencies = dependencies.as_array().map(Vec::as_slice).unwrap_or_default();
    dependencies.iter().filter(is_used).map(|dependency| dependency["pkg"].clone()).collect()
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
        check_of("signed-session", rust_version)
    }

    /// Checks a workspace in which one member depends on a package with this Rust version.
    fn check_of(member: &str, rust_version: &str) -> Result<usize> {
        check_kind(member, rust_version, serde_json::Value::Null)
    }

    /// Checks such a workspace. `kind` is that of the dependency, `null` for a normal one.
    fn check_kind(member: &str, rust_version: &str, kind: serde_json::Value) -> Result<usize> {
        let dep = |id: &str| serde_json::json!({"pkg": id, "dep_kinds": [{"kind": kind}]});
        let dependencies = |name| if name == member { vec![dep("old"), dep("other")] } else { vec![] };
        let normal = |id: &str| serde_json::json!([{"pkg": id, "dep_kinds": [{"kind": null}]}]);
        check(&serde_json::json!({
            "packages": [
                {"id": "signed-session", "name": "signed-session", "version": "0.1.0", "rust_version": "1.88"},
                {"id": "later", "name": "later", "version": "0.1.0", "rust_version": "1.90"},
                {"id": "earlier", "name": "earlier", "version": "0.1.0", "rust_version": "1.80"},
                {"id": "old", "name": "old", "version": "1.0.0", "rust_version": null},
                {"id": "other", "name": "other", "version": "2.0.0", "rust_version": rust_version},
            ],
            "workspace_members": ["signed-session", "later", "earlier"],
            "resolve": {"nodes": [
                {"id": "signed-session", "deps": dependencies("signed-session")},
                {"id": "later", "deps": dependencies("later")},
                {"id": "earlier", "deps": dependencies("earlier")},
                {"id": "old", "deps": normal("other")},
                {"id": "other", "deps": normal("old")},
            ]},
        }))
    }

    #[test]
    fn member_with_later_rust_version_may_have_later_dependencies() {
        assert_eq!(check_of("later", "1.90"), Ok(5));
        assert!(check_of("later", "1.91").is_err());
        assert_eq!(check_of("earlier", "1.88"), Ok(5));
        assert!(check_of("earlier", "1.89").is_err());
    }

    #[test]
    fn dependency_for_development_may_require_later_rust() {
        assert_eq!(check_kind("earlier", "1.99", "dev".into()), Ok(5));
        assert!(check_kind("earlier", "1.99", "build".into()).is_err());
    }

    #[test]
    fn dependency_with_later_rust_version_is_found() {
        for fine in ["1.88", "1.88.3", "1.9", "1.56.0"] {
            assert_eq!(check_with(fine), Ok(5), "{fine}");
        }
        for late in ["1.89", "1.100.0", "2.0"] {
            assert!(check_with(late).unwrap_err().contains("\"other\""), "{late}");
        }
    }
}
