//! Checks that the packages of the published crates build with the oldest dependencies that their manifests allow.

use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};
use std::{fs, slice};

use serde_json::Value;

use super::publish::unpacked;
use crate::sh::{Result, Sh};
use crate::workspace::{Workspace, list, metadata, text};

/// Builds the unpacked packages in the folder `packages` with the oldest allowed releases of their dependencies.
/// Returns the number of dependencies.
///
/// The build runs in a separate workspace below the target folder. The only package of that workspace depends on each
/// published crate with all features, and on exactly the oldest allowed release of each of their dependencies.
/// Dev-dependencies are left out. Indirect dependencies have the versions of our Cargo.lock, if the old releases accept
/// them.
///
/// # Errors
/// Returns an error if the build fails, for instance because a package needs a file outside its folder. If a single
/// release makes it fail, the error names that release.
pub(super) fn check(workspace: &Workspace, packages: &Path) -> Result<usize> {
    let published = Published::parse(&metadata(["--no-deps"])?, packages)?;

    let folder = workspace.target.join("oldest");
    let manifest = folder.join("Cargo.toml");
    let check = |releases: &[Release]| {
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("lib.rs"), ""))
            .and_then(|()| fs::write(&manifest, published.manifest(releases)))
            .and_then(|()| fs::copy(workspace.root.join("Cargo.lock"), folder.join("Cargo.lock")))
            .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        // Use the workspace's target folder, so that dependencies of the same version are compiled only once.
        let check = Sh::cargo().args(["check", "--lib", "--bins", "--target-dir"]).args([&workspace.target]);
        let crates = published.crates.iter().flat_map(|ours| ["-p", &ours.name]);
        Result::Ok(check.args(["--manifest-path"]).args([&manifest]).args(crates))
    };

    let releases: Vec<_> = published.oldest.iter().cloned().collect();
    let Err(error) = check(&releases)?.run() else { return Ok(releases.len()) };
    eprintln!("\n==> Looking for the release that is too old.");
    for release in &releases {
        check(slice::from_ref(release))?.args(["--quiet"]).read().map_err(|error| {
            format!(
                "{error}\n\nThe published crates do not build with {release}, the oldest that their manifests allow: \
                 raise the requirement in the root Cargo.toml."
            )
        })?;
    }
    Err(format!(
        "{error}: the published crates build with each of the oldest dependencies that their manifests allow, but not \
         with all of them together; raise a requirement in the root Cargo.toml."
    ))
}

/// Our published crates.
#[derive(Debug, PartialEq)]
struct Published {
    crates: Vec<Ours>,
    /// The oldest allowed release of each dependency.
    oldest: BTreeSet<Release>,
}

/// One of our crates.
#[derive(Debug, PartialEq)]
struct Ours {
    name: String,
    /// The folder of the unpacked package.
    folder: PathBuf,
    features: Vec<String>,
}

/// One release of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Release {
    name: String,
    version: String,
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl Published {
    /// Parses the output of `cargo metadata`. The folder `packages` contains the unpacked packages.
    fn parse(metadata: &Value, packages: &Path) -> Result<Self> {
        let (mut crates, mut oldest) = (Vec::new(), BTreeSet::new());
        for package in list(metadata, "packages")?.iter().filter(|package| package["publish"].is_null()) {
            let (name, version) = (text(package, "name")?, text(package, "version")?);
            let features = package["features"].as_object().ok_or("cargo metadata: no `features`")?;
            crates.push(Ours {
                name: name.to_owned(),
                folder: unpacked(packages, name, version),
                features: features.keys().cloned().collect(),
            });
            for dependency in list(package, "dependencies")? {
                if dependency["kind"] != "dev" && dependency["path"].is_null() {
                    let (name, requirement) = (text(dependency, "name")?, text(dependency, "req")?);
                    let version = oldest_version(requirement).ok_or_else(|| {
                        format!("{name} = {requirement:?}: expected a version, such as \"1.2\"")
                    })?;
                    oldest.insert(Release { name: name.to_owned(), version });
                }
            }
        }
        Ok(Self { crates, oldest })
    }

    /// Returns the manifest of a package that depends on our crates and on exactly these releases.
    fn manifest(&self, releases: &[Release]) -> String {
        let mut text = "[workspace]\n\n[package]\nname = \"oldest\"\nedition = \"2024\"\n\n\
                        [lib]\npath = \"lib.rs\"\n\n[dependencies]\n"
            .to_owned();
        for Ours { name, folder, features } in &self.crates {
            let _ = writeln!(text, "{name} = {{ path = {folder:?}, features = {features:?} }}");
        }
        for Release { name, version } in releases {
            // Our crates also depend on this release, and select its features.
            let _ = writeln!(text, "{name} = {{ version = \"={version}\", default-features = false }}");
        }
        // A package depends on our other crates by their versions, which are not published yet.
        text.push_str("\n[patch.crates-io]\n");
        for Ours { name, folder, .. } in &self.crates {
            let _ = writeln!(text, "{name} = {{ path = {folder:?} }}");
        }
        text
    }
}

