//! The modules, imports and paths in the source of one module.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::sh::Result;

/// The segments of a path, such as `crate`, `sh`, `Sh`.
pub(super) type Path = Vec<String>;

/// The parts of a module's source that show which other modules it uses. Code under `#[cfg(test)]` is left out.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The submodules that the module declares.
    pub(super) modules: Vec<Declaration>,
    /// The names of the items that the module defines.
    pub(super) items: Vec<String>,
    /// The names that the module imports, each with its path.
    pub(super) imports: Vec<(String, Path)>,
    /// The paths of the module's glob imports.
    pub(super) globs: Vec<Path>,
    /// The paths of imports, and all paths in code that have more than one segment. Paths of `pub use` are left out.
    pub(super) paths: Vec<Path>,
}

/// `mod name;` or `mod name { … }`.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) name: String,
    /// The value of a `#[path = "…"]` attribute.
    pub(super) path: Option<String>,
    /// The contents of an inline module.
    pub(super) inline: Option<Source>,
}

/// Keywords before the name of an item.
const ITEMS: [&str; 9] = ["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules"];

impl Source {
    /// Parses the text of a file. Macro calls are read like other code, and comments are ignored.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let tokens: TokenStream = text.parse().map_err(|error| format!("not Rust: {error}"))?;
        Ok(Self::read(tokens))
    }

    fn read(tokens: TokenStream) -> Self {
        let mut source = Self::default();
        source.read_items(&tokens.into_iter().collect::<Vec<_>>(), true);
        source
    }

    /// Reads the tokens of a module, or tokens nested in one of its items. `top` is true for the tokens of the module
    /// itself. Nested items and imports add no names to the module.
    fn read_items(&mut self, tokens: &[TokenTree], top: bool) {
        let mut position = 0;
        let mut path = None;
        while let Some(token) = tokens.get(position) {
            let rest = &tokens[position..];
            position += match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => match rest.get(1) {
                    Some(attribute) if is_test(attribute) => 2 + item_len(&rest[2..]),
                    Some(attribute) => {
                        path = path_attribute(attribute).or(path);
                        1
                    }
                    None => 1,
                },
                TokenTree::Ident(ident) if ident == "use" => {
                    let len = rest.iter().position(|token| is_punct(token, ';')).unwrap_or(rest.len());
                    let paths = self.paths.len();
                    self.read_use(&rest[1..len], &[], top);
                    if tokens[..position].last().is_some_and(|token| token.to_string() == "pub") {
                        self.paths.truncate(paths);
                    }
                    len
                }
                TokenTree::Ident(ident) if ident == "mod" && top => {
                    let name = rest.get(1).map(ToString::to_string).unwrap_or_default();
                    let inline = match rest.get(2) {
                        Some(TokenTree::Group(group)) => Some(Self::read(group.stream())),
                        _ => None,
                    };
                    self.modules.push(Declaration { name, path: path.take(), inline });
                    3
                }
                TokenTree::Ident(ident) => {
                    if top && ITEMS.iter().any(|keyword| ident == keyword) {
                        let name = rest[1..].iter().find(|token| matches!(token, TokenTree::Ident(_)));
                        self.items.extend(name.map(ToString::to_string));
                    }
                    let path = leading_path(rest);
                    let len = if path.len() > 1 { 3 * path.len() - 2 } else { 1 };
                    if path.len() > 1 {
                        self.paths.push(path);
                    }
                    len
                }
                TokenTree::Group(group) => {
                    self.read_items(&group.stream().into_iter().collect::<Vec<_>>(), false);
                    1
                }
                _ => 1,
            };
        }
    }

    /// Reads one tree of a `use`, such as `a::{b, c}`. `prefix` is the path before the tree.
    fn read_use(&mut self, tree: &[TokenTree], prefix: &[String], top: bool) {
        let mut path = prefix.to_vec();
        let mut name = None;
        for (position, token) in tree.iter().enumerate() {
            match token {
                TokenTree::Ident(ident) if ident == "as" => {
                    name = tree.get(position + 1).map(ToString::to_string);
                    break;
                }
                // In `a::{self, b}`, `self` stands for `a`.
                TokenTree::Ident(ident) if ident == "self" && !path.is_empty() => {}
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '*' => {
                    if top {
                        self.globs.push(path.clone());
                    }
                    return self.paths.push(path);
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let trees: Vec<_> = group.stream().into_iter().collect();
                    return trees.split(|token| is_punct(token, ',')).for_each(|tree| {
                        self.read_use(tree, &path, top);
                    });
                }
                _ => {}
            }
        }
        if let Some(last) = path.last() {
            if top {
                self.imports.push((name.unwrap_or_else(|| last.clone()), path.clone()));
            }
            self.paths.push(path);
        }
    }
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// Returns the path at the start of the tokens.
fn leading_path(tokens: &[TokenTree]) -> Path {
    let mut path = Path::new();
    let mut rest = tokens;
    while let [TokenTree::Ident(ident), after @ ..] = rest {
        path.push(ident.to_string());
        match after {
            [colon, second, next @ ..] if is_punct(colon, ':') && is_punct(second, ':') => rest = next,
            _ => break,
        }
    }
    path
}

