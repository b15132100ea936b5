//! The workspace as Cargo describes it, and its files.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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
        let workspace = Self::parse(&metadata(["--no-deps"])?)?;
        std::env::set_current_dir(&workspace.root)
            .map_err(|error| format!("cannot enter {}: {error}", workspace.root.display()))?;
        Ok(workspace)
    }

    /// Returns the path of the program that Cargo has built for an example.
    pub(crate) fn example(&self, name: &str) -> PathBuf {
        self.target.join("debug/examples").join(name)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        Ok(Self {
            root: text(metadata, "workspace_root")?.into(),
            target: text(metadata, "target_directory")?.into(),
            packages: list(metadata, "packages")?.iter().map(Package::parse).collect::<Result<_>>()?,
        })
    }
}

impl Package {
    fn parse(package: &Value) -> Result<Self> {
        let mut folder = PathBuf::from(text(package, "manifest_path")?);
        folder.pop();
        let features = package["features"].as_object().ok_or("cargo metadata: no `features`")?.keys();
        Ok(Self {
            name: text(package, "name")?.to_owned(),
            version: text(package, "version")?.to_owned(),
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
    let name = |target| text(target, "name").map(str::to_owned);
    list(package, "targets")?.iter().filter(is_kind).map(name).collect()
}

/// Returns the text of a file.
pub(crate) fn read_text(file: impl AsRef<Path>) -> Result<String> {
    let file = file.as_ref();
    fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Removes a folder with its contents, if it exists.
pub(crate) fn remove_folder(folder: &Path) -> Result {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Returns the output of `cargo metadata` with these additional arguments.
pub(crate) fn metadata(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Value> {
    let metadata = Sh::cargo().args(["metadata", "--format-version", "1"]).args(args).read()?;
    serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))
}

/// Returns the text of a field in the output of `cargo metadata`.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key].as_str().ok_or_else(|| format!("cargo metadata: no `{key}`"))
}

/// Returns the list of a field in the output of `cargo metadata`.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> Result<&'a [Value]> {
    value[key].as_array().map(Vec::as_slice).ok_or_else(|| format!("cargo metadata: no `{key}`"))
}

/// Returns the paths of the programs whose build messages `is_wanted` accepts. `messages` is the output of Cargo with
/// `--message-format=json`.
pub(crate) fn executables(messages: &str, is_wanted: impl Fn(&Value) -> bool) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter(is_wanted)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect()
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
        assert_eq!(Workspace::parse(&serde_json::from_str(metadata).unwrap()), Ok(workspace));
    }

    #[test]
    fn missing_field_is_named() {
        assert_eq!(
            Workspace::parse(&serde_json::json!({})),
            Err("cargo metadata: no `workspace_root`".into())
        );
    }
}
