//! Compares JSON texts that may differ in the order of their parts.

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
}