/// Returns whether an attribute is `[cfg(test)]`, alone or with other conditions.
fn is_test(attribute: &TokenTree) -> bool {
    let text: String = attribute.to_string().split_whitespace().collect();
    text.starts_with("[cfg(") && !text.contains("not(test") && has_word(&text, "test")
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|char: char| !char.is_alphanumeric() && char != '_').any(|other| other == word)
}

/// Returns the value of `[path = "value"]`.
fn path_attribute(attribute: &TokenTree) -> Option<String> {
    let text = attribute.to_string();
    let value = text.trim_matches(['[', ']', ' ']).strip_prefix("path")?.trim_start().strip_prefix('=')?;
    Some(value.trim_matches([' ', '"']).to_owned())
}

/// Returns the number of tokens of the first item, which ends with a semicolon or with braces.
fn item_len(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        other => is_punct(other, ';'),
    };
    tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        Source::parse(text).unwrap().paths.iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_tree_yields_each_path() {
        let text = "use crate::{a::{self, B as C}, d::*};\nuse std::fs;";
        assert_eq!(paths(text), ["crate::a", "crate::a::B", "crate::d", "std::fs"]);
        let source = Source::parse(text).unwrap();
        let names: Vec<_> = source.imports.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "C", "fs"]);
        assert_eq!(source.globs, [["crate", "d"]]);
    }

    #[test]
    fn pub_use_adds_import_but_no_path() {
        let source = Source::parse("pub use a::B;\npub(crate) use c::D;").unwrap();
        assert_eq!((source.imports.len(), source.paths), (2, vec![vec!["c".to_owned(), "D".to_owned()]]));
    }

    #[test]
    fn import_in_function_adds_only_paths() {
        let source = Source::parse("fn f() { use crate::a::*; use crate::b::C; }").unwrap();
        assert_eq!(source.paths.len(), 2);
        assert!(source.globs.is_empty() && source.imports.is_empty(), "{source:?}");
    }

    #[test]
    fn path_in_code_is_found() {
        let text = "fn f() { let x = crate::a::b(super::c::<u8>(1)); format!(\"{}\", crate::d::E); x.y; }";
        assert_eq!(paths(text), ["crate::a::b", "super::c", "crate::d::E"]);
    }

    #[test]
    fn comments_and_strings_are_not_read() {
        assert!(
            paths("//! crate::a\n/// [`crate::b`]\nconst A: &str = \"crate::c::D\"; // crate::e").is_empty()
        );
    }

    #[test]
    fn test_code_is_not_read() {
        let text = "#[cfg(test)]\nmod tests { use crate::a; }\n#[cfg(any(test, doctest))] use crate::b;\n\
                    #[cfg(not(test))] use crate::c; #[cfg(feature = \"x\")] use crate::d;";
        assert_eq!(paths(text), ["crate::c", "crate::d"]);
        assert!(Source::parse(text).unwrap().modules.is_empty());
    }

    #[test]
    fn modules_and_items_are_listed() {
        let text =
            "#[path = \"../b.rs\"] mod a;\npub mod c { pub(crate) struct D; }\nfn e<T>() { fn f() {} }";
        let source = Source::parse(text).unwrap();
        let [a, c] = &source.modules[..] else { panic!("{source:?}") };
        assert_eq!((a.name.as_str(), a.path.as_deref()), ("a", Some("../b.rs")));
        assert_eq!((c.name.as_str(), c.path.as_deref()), ("c", None));
        assert_eq!(c.inline.as_ref().unwrap().items, ["D"]);
        assert_eq!(source.items, ["e"]);
    }
}
