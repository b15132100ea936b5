//! Compares and combines JSON texts that may differ in the order of their parts.

use std::collections::HashMap;

use super::{Json, unquote};

/// The parts of a JSON value whose order does not count in a comparison. The order of a `HashMap` or a `HashSet` is
/// random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unordered {
    /// The members of objects.
    Members,
    /// The members of objects and the elements of lists.
    MembersAndElements,
}

/// Returns whether two valid texts with the same separators differ at most in the order of their parts. Numbers and
/// strings must have the same spelling.
pub(crate) fn equal_except_order(one: &str, other: &str, unordered: Unordered) -> bool {
    one == other || (one.len() == other.len() && sorted(one, unordered) == sorted(other, unordered))
}

fn sorted(text: &str, unordered: Unordered) -> String {
    let (mut parts, [open, close], is_sorted) = match Json::of_valid(text) {
        Json::Array(elements) => {
            let parts: Vec<_> = elements.map(|element| sorted(element, unordered)).collect();
            (parts, ['[', ']'], unordered == Unordered::MembersAndElements)
        }
        Json::Object(members) => {
            let member = |(key, value)| format!("{key}: {}", sorted(value, unordered));
            (members.map(member).collect(), ['{', '}'], true)
        }
        _ => return text.to_owned(),
    };
    if is_sorted {
        parts.sort_unstable();
    }
    format!("{open}{}{close}", parts.join(", "))
}

/// Returns `new`, but with the numbers and strings of `old` where they differ only in spelling. The keys have the order
/// of `new`. Both texts must be valid.
pub(crate) fn respelled(old: &str, new: &str) -> String {
    let part = |old: Option<&str>, new: &str| old.map_or_else(|| new.to_owned(), |old| respelled(old, new));
    match (Json::of_valid(old), Json::of_valid(new)) {
        (Json::Array(mut old), Json::Array(new)) => {
            let elements: Vec<_> = new.map(|element| part(old.next(), element)).collect();
            format!("[{}]", elements.join(", "))
        }
        (Json::Object(old), Json::Object(new)) => {
            let name = |key| unquote(key).ok_or(key);
            let old: HashMap<_, _> = old.map(|(key, value)| (name(key), value)).collect();
            let member = |(key, value)| format!("{key}: {}", part(old.get(&name(key)).copied(), value));
            format!("{{{}}}", new.map(member).collect::<Vec<_>>().join(", "))
        }
        (one, other) if one.reads_like(&other, true) => old.to_owned(),
        _ => new.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_order_of_given_parts_may_differ() {
        use Unordered::{Members, MembersAndElements};

        for (one, other, members, both) in [
            ("1", "1", true, true),
            ("12", "21", false, false),
            ("[1, 2]", "[1, 2]", true, true),
            ("[1, 2]", "[2, 1]", false, true),
            ("[1, 1, 2]", "[1, 2, 2]", false, false),
            ("[1, [2]]", "[[1], 2]", false, false),
            (r#"["a", "b, c"]"#, r#"["a, b", "c"]"#, false, false),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, true, true),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 1, "a": 2}"#, false, false),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "a": 1}"#, true, true),
            (r#"{"a": {"b": 1, "c": [2, 3]}}"#, r#"{"a": {"c": [2, 3], "b": 1}}"#, true, true),
            (r#"[{"b": 1, "c": [2, 3]}]"#, r#"[{"c": [3, 2], "b": 1}]"#, false, true),
            ("{}", "[]", false, false),
        ] {
            assert_eq!(equal_except_order(one, other, Members), members, "{one} and {other}");
            assert_eq!(equal_except_order(one, other, MembersAndElements), both, "{one} and {other}");
        }
    }

    #[test]
    fn respelled_text_has_order_of_new_one() {
        for (old, new, expected) in [
            ("1e0", "1.0", "1e0"),
            ("1", "1.0", "1.0"),
            ("[1e0,2e0, 3e0]", "[1.0, 2.5]", "[1e0, 2.5]"),
            ("[1e0]", "[1.0, 2.0]", "[1e0, 2.0]"),
            ("[1e0]", r#"{"a": 1.0}"#, r#"{"a": 1.0}"#),
            (
                r#"{"a": 1e0, "\u0062": [{"c": "\u00e9"}], "x": 1}"#,
                r#"{"b": [{"c": "é"}], "d": 1, "a": 1.0}"#,
                r#"{"b": [{"c": "\u00e9"}], "d": 1, "a": 1e0}"#,
            ),
        ] {
            assert_eq!(respelled(old, new), expected, "{old} and {new}");
        }
    }
}
