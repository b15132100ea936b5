//! The workspace as `cargo metadata` describes it.

use std::path::PathBuf;

use serde_json::Value;

use crate::sh::{Result, Sh};

/// The published crates that `cargo xtask coverage` and `cargo xtask mutants` measure.
pub(crate) const MEASURED: [&str; 11] = [
    "session-core",
    "session-sign",
    "session-encrypt",
    "session-serde",
    "session-cookie",
    "session-web",
    "session-store",
    "session-store-redis",
    "session-store-sqlx",
    "session-store-tower-sessions",
    "signed-session",
];

/// The parts of the workspace that the commands need.
#[derive(Debug, PartialEq)]
pub(crate) struct Workspace {
    /// The folder of `Cargo.toml` and `Cargo.lock`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, which the contributor's configuration may move.
    pub(crate) target: PathBuf,
    /// The member crates.
    pub(crate) packages: Vec<Package>,
}

/// One member crate.
#[derive(Debug, PartialEq)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The folder of its manifest.
    pub(crate) folder: PathBuf,
    /// Its features, without `default`.
    pub(crate) features: Vec<String>,
    /// The names of its examples.
    pub(crate) examples: Vec<String>,
    /// The names of its benchmarks.
    pub(crate) benches: Vec<String>,
    /// Whether it may be published.
    pub(crate) published: bool,
}

impl Workspace {
    /// Reads the workspace of the current folder and makes its root the current folder.
    pub(crate) fn enter() -> Result<Self> {
        let metadata = Sh::cargo().args(["metadata", "--no-deps", "--format-version", "1"]).read()?;
        let workspace = Self::parse(&metadata)?;
        std::env::set_current_dir(&workspace.root)
            .map_err(|error| format!("cannot enter {}: {error}", workspace.root.display()))?;
        Ok(workspace)
    }

    /// Returns the path of the program that Cargo has built for an example.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        self.target.join("debug/examples").join(name)
    }

    fn parse(metadata: &str) -> Result<Self> {
        let metadata: Value =
            serde_json::from_str(metadata).map_err(|error| format!("cargo metadata: {error}"))?;
        Ok(Self {
            root: text(&metadata, "workspace_root")?.into(),
            target: text(&metadata, "target_directory")?.into(),
            packages: list(&metadata, "packages")?.iter().map(Package::parse).collect::<Result<_>>()?,
        })
    }
}

impl Package {
    fn parse(package: &Value) -> Result<Self> {
        let mut folder = PathBuf::from(text(package, "manifest_path")?);
        folder.pop();
        let features = package["features"].as_object().ok_or("cargo metadata: no `features`")?.keys();
        Ok(Self {
            name: text(package, "name")?,
            version: text(package, "version")?,
            folder,
            features: features.filter(|feature| *feature != "default").cloned().collect(),
            examples: targets(package, "example")?,
            benches: targets(package, "bench")?,
            published: package["publish"].is_null(),
        })
    }
}

/// Returns the names of the targets of one kind.
fn targets(package: &Value, kind: &str) -> Result<Vec<String>> {
    let is_kind =
        |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind));
    list(package, "targets")?.iter().filter(is_kind).map(|target| text(target, "name")).collect()
}

fn text(value: &Value, key: &str) -> Result<String> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| format!("cargo metadata: no `{key}`"))
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    value[key].as_array().map(Vec::as_slice).ok_or_else(|| format!("cargo metadata: no `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_of_cargo_is_parsed() {
        let metadata = r#"{
            "workspace_root": "/w", "target_directory": "/elsewhere", "packages": [{
                "name": "a", "version": "1.2.3", "manifest_path": "/w/a/Cargo.toml",
                "features": {"default": ["fast"], "fast": [], "small": ["dep:b"]},
                "targets": [
                    {"kind": ["lib"], "name": "a"}, {"kind": ["example"], "name": "tour"},
                    {"kind": ["bench"], "name": "sign"}, {"kind": ["test"], "name": "interop"}
                ]
            }]
        }"#;
        let package = Package {
            name: "a".into(),
            version: "1.2.3".into(),
            folder: "/w/a".into(),
            features: vec!["fast".into(), "small".into()],
            examples: vec!["tour".into()],
            benches: vec!["sign".into()],
            published: true,
        };
        let workspace = Workspace { root: "/w".into(), target: "/elsewhere".into(), packages: vec![package] };
        assert_eq!(Workspace::parse(metadata), Ok(workspace));
    }

    #[test]
    fn missing_field_is_named() {
        assert_eq!(Workspace::parse("{}"), Err("cargo metadata: no `workspace_root`".into()));
    }
}
