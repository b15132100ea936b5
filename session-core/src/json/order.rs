//! Compares JSON texts that may differ in the order of their parts.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Json;

/// A list in a text, identified by the address of its first character.
pub(crate) type ListId = *const u8;

/// Returns the lists in `one` whose elements have another order in `other`, or `None` if the texts differ in more than
/// the order of members and elements. Both texts must be valid and have the same separators. Numbers and strings must
/// have the same spelling. If a list has another order, the lists within it count as reordered, too, because their
/// counterparts in `other` are unknown.
pub(crate) fn reordered_lists(one: &str, other: &str) -> Option<HashSet<ListId>> {
    let mut lists = HashSet::new();
    if one != other {
        if one.len() != other.len() {
            return None;
        }
        let (one, other) = (Part::new("", one), Part::new("", other));
        if one.sorted != other.sorted {
            return None;
        }
        add_reordered(&one, &other, &mut lists);
    }
    Some(lists)
}

/// Adds the lists in `one` that have another order in `other`. The parts differ at most in order.
fn add_reordered(one: &Part<'_>, other: &Part<'_>, lists: &mut HashSet<ListId>) {
    if one.text == other.text {
        return;
    }
    let pairs = one.parts.iter().zip(&other.parts);
    if one.is_list() && !pairs.clone().all(|(one, other)| one.sorted == other.sorted) {
        return add_lists(one, lists);
    }
    pairs.for_each(|(one, other)| add_reordered(one, other, lists));
}

/// Adds all lists in a part.
fn add_lists(part: &Part<'_>, lists: &mut HashSet<ListId>) {
    if part.is_list() {
        lists.insert(part.text.as_ptr());
    }
    part.parts.iter().for_each(|part| add_lists(part, lists));
}

/// A value in a JSON text.
struct Part<'t> {
    /// The key of a member. Empty if the value is not a member.
    key: &'t str,
    text: &'t str,
    /// The text with its members and elements in a fixed order. Computed once for each part, from those of the inner
    /// parts.
    sorted: Cow<'t, str>,
    /// The elements of a list in the order of the text, or the members of an object in a fixed order.
    parts: Vec<Self>,
}

impl<'t> Part<'t> {
    fn new(key: &'t str, text: &'t str) -> Self {
        let (sorted, parts) = match Json::of_valid(text) {
            Json::Array(elements) => {
                let parts: Vec<_> = elements.map(|element| Self::new("", element)).collect();
                let mut sorted: Vec<_> = parts.iter().map(|part| &*part.sorted).collect();
                sorted.sort_unstable();
                (format!("[{}]", sorted.join(", ")).into(), parts)
            }
            Json::Object(members) => {
                let mut parts: Vec<_> = members.map(|(key, value)| Self::new(key, value)).collect();
                parts.sort_by(|one, other| (one.key, &one.sorted).cmp(&(other.key, &other.sorted)));
                let sorted: Vec<_> =
                    parts.iter().map(|part| format!("{}: {}", part.key, part.sorted)).collect();
                (format!("{{{}}}", sorted.join(", ")).into(), parts)
            }
            _ => (Cow::Borrowed(text), Vec::new()),
        };
        #[cfg(test)]
        tests::SORTED.set(tests::SORTED.get() + 1);
        Self { key, text, sorted, parts }
    }

    fn is_list(&self) -> bool {
        self.text.starts_with('[')
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// The number of values that were sorted on this thread.
        pub(super) static SORTED: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn reordered_lists_are_found() {
        for (one, other, expected) in [
            ("1", "1", Some(vec![])),
            ("1", "2", None),
            ("12", "21", None),
            ("{}", "[]", None),
            ("[1, 2]", "[1, 3]", None),
            ("[1, 2]", "[1, 2]", Some(vec![])),
            ("[1, 2]", "[2, 1]", Some(vec![0])),
            ("[1, 1, 2]", "[1, 2, 2]", None),
            ("[1, [2]]", "[[1], 2]", None),
            (r#"["a", "b, c"]"#, r#"["a, b", "c"]"#, None),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, Some(vec![])),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 1, "a": 2}"#, None),
            (r#"{"a": {"b": 1, "c": [2, 3]}}"#, r#"{"a": {"c": [2, 3], "b": 1}}"#, Some(vec![])),
            (r#"[{"b": 1, "c": [2, 3]}]"#, r#"[{"c": [3, 2], "b": 1}]"#, Some(vec![15])),
            (r#"{"a": [1, 2], "b": 3}"#, r#"{"b": 3, "a": [1, 2]}"#, Some(vec![])),
            (r#"{"a": [1, 2], "b": [3, 4]}"#, r#"{"b": [4, 3], "a": [1, 2]}"#, Some(vec![19])),
            // Only the inner list, and then the outer list with the lists within it.
            ("[[1, 2], [3, 4]]", "[[1, 2], [4, 3]]", Some(vec![9])),
            ("[[1, 2], [3, 4]]", "[[4, 3], [1, 2]]", Some(vec![0, 1, 9])),
            (r#"[{"a": [5]}, [3, 4]]"#, r#"[[3, 4], {"a": [5]}]"#, Some(vec![0, 7, 13])),
            // Equal keys.
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2, "a": 1}"#, Some(vec![])),
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

    /// Regression: at each level, all values within were sorted again, so the time grew with about the cube of the
    /// depth.
    #[test]
    fn each_value_is_sorted_once() {
        let nested = |(open, close): (&str, &str)| format!("{}[1, 2]{}", open.repeat(40), close.repeat(40));
        for [one, other] in [
            [(r#"{"a": 1, "b": "#, "}"), (r#"{"b": "#, r#", "a": 1}"#)],
            [(r#"[{"a": 1, "b": "#, "}]"), (r#"[{"b": "#, r#", "a": 1}]"#)],
        ] {
            let (one, other) = (nested(one), nested(other));
            let values = one.matches(['[', '{', '1', '2']).count();
            SORTED.set(0);
            assert_eq!(reordered_lists(&one, &other), Some(HashSet::new()));
            assert_eq!(SORTED.get(), 2 * values);
        }
    }
}
