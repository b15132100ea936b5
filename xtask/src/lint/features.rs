//! Every crate builds alone, whatever features it is taken with.

use crate::sh::{Result, Sh};
use crate::workspace::{Package, Workspace};

/// Checks each crate with each set of features; returns how many there were.
pub(super) fn check(workspace: &Workspace) -> Result<usize> {
    let builds: Vec<_> = workspace.packages.iter().flat_map(builds).collect();
    for build in &builds {
        // Not `cargo check`: what is unused without a feature is only a warning, and clippy makes it an error for our
        // crates alone, so that the dependencies are compiled once for all of this.
        Sh::cargo().args(["clippy"]).args(build).args(["--", "-D", "warnings"]).run()?;
    }
    Ok(builds.len())
}

/// The arguments for each set of features: the default, none, each by itself, all.
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
        }
    }

    #[test]
    fn each_feature_is_built_by_itself_none_and_together() {
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
    fn a_crate_without_features_is_built_once() {
        assert_eq!(builds(&package(&[])), [["-p", "a"]]);
    }
}