/// Returns `1.2.0` for `^1.2`, and `None` for other kinds of requirements.
fn oldest_version(requirement: &str) -> Option<String> {
    let version = requirement.strip_prefix('^').filter(|version| !version.contains(','))?;
    let missing = 2_usize.saturating_sub(version.matches('.').count());
    Some(format!("{version}{}", ".0".repeat(missing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(requirement: &str) -> Result<Published> {
        let tests_need = serde_json::json!({"name": "proptest", "req": "^1.12", "kind": "dev", "path": null});
        let metadata = serde_json::json!({"packages": [
            {
                "name": "a", "publish": null, "version": "0.1.0",
                "features": {"default": ["fast"], "fast": []},
                "dependencies": [
                    {"name": "http", "req": requirement, "kind": null, "path": null},
                    {"name": "b", "req": "^0.1.0", "kind": null, "path": "/w/b"},
                    tests_need,
                ],
            },
            {
                "name": "b", "publish": null, "version": "0.2.0", "features": {},
                "dependencies": [
                    {"name": "cc", "req": "^1", "kind": "build", "path": null},
                    {"name": "http", "req": requirement, "kind": null, "path": null},
                ],
            },
            {
                "name": "tool", "publish": [], "version": "0.1.0", "features": {},
                "dependencies": [{"name": "clap", "req": "^4.6", "kind": null, "path": null}],
            },
        ]});
        Published::parse(&metadata, Path::new("/t"))
    }

    #[test]
    fn manifest_pins_oldest_releases() {
        let published = parse("^1.5").unwrap();
        let releases: Vec<_> = published.oldest.iter().cloned().collect();
        assert_eq!(releases.iter().map(Release::to_string).collect::<Vec<_>>(), ["cc 1.0.0", "http 1.5.0"]);
        let manifest = published.manifest(&releases[1..]);
        let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
        assert_eq!(
            dependencies,
            "a = { path = \"/t/a-0.1.0\", features = [\"default\", \"fast\"] }\n\
             b = { path = \"/t/b-0.2.0\", features = [] }\n\
             http = { version = \"=1.5.0\", default-features = false }\n\
             \n[patch.crates-io]\n\
             a = { path = \"/t/a-0.1.0\" }\n\
             b = { path = \"/t/b-0.2.0\" }\n"
        );
    }

    #[test]
    fn caret_requirement_names_oldest_version() {
        for (requirement, oldest) in
            [("^1", "1.0.0"), ("^0.11", "0.11.0"), ("^1.0.228", "1.0.228"), ("^0.1.0-rc.2", "0.1.0-rc.2")]
        {
            assert_eq!(oldest_version(requirement).as_deref(), Some(oldest), "{requirement}");
        }
    }

    #[test]
    fn requirement_that_is_not_a_single_caret_is_an_error() {
        for requirement in ["*", ">=1.2, <3", "~1.2", "^1.2, <1.9"] {
            assert!(parse(requirement).unwrap_err().starts_with("http = "), "{requirement}");
        }
    }
}
