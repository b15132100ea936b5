//! Gives an old JSON text the order of a new one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::view::{Name, name};
use super::{Elements, Json, Members};

/// Returns `old` in the order of `new`. `known` is the text that a type writes after it reads `old`. `known` differs
/// from `new` only in the order of members. All texts must be valid.
///
/// A member that only `old` has stays where it is, because the type does not know it. A member that only `new` has,
/// such as a default, is not added. If it is unclear which part of `old` a part of `new` comes from, for example
/// because the type renames members, the result has the part of `new`, in the spelling of `old` ([`respelled`]).
pub(crate) fn reordered<'t>(old: &'t str, known: &str, new: &str) -> Cow<'t, str> {
    if known == new {
        return Cow::Borrowed(old);
    }
    let reordered = match (Json::of_valid(old), Json::of_valid(known), Json::of_valid(new)) {
        (Json::Array(old), Json::Array(known), Json::Array(new)) => reordered_elements(old, known, new),
        (Json::Object(old), Json::Object(known), Json::Object(new)) => reordered_members(old, known, new),
        _ => None,
    };
    Cow::Owned(reordered.unwrap_or_else(|| respelled(old, new)))
}

/// Returns `None` if the lists have different lengths, because the type has then added or removed elements.
fn reordered_elements(old: Elements<'_>, known: Elements<'_>, new: Elements<'_>) -> Option<String> {
    if old.clone().count() != new.clone().count() {
        return None;
    }
    let elements = old.zip(known.zip(new)).map(|(old, (known, new))| reordered(old, known, new));
    Some(format!("[{}]", elements.collect::<Vec<_>>().join(", ")))
}

/// Returns `None` if it is unclear which old members the new ones come from.
fn reordered_members(old: Members<'_>, known: Members<'_>, new: Members<'_>) -> Option<String> {
    let keys_match = known.clone().map(|(key, _)| key).eq(new.clone().map(|(key, _)| key));
    let names: Vec<_> = new.clone().map(|(key, _)| name(key)).collect();
    let (old_members, old) = (old.clone().collect::<Vec<_>>(), unique_by_name(old)?);
    let (known, new) = (unique_by_name(known)?, unique_by_name(new)?);
    let is_known = |key| known.contains_key(&name(key));

    let added: Vec<_> = names.iter().filter(|name| !old.contains_key(*name)).collect();
    if added.iter().any(|name| known.get(*name).map(|known| known.1) != new.get(*name).map(|new| new.1)) {
        return None;
    }
    // The type may have renamed members.
    if !keys_match && !added.is_empty() && old_members.iter().any(|(key, _)| !is_known(key)) {
        return None;
    }
    let mut in_new_order = names.iter().filter_map(|name| old.get(name));
    let member = |(key, value)| {
        let moves = !keys_match && is_known(key);
        let (key, value) = if moves { *in_new_order.next()? } else { (key, value) };
        let name = name(key);
        let value = match (known.get(&name), new.get(&name)) {
            (Some(known), Some(new)) => reordered(value, known.1, new.1),
            _ => Cow::Borrowed(value),
        };
        Some(format!("{key}: {value}"))
    };
    let members: Vec<_> = old_members.into_iter().filter_map(member).collect();
    Some(format!("{{{}}}", members.join(", ")))
}

/// Returns the members by name, or `None` if there are duplicates.
fn unique_by_name(members: Members<'_>) -> Option<HashMap<Name<'_>, (&str, &str)>> {
    let count = members.clone().count();
    let by_name: HashMap<_, _> = members.map(|member| (name(member.0), member)).collect();
    (by_name.len() == count).then_some(by_name)
}

/// Returns `new`, but with the numbers and strings of `old` where they differ only in spelling. The keys have the order
/// of `new`. Both texts must be valid.
fn respelled(old: &str, new: &str) -> String {
    let part = |old: Option<&str>, new: &str| old.map_or_else(|| new.to_owned(), |old| respelled(old, new));
    match (Json::of_valid(old), Json::of_valid(new)) {
        (Json::Array(mut old), Json::Array(new)) => {
            let elements: Vec<_> = new.map(|element| part(old.next(), element)).collect();
            format!("[{}]", elements.join(", "))
        }
        (Json::Object(old), Json::Object(new)) => {
            let old = old.by_name();
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
    fn old_members_get_new_order() {
        for (old, known, new, expected) in [
            // Unknown members stay, and so do values that the type spells differently.
            (
                r#"{"a": {"n": 1,  "s": 0}, "x": 1, "\u0062": 2e0}"#,
                r#"{"a": {"n": 1.0}, "b": 2.0}"#,
                r#"{"b": 2.0, "a": {"n": 1.0}}"#,
                r#"{"\u0062": 2e0, "x": 1, "a": {"n": 1,  "s": 0}}"#,
            ),
            // A default is not added. An object whose keys have not moved keeps its order.
            (
                r#"[{"m": {"a": 1, "b": 2}, "s": 0, "n": 1}]"#,
                r#"[{"n": 1, "d": 0, "m": {"a": 1, "b": 2}}]"#,
                r#"[{"n": 1, "d": 0, "m": {"b": 2, "a": 1}}]"#,
                r#"[{"m": {"b": 2, "a": 1}, "s": 0, "n": 1}]"#,
            ),
            (
                r#"{"a": 1, "b": 2e0}"#,
                r#"{"a": 1, "b": 2.0, "c": 0}"#,
                r#"{"c": 0, "b": 2.0, "a": 1}"#,
                r#"{"b": 2e0, "a": 1}"#,
            ),
            // The type renames members, drops elements, or reads a string and writes an object.
            (r#"{"A": 1, "B": 2}"#, r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, r#"{"b": 2, "a": 1}"#),
            (
                r#"{"M": {"a": 1, "b": 2}}"#,
                r#"{"m": {"a": 1, "b": 2}}"#,
                r#"{"m": {"b": 2, "a": 1}}"#,
                r#"{"m": {"b": 2, "a": 1}}"#,
            ),
            (
                r#"[0, {"a": 1, "b": 2}]"#,
                r#"[{"a": 1, "b": 2}]"#,
                r#"[{"b": 2, "a": 1}]"#,
                r#"[{"b": 2, "a": 1}]"#,
            ),
            (r#""a=1,b=2""#, r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, r#"{"b": 2, "a": 1}"#),
            // Duplicates.
            (
                r#"{"a": 1, "a": 2, "b": 3}"#,
                r#"{"a": 2, "b": 3}"#,
                r#"{"b": 3, "a": 2}"#,
                r#"{"b": 3, "a": 2}"#,
            ),
            (r#"{"a": 1,  "a": 2}"#, r#"{"a": 2}"#, r#"{"a": 2}"#, r#"{"a": 1,  "a": 2}"#),
        ] {
            assert_eq!(reordered(old, known, new), expected, "{old} and {new}");
        }
    }

    #[test]
    fn respelled_text_has_order_of_new_text() {
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
