//! Checks that the examples in doc comments import from the facade, `signed_session`, as a user's code does.

use std::collections::HashSet;

use super::files::files_with_extension;
use crate::sh::Result;
use crate::workspace::{MEASURED, Workspace, read_text};

/// Checks the doc examples of the types that the facade re-exports at its root. These examples must import from
/// `signed_session`, and not from the crate that defines the type.
pub(super) fn check(workspace: &Workspace) -> Result {
    let facade = read_text(workspace.root.join("signed-session/src/lib.rs"))?;
    let names = reexported(&facade);
    for package in workspace.packages.iter().filter(|package| MEASURED.contains(&&*package.name)) {
        for file in files_with_extension("rs", &package.folder.join("src"), &workspace.target)? {
            if let Some((name, line)) = foreign_import(&read_text(&file)?, &names) {
                let file = file.display();
                return Err(format!(
                    "{file}: `{line}` in the example of `{name}`; import it from `signed_session`"
                ));
            }
        }
    }
    Ok(())
}

/// Returns the types that the facade re-exports from the other crates.
fn reexported(facade: &str) -> HashSet<&str> {
    let lists = facade.split("pub use session_").skip(1).filter_map(|rest| rest.split(';').next());
    let words = lists.flat_map(|list| list.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.starts_with(char::is_uppercase)).collect()
}

/// Finds the first type in `names` whose example shows an import from one of our crates other than the facade. Returns
/// the type's name and the import.
fn foreign_import<'t>(text: &'t str, names: &HashSet<&str>) -> Option<(&'t str, &'t str)> {
    let mut import = None;
    for line in text.lines() {
        if let Some(doc) = line.strip_prefix("/// ") {
            import = import.or(doc.starts_with("use session_").then_some(doc));
        } else if !line.starts_with("///") && !line.starts_with("#[") {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            let is_type =
                words.next() == Some("pub") && matches!(words.next(), Some("struct" | "enum" | "trait"));
            let item = words.next().filter(|item| is_type && names.contains(item));
            if let (Some(import), Some(item)) = (import.take(), item) {
                return Some((item, import));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACADE: &str = "pub use session_core::{\n    Clock, State,\n};\npub use session_web::axum;\n";

    #[test]
    fn foreign_import_of_reexported_type_is_found() {
        let names = reexported(FACADE);
        assert_eq!(names, HashSet::from(["Clock", "State"]));
        let import = "use session_core::{Clock, State};";
        let found = |item: &str| {
            let text = format!("/// Text.\n///\n/// ```\n/// {import}\n/// ```\n#[derive(Clone)]\n{item}\n");
            foreign_import(&text, &names).map(|found| (found.0.to_owned(), found.1.to_owned()))
        };
        assert_eq!(found("pub struct State<'s> {"), Some(("State".to_owned(), import.to_owned())));
        assert_eq!(found("pub trait Clock: Send {"), Some(("Clock".to_owned(), import.to_owned())));
        for other in ["pub struct Record {", "pub fn state() -> State {", "struct State;", "impl State {}"] {
            assert_eq!(found(&format!("{other}\npub struct State;")), None, "{other}");
        }
    }

    #[test]
    fn hidden_import_and_import_from_facade_pass() {
        let hidden = "/// # use session_core::Record;";
        let text = format!("{hidden}\n/// use signed_session::State;\npub struct State;");
        assert_eq!(foreign_import(&text, &reexported(FACADE)), None);
    }
}
