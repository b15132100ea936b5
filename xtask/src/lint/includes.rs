//! Checks that the Rust files of a published crate include only files of its package. The check also covers tests, and
//! `#[doc = include_str!(…)]`.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

use crate::sh::{Result, Sh};
use crate::workspace::{Package, Workspace, read_text};

/// The macros that read a file.
const INCLUDES: [&str; 3] = ["include", "include_bytes", "include_str"];

/// Checks each `include_str!("file")` and `#[path = "file"]` in the packages. Returns the number of includes.
///
/// `cargo publish` builds only the library or the program of a package, so it does not notice if a file that the tests
/// include is missing from the package.
pub(super) fn check(workspace: &Workspace) -> Result<usize> {
    let mut count = 0;
    for Package { name, folder, .. } in workspace.packages.iter().filter(|package| package.published) {
        let list = Sh::cargo().args(["package", "--list", "--allow-dirty", "--package", name]).read()?;
        let packaged: HashSet<_> = list.lines().map(Path::new).collect();
        let is_rust = |file: &&&Path| file.extension().is_some_and(|extension| extension == "rs");
        for file in packaged.iter().filter(is_rust) {
            let path = folder.join(file);
            count += check_file(file, &read_text(&path)?, &packaged)
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(count)
}

/// Checks that the files that `file` includes are in the package. Returns the number of includes. `text` is the text of
/// `file`.
/// `file` and the paths in `packaged` are relative to the root of the package.
fn check_file(file: &Path, text: &str, packaged: &HashSet<&Path>) -> Result<usize> {
    let included = included(text.parse().map_err(|error| format!("not Rust: {error}"))?);
    let is_packaged =
        |included: &&String| resolve(file, included).is_some_and(|path| packaged.contains(&*path));
    match included.iter().find(|included| !is_packaged(included)) {
        None => Ok(included.len()),
        Some(missing) => Err(format!(
            "{missing:?} is not in the package; a test that needs it belongs in session-tests/tests"
        )),
    }
}

/// Returns the paths of the included files, exactly as written in the code. A path that is not a literal is left out.
fn included(tokens: TokenStream) -> Vec<String> {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut files = Vec::new();
    if let [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(file)] = &tokens[..]
        && name == "path"
    {
        files.push(file.to_string());
    }
    for (position, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        if let [.., TokenTree::Ident(name), TokenTree::Punct(_)] = &tokens[..position]
            && INCLUDES.iter().any(|include| name == include)
            && let Some(TokenTree::Literal(file)) = group.stream().into_iter().next()
        {
            files.push(file.to_string());
        }
        files.extend(included(group.stream()));
    }
    files.iter().map(|file| file.trim_matches('"').to_owned()).collect()
}

/// Returns the path of the file that `file` includes as `included`, relative to the root of the package. Returns `None`
/// if the path leaves the package.
fn resolve(file: &Path, included: &str) -> Option<PathBuf> {
    let mut path = file.parent()?.to_owned();
    for component in Path::new(included).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::ParentDir if path.pop() => {}
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_listed() {
        let text = r#"
            #[cfg(doctest)]
            #[doc = include_str!("../README.md")]
            struct Readme;
            #[path = "../log/mod.rs"]
            mod log;
            // include_str!("comment")
            const A: &str = concat!(include_str!("a.lua"), include_str!($file), "include_str!(\"text\")");
            fn f() { g(std::include_bytes!("b.bin"), h(path = c)); }
        "#;
        let files = ["../README.md", "../log/mod.rs", "a.lua", "b.bin"];
        assert_eq!(included(text.parse().unwrap()), files);
    }

    #[test]
    fn path_is_resolved_within_package() {
        let resolve = |included| super::resolve(Path::new("tests/it/main.rs"), included);
        assert_eq!(resolve("data.txt"), Some("tests/it/data.txt".into()));
        assert_eq!(resolve("./../log/mod.rs"), Some("tests/log/mod.rs".into()));
        assert_eq!(resolve("../../README.md"), Some("README.md".into()));
        for outside in ["../../../README.md", "../../../session-core/README.md", "/etc/passwd"] {
            assert_eq!(resolve(outside), None, "{outside}");
        }
    }

    #[test]
    fn file_outside_package_is_an_error() {
        let packaged = ["README.md", "src/lib.rs", "src/data.txt"].map(Path::new).into();
        let check = |text: &str| check_file(Path::new("src/lib.rs"), text, &packaged);
        assert_eq!(
            check("#![doc = include_str!(\"../README.md\")] const A: &str = include_str!(\"data.txt\");"),
            Ok(2)
        );
        for missing in ["../../README.md", "../docs/format.md", "README.md"] {
            let error = check(&format!("const A: &str = include_str!(\"{missing}\");")).unwrap_err();
            assert!(error.starts_with(&format!("{missing:?} is not in the package")), "{error}");
        }
    }
}
