//! Checks that the links between the documents lead to a file, and to a heading of that file.

use std::collections::HashSet;
use std::path::Path;

use super::files::files_with_extension;
use crate::sh::Result;
use crate::workspace::{Workspace, read_text};

/// Checks each link in the documents that is not an address. Returns the number of links that were checked.
pub(super) fn check(workspace: &Workspace) -> Result<usize> {
    let mut checked = 0;
    for document in files_with_extension("md", &workspace.root, &workspace.target)? {
        for link in links(&read_text(&document)?).filter(|link| !link.contains("://")) {
            follow(&document, link).map_err(|error| format!("{}: `{link}`: {error}", document.display()))?;
            checked += 1;
        }
    }
    Ok(checked)
}

/// Checks that a link in a document leads to a file or a folder, and to a heading if the link has a fragment.
fn follow(document: &Path, link: &str) -> Result {
    let (path, fragment) = match link.split_once('#') {
        Some((path, fragment)) => (path, Some(fragment)),
        None => (link, None),
    };
    let linked =
        if path.is_empty() { document.to_owned() } else { document.parent().unwrap_or(document).join(path) };
    if !linked.exists() {
        return Err("there is no such file".into());
    }
    match fragment {
        Some(fragment) if !fragments(&read_text(&linked)?).contains(fragment) => {
            Err("the file has no such heading".into())
        }
        _ => Ok(()),
    }
}

/// Returns the text without code blocks: no line in them is a heading, and no bracket in them begins a link.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        !in_code && !is_fence
    })
}

/// Returns the targets of a document's links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    prose(text)
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

/// Returns the fragments that lead to a document's headings, as GitHub forms them.
fn fragments(text: &str) -> HashSet<String> {
    let hashed = prose(text).filter(|line| line.starts_with('#'));
    let headings = hashed.filter_map(|line| line.trim_start_matches('#').strip_prefix(' '));
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    headings
        .map(|heading| heading.to_lowercase().chars().filter(is_kept).collect::<String>().replace(' ', "-"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_leads_to_file_and_heading() {
        let document = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/peers.md");
        for link in ["../DESIGN.md", "../DESIGN.md#data-flow", "../docs", "http.md"] {
            assert_eq!(follow(&document, link), Ok(()), "{link}");
        }
        for (link, why) in [
            ("DESIGN.md", "no such file"),
            ("../DESIGN.md#data", "no such heading"),
            ("#data-flow", "no such heading"),
        ] {
            assert!(follow(&document, link).unwrap_err().contains(why), "{link}");
        }
    }

    #[test]
    fn links_in_code_blocks_are_ignored() {
        let text = "a [b](c.md) [d](e.md#f)\n```rust\nx[0](1)\n```\n[g](h)";
        assert_eq!(links(text).collect::<Vec<_>>(), ["c.md", "e.md#f", "h"]);
    }

    #[test]
    fn fragment_is_heading_in_lower_case_without_punctuation() {
        let text =
            "# One\n## The key is `salt ‖ secret`, as in Pyramid\n```text\n# comment\n```\n#hash\n text";
        let expected = ["one", "the-key-is-salt--secret-as-in-pyramid"];
        assert_eq!(fragments(text), expected.map(String::from).into());
    }
}
