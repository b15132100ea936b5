//! Compares JSON texts that may differ in the order of their parts.

use std::collections::HashSet;

use super::Json;

/// The parts of a JSON value whose order does not count in a comparison. The order of a `HashMap` or a `HashSet` is
/// random.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unordered {
    /// The members of objects.
    Members,
    /// The members of objects and the elements of lists.
    MembersAndElements,
}

/// Returns whether two valid texts with the same separators differ at most in the order of the parts that `unordered`
/// names. Numbers and strings must have the same spelling.
pub(crate) fn equal_except_order(one: &str, other: &str, unordered: Unordered) -> bool {
    one == other || (one.len() == other.len() && sorted(one, unordered) == sorted(other, unordered))
}

/// A list in a text, identified by the address of its first character.
pub(crate) type ListId = *const u8;

/// Returns the lists in `one` whose elements have another order in `other`, or `None` if the texts differ in more than
/// the order of members and elements. If a list has another order, the lists within it count as reordered, too, because
/// their counterparts in `other` are unknown.
pub(crate) fn reordered_lists(one: &str, other: &str) -> Option<HashSet<ListId>> {
    let mut lists = HashSet::new();
    equal_except_order(one, other, Unordered::MembersAndElements).then(|| {
        add_reordered(one, other, &mut lists);
        lists
    })
}

/// Adds the lists in `one` that have another order in `other`. The texts differ at most in order.
fn add_reordered(one: &str, other: &str, lists: &mut HashSet<ListId>) {
    const UNORDERED: Unordered = Unordered::MembersAndElements;
    if one == other {
        return;
    }
    match (Json::of_valid(one), Json::of_valid(other)) {
        (Json::Array(elements), Json::Array(others)) => {
            let pairs = elements.zip(others);
            if !pairs.clone().all(|(one, other)| equal_except_order(one, other, UNORDERED)) {
                return add_lists(one, lists);
            }
            pairs.for_each(|(one, other)| add_reordered(one, other, lists));
        }
        (Json::Object(members), Json::Object(others)) => {
            let (mut members, mut others): (Vec<_>, Vec<_>) = (members.collect(), others.collect());
            for members in [&mut members, &mut others] {
                members.sort_by_cached_key(|&(key, value)| (key, sorted(value, UNORDERED)));
            }
            for ((_, one), (_, other)) in members.into_iter().zip(others) {
                add_reordered(one, other, lists);
            }
        }
        _ => {}
    }
}

/// Adds all lists in a text.
fn add_lists(text: &str, lists: &mut HashSet<ListId>) {
    match Json::of_valid(text) {
        Json::Array(elements) => {
            lists.insert(text.as_ptr());
            elements.for_each(|element| add_lists(element, lists));
        }
        Json::Object(members) => members.for_each(|(_, value)| add_lists(value, lists)),
        _ => {}
    }
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
    fn reordered_lists_are_found() {
        for (one, other, expected) in [
            ("1", "2", None),
            ("[1, 2]", "[1, 3]", None),
            ("[1, 2]", "[1, 2]", Some(vec![])),
            ("[1, 2]", "[2, 1]", Some(vec![0])),
            (r#"{"a": [1, 2], "b": 3}"#, r#"{"b": 3, "a": [1, 2]}"#, Some(vec![])),
            (r#"{"a": [1, 2], "b": [3, 4]}"#, r#"{"b": [4, 3], "a": [1, 2]}"#, Some(vec![19])),
            // Only the inner list, and then the outer list with the lists within it.
            ("[[1, 2], [3, 4]]", "[[1, 2], [4, 3]]", Some(vec![9])),
            ("[[1, 2], [3, 4]]", "[[4, 3], [1, 2]]", Some(vec![0, 1, 9])),
            (r#"[{"a": [5]}, [3, 4]]"#, r#"[[3, 4], {"a": [5]}]"#, Some(vec![0, 7, 13])),
            // Equal keys.
            (r#"{"a": [1, 2], "a": [3]}"#, r#"{"a": [3], "a": [2, 1]}"#, Some(vec![6])),
        ] {
            let offset = |list: ListId| list as usize - one.as_ptr() as usize;
            let lists = reordered_lists(one, other).map(|lists| {
                let mut offsets: Vec<_> = lists.into_iter().map(offset).collect();
                offsets.sort_unstable();
                offsets
            });
            assert_eq!(lists, expected, "{one} and {other}");
        }
    }
}
