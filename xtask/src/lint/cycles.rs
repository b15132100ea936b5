//! Checks that the files of a crate do not use each other in a cycle.
//!
//! A file uses another one if a path in a `use` or in the code resolves to a module or an item in the other file.
//! A re-export by `pub use` does not count as a use: a path to the re-export resolves to the file that defines the
//! item. A module and its submodules may use each other; only the use by the submodule counts. Tests within a file do
//! not count, nor do method calls, which have no path.

mod modules;
mod source;

use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;

use crate::sh::Result;
use crate::workspace::{Workspace, list, metadata};
use modules::Modules;

/// Checks every crate of this workspace and of the other workspaces, whose manifests are `others`. Returns the number
/// of crates, where each program, test, example and benchmark counts as one.
///
/// # Errors
/// Returns an error if there are cycles. The error names one cycle for each crate that has any.
pub(super) fn check(workspace: &Workspace, others: &[&str]) -> Result<usize> {
    let mut roots = roots(&workspace.root.join("Cargo.toml"))?;
    for manifest in others {
        roots.extend(self::roots(&workspace.root.join(manifest))?);
    }
    let mut errors = Vec::new();
    for root in &roots {
        let cycle = find(Path::new(root), &workspace.root)?;
        errors.extend(cycle.map(|cycle| format!("cycle of files: {cycle}")));
    }
    if errors.is_empty() { Ok(roots.len()) } else { Err(errors.join("\n")) }
}

/// Returns the root files of all crates of a workspace.
fn roots(manifest: &Path) -> Result<Vec<String>> {
    let metadata = metadata(["--no-deps".as_ref(), "--manifest-path".as_ref(), manifest.as_os_str()])?;
    let targets =
        list(&metadata, "packages")?.iter().filter_map(|package| package["targets"].as_array()).flatten();
    Ok(targets.filter_map(|target| target["src_path"].as_str().map(str::to_owned)).collect())
}

/// Looks for a cycle between the files of one crate. Returns it in the form `a.rs → b.rs → a.rs`.
fn find(root: &Path, workspace: &Path) -> Result<Option<String>> {
    let modules = Modules::read(root)?;
    let show = |file: &&Path| file.strip_prefix(workspace).unwrap_or(file).display().to_string();
    Ok(cycle(&modules.uses()).map(|files| files.iter().map(show).collect::<Vec<_>>().join(" → ")))
}

/// Returns a cycle of minimum length in a graph, if there is a cycle. It begins and ends with the same node.
fn cycle<'a, T: Copy + Ord + 'a>(edges: &[(T, T)]) -> Option<Vec<T>> {
    let cycles = edges.iter().filter_map(|&(start, second)| {
        let mut path = shortest_path(edges, second, start)?;
        path.insert(0, start);
        Some(path)
    });
    cycles.min_by_key(Vec::len)
}

fn shortest_path<T: Copy + Ord>(edges: &[(T, T)], from: T, to: T) -> Option<Vec<T>> {
    let mut came_from = BTreeMap::from([(from, from)]);
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&node) = reached.get(next) {
        next += 1;
        if node == to {
            let mut path = vec![to];
            while let Some(&last) = path.last().filter(|last| **last != from) {
                path.push(came_from[&last]);
            }
            path.reverse();
            return Some(path);
        }
        for &(_, neighbour) in edges.iter().filter(|(start, _)| *start == node) {
            if let Entry::Vacant(entry) = came_from.entry(neighbour) {
                entry.insert(node);
                reached.push(neighbour);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Writes a crate of these files and looks for a cycle.
    fn find_in(name: &str, files: &[(&str, &str)]) -> Option<String> {
        let folder = std::env::temp_dir().join(format!("xtask-cycles-{name}-{}", std::process::id()));
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let found = find(&folder.join("lib.rs"), &folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        found
    }

    #[test]
    fn cycle_is_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B; fn f() { super::c::g(); }"),
            ("c.rs", "pub fn g() { let _: Option<crate::a::A> = None; }"),
        ];
        assert_eq!(find_in("cycle", &files).as_deref(), Some("a.rs → b.rs → c.rs → a.rs"));
    }

    #[test]
    fn crate_without_cycle_passes() {
        let files = [
            ("lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B;"),
            ("c.rs", "pub use crate::a::A; pub struct C;"),
            ("a.rs", "use crate::{B, c::C}; pub struct A(B, C); #[cfg(test)] mod tests { use super::*; }"),
            ("b.rs", "/// See [`crate::A`].\npub struct B; #[cfg(test)] mod tests { use crate::A; }"),
        ];
        assert_eq!(find_in("none", &files), None);
    }

    #[test]
    fn reexport_from_other_crate_makes_no_cycle() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use other::Other; use crate::b::B; pub struct A(B);"),
            ("b.rs", "pub struct B(crate::a::Other);"),
        ];
        assert_eq!(find_in("other-crate", &files), None);
    }

    #[test]
    fn cycle_through_reexports_is_found() {
        let files = [
            ("lib.rs", "mod a; mod b; mod all { pub use crate::a::A; pub use crate::b::*; } pub use all::*;"),
            ("a.rs", "use crate::B; pub struct A;"),
            ("b/mod.rs", "mod inner; pub use inner::B;"),
            ("b/inner.rs", "use crate::A; pub struct B;"),
        ];
        assert_eq!(find_in("reexports", &files).as_deref(), Some("a.rs → b/inner.rs → a.rs"));
    }

    #[test]
    fn module_and_submodule_may_use_each_other() {
        let mut files = vec![
            ("lib.rs", "mod a; mod b; pub struct Root; use a::A;"),
            ("a.rs", "mod inner; pub struct A(inner::I);"),
            ("a/inner.rs", "use super::A; pub struct I; fn f(_: crate::Root) {}"),
            ("b.rs", "use crate::a::A;"),
        ];
        assert_eq!(find_in("submodule", &files), None);
        // If the module uses the submodule only through a third file, the three files are a cycle.
        files[1].1 = "mod inner; pub struct A(crate::b::B);";
        files[3].1 = "pub struct B(super::a::inner::I);";
        assert_eq!(find_in("submodule", &files).as_deref(), Some("a/inner.rs → a.rs → b.rs → a/inner.rs"));
    }
}
