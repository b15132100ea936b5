//! Each document lists the crates that its examples use, in versions that the workspace uses.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Paths that begin with one of these need no dependency.
const BUILT_IN: [&str; 4] = ["std", "core", "crate", "self"];

/// Returns the root of the repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the documents to check: those in the folder `docs`, the README of the repository, and that of `session-web`.
fn documents() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let guides = folder.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    guides.chain([root().join("README.md"), root().join("session-web/README.md")]).collect()
}

/// Returns the contents of the code blocks in a language. The language of ```` ```rust,no_run ```` is `rust`.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let parts = text.split("```").skip(1).step_by(2);
    let block = |part: &'t str| {
        let (first, code) = part.split_once('\n')?;
        (first.split(',').next() == Some(language)).then_some(code)
    };
    parts.filter_map(block).collect()
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Returns the crates that an example uses: the first names of its paths, except imported and built-in names.
fn crates_in(code: &str) -> BTreeSet<&str> {
    let (mut first, mut imported) = (BTreeSet::new(), BTreeSet::new());
    for line in code.lines() {
        let line = line.split("//").next().unwrap().trim_start_matches(['#', ' ']);
        if let Some((_, names)) = line.strip_prefix("use ").and_then(|path| path.split_once("::")) {
            imported.extend(names.split(|c| !is_word(c)));
        }
        for (at, _) in line.match_indices("::") {
            let name = line[..at].rsplit(|c| !is_word(c)).next().unwrap();
            let before = &line[..at - name.len()];
            if name.starts_with(|c: char| c.is_ascii_lowercase()) && !before.ends_with([':', '.']) {
                first.insert(name);
            }
        }
    }
    first.retain(|name| !BUILT_IN.contains(name) && !imported.contains(name));
    first
}

#[test]
fn documents_list_crates_of_their_examples() {
    let mut seen = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let listed = blocks(&text, "toml").concat();
        let added: String = text.lines().filter(|line| line.starts_with("cargo add ")).collect();
        let listed = (listed + &added).replace('-', "_");
        let listed: BTreeSet<_> = listed.split(|c| !is_word(c)).collect();
        for name in blocks(&text, "rust").into_iter().flat_map(crates_in) {
            // No document has to list `signed-session`: many guides need only this crate, with its default features.
            let is_listed = listed.contains(name) || name == "signed_session";
            assert!(is_listed, "{} has to list the crate {name} in TOML or `cargo add`", path.display());
            seen += 1;
        }
    }
    assert!(seen >= 50, "at least 50 uses of crates should be found, not {seen}");
}

#[test]
fn documents_show_versions_of_the_workspace() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut seen = 0;
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = blocks(&text, "toml").into_iter().flat_map(str::lines);
        for (name, shown) in lines.filter_map(dependency) {
            let used = manifest.lines().filter_map(dependency).find(|(used, _)| *used == name);
            let (_, used) = used.unwrap_or_else(|| panic!("the workspace does not use {name}"));
            let rest = used.strip_prefix(shown);
            assert!(
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
                "{} shows {name} {shown}, but the workspace uses {used}",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 10, "at least 10 dependencies should be found, not {seen}");
}

/// Returns the name and the version of a dependency, if a line of a manifest has both.
fn dependency(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(" = ")?;
    let version = rest.strip_prefix('"').or_else(|| rest.strip_prefix("{ version = \""))?;
    Some((name, version.split('"').next()?))
}

#[test]
fn crates_are_found_in_examples() {
    for (code, expected) in [
        ("use std::time::Duration;\nuse axum::{Router, routing::get};\nget(routing::get)", &["axum"][..]),
        (
            "#[tokio::main]\nlet a = tower::b::<http::C>(Type::d()).g::<H>(); // e::f",
            &["http", "tokio", "tower"],
        ),
        ("# use signed_session::Secret;", &["signed_session"]),
    ] {
        assert_eq!(crates_in(code).into_iter().collect::<Vec<_>>(), expected, "{code}");
    }
}
