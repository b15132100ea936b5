//! Checks that all files and functions named in the documents exist.

use std::path::PathBuf;

use proc_macro2::{TokenStream, TokenTree};

use super::files::files_with_extension;
use crate::sh::Result;
use crate::workspace::{Workspace, read_text};

/// Checks each code span of the form `folder/file` or `folder/file.rs::name` in the documents, if `folder` is in the
/// workspace's root. Returns the number of names that were checked.
pub(super) fn check(workspace: &Workspace) -> Result<usize> {
    let mut named = 0;
    for document in files_with_extension("md", &workspace.root, &workspace.target)? {
        for span in spans(&read_text(&document)?) {
            let found = find(workspace, span).map_err(|error| format!("{}: {error}", document.display()))?;
            named += usize::from(found);
        }
    }
    Ok(named)
}

/// Returns the contents of a text's code spans. A span does not continue on the next line.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// Returns whether a code span names a file in the workspace. Returns an error if the file or the function does not
/// exist.
fn find(workspace: &Workspace, span: &str) -> Result<bool> {
    let (path, function) = match span.split_once("::") {
        Some((path, function)) => (path, Some(function)),
        None => (span, None),
    };
    let folder = path.split_once('/').map(|(folder, _)| folder).filter(|folder| !folder.is_empty());
    let is_ours = |folder: PathBuf| folder.is_dir() && folder != workspace.target;
    if !folder.is_some_and(|folder| is_ours(workspace.root.join(folder))) {
        return Ok(false);
    }
    let file = workspace.root.join(path);
    let Some(function) = function else {
        return if file.exists() { Ok(true) } else { Err(format!("`{span}` does not exist")) };
    };
    let text = read_text(&file).map_err(|error| format!("`{span}`: {error}"))?;
    let tokens = text.parse().map_err(|error| format!("`{span}`: the file is not Rust: {error}"))?;
    if has_function(tokens, function) {
        Ok(true)
    } else {
        Err(format!("`{span}`: there is no such function"))
    }
}

/// Returns whether a function with this name is defined in the code, perhaps within a module or a macro call.
fn has_function(code: TokenStream, name: &str) -> bool {
    let mut is_after_fn = false;
    code.into_iter().any(|token| {
        let is_name_expected = is_after_fn;
        is_after_fn = matches!(&token, TokenTree::Ident(ident) if ident == "fn");
        match token {
            TokenTree::Ident(ident) => is_name_expected && ident == name,
            TokenTree::Group(group) => has_function(group.stream(), name),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn find(span: &str) -> Result<bool> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned();
        super::find(&Workspace { target: root.join("target"), root, packages: vec![] }, span)
    }

    #[test]
    fn named_files_and_functions_are_found() {
        for span in ["xtask/src/lint/docs.rs::find", "xtask/src/lint/docs.rs", "xtask/src", "xtask/src/"] {
            assert_eq!(find(span), Ok(true), "{span}");
        }
    }

    #[test]
    fn missing_file_or_function_is_an_error() {
        for (span, why) in [
            ("xtask/src/lint/none.rs", "does not exist"),
            ("xtask/src/lint/none.rs::find", "cannot read"),
            ("xtask/src/lint/docs.rs::fin", "there is no such function"),
            ("xtask/src/lint/docs.rs::find_", "there is no such function"),
        ] {
            assert!(find(span).unwrap_err().contains(why), "{span}");
        }
    }

    #[test]
    fn function_in_macro_call_is_found_but_not_in_comment_or_string() {
        let code =
            "proptest! { fn a<T>() {} } /// fn b()\nconst C: &str = \"fn b()\"; // fn b()\nfn d(b: fn()) {}";
        let has = |name| has_function(code.parse().unwrap(), name);
        assert!(has("a") && has("d") && !has("b"));
    }

    #[test]
    fn other_spans_are_ignored() {
        for span in
            ["file.rs", "multipart/form-data", "tests/test_csrf.py", "Vec::new", "target/debug", "/", ""]
        {
            assert_eq!(find(span), Ok(false), "{span}");
        }
    }

    #[test]
    fn code_span_ends_at_end_of_line() {
        assert_eq!(spans("a `b` c `d`\nno ` end\n`e` f").collect::<Vec<_>>(), ["b", "d", " end", "e"]);
    }
}
