//! Checks the direct and indirect dependencies of each crate: a crate of the workspace must be allowed, and no name may
//! have a forbidden prefix. Dev-dependencies and build dependencies are not checked.

use crate::sh::{Result, Sh};
use crate::workspace::Workspace;

/// The crates of the workspace, each with the other crates of the workspace that it may depend on.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("session-core", &[]),
    ("session-sign", &[]),
    ("session-encrypt", &[]),
    ("session-cookie", &[]),
    ("session-serde", &["session-core"]),
    ("session-store", &["session-core"]),
    ("session-store-redis", &["session-core", "session-store"]),
    ("session-store-sqlx", &["session-core", "session-store"]),
    ("session-store-tower-sessions", &["session-core", "session-store"]),
    ("session-tests", &["session-core", "session-sign", "session-serde", "session-store"]),
    ("session-web", &["session-core", "session-cookie"]),
    ("signed-session", FACADE),
    (
        "session-cli",
        &[
            "signed-session",
            "session-core",
            "session-sign",
            "session-encrypt",
            "session-serde",
            "session-cookie",
            "session-store",
            "session-store-redis",
            "session-store-sqlx",
        ],
    ),
    ("session-examples", &[]),
    ("xtask", &[]),
];
const FACADE: &[&str] = &[
    "session-core",
    "session-sign",
    "session-serde",
    "session-cookie",
    // Only with the feature `encrypted`.
    "session-encrypt",
    // Only with the feature `store`.
    "session-store",
    // Only with the features of the frameworks.
    "session-web",
];

/// Crates of the workspace, each with the prefixes that the names of its dependencies must not have.
const FORBIDDEN_PREFIXES: &[(&str, &[&str])] = &[
    ("session-sign", &["serde"]),
    ("session-encrypt", &["serde"]),
    ("session-cookie", &["digest", "crypto-", "hmac", "sha1", "sha2", "sha3", "blake2", "md-5", "subtle"]),
];

/// Checks the normal dependencies of every crate, with all features.
pub(super) fn check(workspace: &Workspace) -> Result {
    let members: Vec<&str> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    for member in &members {
        let args = ["tree", "-p", member, "-e", "normal", "--prefix", "none", "--all-features"];
        check_tree(member, &members, &Sh::cargo().args(args).read()?)?;
    }
    Ok(())
}

/// Checks the output of `cargo tree --prefix none` for one crate. Each line is `name vVERSION …`.
fn check_tree(member: &str, members: &[&str], tree: &str) -> Result {
    let Some((_, allowed)) = MAY_DEPEND_ON.iter().find(|(name, _)| *name == member) else {
        return Err(format!(
            "{member} is new; add it with its allowed dependencies to MAY_DEPEND_ON in {}",
            file!()
        ));
    };
    let forbidden =
        FORBIDDEN_PREFIXES.iter().filter(|(name, _)| *name == member).flat_map(|(_, prefixes)| *prefixes);
    let names = tree.lines().filter_map(|line| line.split(' ').next()).filter(|name| *name != member);
    for name in names {
        let is_undeclared = members.contains(&name) && !allowed.contains(&name);
        if is_undeclared || forbidden.clone().any(|prefix| name.starts_with(prefix)) {
            let why = format!("cargo tree -p {member} -e normal --all-features -i {name}");
            return Err(format!("{member} must not depend on {name}; `{why}` shows the path"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: &[&str] = &["session-core", "session-sign", "session-serde", "session-cookie"];

    fn check(member: &str, tree: &str) -> Result {
        check_tree(member, MEMBERS, tree)
    }

    #[test]
    fn allowed_dependency_passes() {
        let tree = "session-serde v0.1.0 (/w/session-serde)\nsession-core v0.1.0 (/w)\nserde v1.0.228 (*)\n";
        assert_eq!(check("session-serde", tree), Ok(()));
        let tree = "session-cookie v0.1.0 (/w/session-cookie)\nshared v1.0.0\nmemchr v2.8.3\n";
        assert_eq!(check("session-cookie", tree), Ok(()));
    }

    #[test]
    fn undeclared_workspace_dependency_is_found() {
        for (member, other) in [("session-core", "session-sign"), ("session-serde", "session-cookie")] {
            let tree = format!("{member} v0.1.0 (/w/{member})\n{other} v0.1.0 (/w/{other})\n");
            let error = check(member, &tree).unwrap_err();
            assert!(error.starts_with(&format!("{member} must not depend on {other}")), "{error}");
        }
    }

    #[test]
    fn forbidden_dependency_is_found() {
        for (member, other) in [
            ("session-sign", "serde"),
            ("session-sign", "serde_json"),
            ("session-cookie", "hmac"),
            ("session-cookie", "crypto-common"),
        ] {
            let tree = format!("{member} v0.1.0 (/w/{member})\nmemchr v2.8.3\n{other} v1.0.0 (*)\n");
            let error = check(member, &tree).unwrap_err();
            assert!(error.starts_with(&format!("{member} must not depend on {other}")), "{error}");
        }
    }

    #[test]
    fn unlisted_crate_is_an_error() {
        let error = check("session-new", "session-new v0.1.0 (/w/session-new)\n").unwrap_err();
        assert!(error.starts_with("session-new is new"), "{error}");
    }
}
