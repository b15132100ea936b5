//! Checks that every crate builds alone with different sets of features. Also checks that the feature for one framework
//! brings neither encryption nor another framework as a dependency. The feature `axum` may bring tower.

use crate::sh::{Result, Sh};
use crate::workspace::{Package, Workspace};

/// The crates with features for frameworks.
const WEB: [&str; 2] = ["session-web", "signed-session"];

/// Features, each with the name prefixes of dependencies that it must not bring. The default features bring no
/// framework.
const NOT_BROUGHT: &[(&str, &[&str])] = &[
    ("default", &["actix-", "axum", "tower"]),
    ("tower", &["actix-", "axum", "session-encrypt"]),
    ("axum", &["actix-", "session-encrypt"]),
    ("actix", &["axum", "tower", "session-encrypt"]),
];

/// Checks each crate with each set of features. Returns the number of builds.
pub(super) fn check(workspace: &Workspace) -> Result<usize> {
    for package in WEB {
        for (feature, not_brought) in NOT_BROUGHT {
            let features = match *feature {
                "default" => vec![],
                feature => vec!["--no-default-features", "--features", feature],
            };
            let args = ["tree", "-p", package, "-e", "normal", "--prefix", "none"];
            let tree = Sh::cargo().args(args).args(features).read()?;
            check_tree(package, feature, not_brought, &tree)?;
        }
    }

    let builds: Vec<_> = workspace.packages.iter().flat_map(builds).collect();
    for build in &builds {
        // With `cargo check`, unused code would only be a warning. Clippy's `-D warnings` makes it an error. This flag
        // applies to our crates alone, so the dependencies are not compiled again.
        Sh::cargo().args(["clippy"]).args(build).args(["--", "-D", "warnings"]).run()?;
    }
    Ok(builds.len())
}

/// Checks the output of `cargo tree --prefix none` for one crate with one feature. Each line is `name vVERSION …`.
fn check_tree(package: &str, feature: &str, not_brought: &[&str], tree: &str) -> Result {
    let mut names = tree.lines().filter_map(|line| line.split(' ').next());
    match names.find(|name| not_brought.iter().any(|prefix| name.starts_with(prefix))) {
        None => Ok(()),
        Some(name) => Err(format!("{package}: feature {feature} must not bring the dependency {name}")),
    }
}

/// Returns Cargo's arguments for each set of features: the default features, none, each feature alone, all features.
fn builds(package: &Package) -> Vec<Vec<&str>> {
    let mut sets = vec![vec![]];
    if !package.features.is_empty() {
        sets.push(vec!["--no-default-features"]);
        sets.extend(
            package.features.iter().map(|feature| vec!["--no-default-features", "--features", feature]),
        );
        sets.push(vec!["--all-features"]);
    }
    sets.into_iter().map(|set| [vec!["-p", &package.name], set].concat()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(features: &[&str]) -> Package {
        Package {
            name: "a".into(),
            version: "1.0.0".into(),
            folder: "a".into(),
            features: features.iter().map(ToString::to_string).collect(),
            examples: vec![],
            benches: vec![],
            published: true,
        }
    }

    #[test]
    fn every_set_of_features_is_built() {
        let package = package(&["fast", "small"]);
        let builds: Vec<_> = builds(&package).iter().map(|build| build.join(" ")).collect();
        assert_eq!(
            builds,
            [
                "-p a",
                "-p a --no-default-features",
                "-p a --no-default-features --features fast",
                "-p a --no-default-features --features small",
                "-p a --all-features",
            ]
        );
    }

    #[test]
    fn forbidden_dependency_is_found() {
        let check = |tree| check_tree("a", "axum", &["actix-", "session-encrypt"], tree);
        assert_eq!(check("a v0.1.0 (/w/a)\naxum-core v0.5.6\ntower-layer v0.3.3 (*)\n"), Ok(()));
        assert_eq!(
            check("a v0.1.0 (/w/a)\naxum-core v0.5.6\nactix-web v4.18.1\n"),
            Err("a: feature axum must not bring the dependency actix-web".to_owned())
        );
        assert_eq!(
            check("a v0.1.0 (/w/a)\nsession-encrypt v0.1.0 (/w/session-encrypt)\n"),
            Err("a: feature axum must not bring the dependency session-encrypt".to_owned())
        );
    }

    #[test]
    fn crate_without_features_is_built_once() {
        assert_eq!(builds(&package(&[])), [["-p", "a"]]);
    }
}
