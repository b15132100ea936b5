//! Checks the licences, sources and Rust versions of the dependencies.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::sh::{Result, Sh};
use crate::tool;
use crate::workspace::{Workspace, metadata};

/// The release of cargo-deny to install if cargo-deny is missing.
const CARGO_DENY: &str = "0.20.2";

/// Downloads all dependencies, and checks that they comply with the rules in `deny.toml` for licences, bans and
/// sources.
///
/// # Errors
/// Returns an error if the dependencies cannot be downloaded, if cargo-deny finds a violation or if it cannot be
/// installed.
pub(super) fn deny(workspace: &Workspace) -> Result {
    // cargo-deny also reads the dependencies for other platforms, which no build downloads.
    Sh::cargo().args(["fetch", "--locked"]).run()?;
    cargo_deny(workspace)?.args(["--offline", "check", "licenses", "bans", "sources"]).run()
}

/// Returns the command `cargo deny`, without arguments.
///
/// # Errors
/// Returns an error if cargo-deny is missing and cannot be installed.
pub(super) fn cargo_deny(workspace: &Workspace) -> Result<Sh> {
    tool::cargo(workspace, "deny", CARGO_DENY)
}

/// Checks that no dependency of a crate requires a later Rust than the `rust-version` of that crate. Clippy's
/// `incompatible_msrv` checks our own code.
pub(super) fn rust_versions() -> Result<usize> {
    check(&metadata(["--all-features"])?)
}

/// Checks the dependencies of each member of the workspace, with all features. Dev-dependencies are left out, because
/// only our own tests need them. Returns the number of packages, including the members of the workspace.
fn check(metadata: &Value) -> Result<usize> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages = list(&metadata["packages"]);
    let packages: HashMap<_, _> = packages.iter().map(|package| (&package["id"], package)).collect();
    let nodes = list(&metadata["resolve"]["nodes"]);
    let dependencies: HashMap<_, _> = nodes.iter().map(|node| (&node["id"], used(&node["deps"]))).collect();

    for member in list(&metadata["workspace_members"]) {
        let ours = packages.get(&member).ok_or("cargo metadata: no package for a member")?;
        let limit = rust_version(ours).ok_or_else(|| format!("{} has no rust-version", ours["name"]))?;
        let (mut seen, mut left) = (HashSet::new(), vec![member]);
        while let Some(id) = left.pop() {
            let Some(package) = packages.get(&id).filter(|_| !seen.contains(&id)) else { continue };
            if rust_version(package).is_some_and(|theirs| theirs > limit) {
                return Err(format!(
                    "{} {} requires Rust {}, which is later than the rust-version of {}; raise the rust-version, or \
                     use an older release",
                    package["name"], package["version"], package["rust_version"], ours["name"]
                ));
            }
            left.extend(dependencies.get(&id).cloned().unwrap_or_default());
            seen.insert(id);
        }
    }
    Ok(packages.len())
}

/// Returns the ids of the dependencies, except for those that are only dev-dependencies.
fn used(dependencies: &Value) -> Vec<Value> {
    let is_used = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
    };
    let dependencies = dependencies.as_array().map(Vec::as_slice).unwrap_or_default();
    dependencies.iter().filter(is_used).map(|dependency| dependency["pkg"].clone()).collect()
}

/// Returns the major and minor version of a package's `rust-version`, such as `1.88.0` or `1.88`.
fn rust_version(package: &Value) -> Option<(u64, u64)> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Checks a workspace in which `member` depends on `old`, and `old` depends on `other`. `rust_version` is that of
    /// `other`. `kind` is the kind of the dependency of `member` on `old`: `null` for a normal dependency.
    fn check_kind(member: &str, rust_version: &str, kind: Value) -> Result<usize> {
        let dep = |id: &str, kind: &Value| json!([{"pkg": id, "dep_kinds": [{"kind": kind}]}]);
        let dependencies = |name| if name == member { dep("old", &kind) } else { json!([]) };
        check(&json!({
            "packages": [
                {"id": "later", "name": "later", "version": "0.1.0", "rust_version": "1.90"},
                {"id": "earlier", "name": "earlier", "version": "0.1.0", "rust_version": "1.88"},
                {"id": "old", "name": "old", "version": "1.0.0", "rust_version": null},
                {"id": "other", "name": "other", "version": "2.0.0", "rust_version": rust_version},
            ],
            "workspace_members": ["later", "earlier"],
            "resolve": {"nodes": [
                {"id": "later", "deps": dependencies("later")},
                {"id": "earlier", "deps": dependencies("earlier")},
                {"id": "old", "deps": dep("other", &Value::Null)},
                {"id": "other", "deps": dep("old", &Value::Null)},
            ]},
        }))
    }

    #[test]
    fn dependency_with_later_rust_version_is_found() {
        for fine in ["1.88", "1.88.3", "1.9", "1.56.0"] {
            assert_eq!(check_kind("earlier", fine, Value::Null), Ok(4), "{fine}");
        }
        for late in ["1.89", "1.100.0", "2.0"] {
            let error = check_kind("earlier", late, Value::Null).unwrap_err();
            assert!(error.starts_with("\"other\" \"2.0.0\"") && error.contains("of \"earlier\""), "{error}");
        }
    }

    #[test]
    fn each_member_has_its_own_rust_version_limit() {
        assert_eq!(check_kind("later", "1.90", Value::Null), Ok(4));
        assert!(check_kind("later", "1.91", Value::Null).is_err());
        assert!(check_kind("earlier", "1.90", Value::Null).is_err());
    }

    #[test]
    fn dev_dependency_may_require_later_rust() {
        assert_eq!(check_kind("earlier", "1.99", "dev".into()), Ok(4));
        assert!(check_kind("earlier", "1.99", "build".into()).is_err());
    }

    #[test]
    fn member_without_rust_version_is_an_error() {
        let member = json!({"id": "a", "name": "a", "version": "0.1.0", "rust_version": null});
        let error = check(&json!({"packages": [member], "workspace_members": ["a"]})).unwrap_err();
        assert_eq!(error, "\"a\" has no rust-version");
    }
}
