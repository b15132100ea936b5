//! Spells equal JSON values in the same way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Json, unquote};

/// Returns the same text for all spellings of equal values, and different texts for different values. As in Python, `1`
/// equals `1.0`, the order of keys does not count, and the last value of a duplicate key counts. Strings that are not
/// Unicode are equal only if they have the same spelling. `text` must be valid, but it may contain Python's constants.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    match Json::of_valid(text) {
        Json::Null | Json::Bool(_) => Cow::Borrowed(text),
        Json::Number(number) => canonical_number(number),
        Json::String(quoted) => canonical_string(quoted),
        Json::Array(elements) => {
            let elements: Vec<_> = elements.map(canonical).collect();
            Cow::Owned(format!("[{}]", elements.join(",")))
        }
        Json::Object(members) => {
            let members: BTreeMap<_, _> =
                members.map(|(key, value)| (canonical_string(key), canonical(value))).collect();
            let members: Vec<_> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
            Cow::Owned(format!("{{{}}}", members.join(",")))
        }
    }
}

fn canonical_string(quoted: &str) -> Cow<'_, str> {
    if !quoted.contains('\\') {
        return Cow::Borrowed(quoted);
    }
    // serde_json escapes only characters that every spelling has to escape.
    let respelled = unquote(quoted).and_then(|text| serde_json::to_string(&text).ok());
    respelled.map_or(Cow::Borrowed(quoted), Cow::Owned)
}

/// Returns the same text for all spellings of equal numbers, and different texts for different numbers. As in Python,
/// an integer equals a float only if the float's exact value is that integer. `number` must be valid.
fn canonical_number(number: &str) -> Cow<'_, str> {
    if !number.contains(['.', 'e', 'E']) {
        return Cow::Borrowed(if number == "-0" { "0" } else { number });
    }
    match number.parse::<f64>() {
        Ok(0.0) => Cow::Borrowed("0"),
        // `{:.0}` writes all digits. `to_string` writes only as many as are needed to tell floats apart.
        Ok(value) if value.fract() == 0.0 => Cow::Owned(format!("{value:.0}")),
        Ok(value) => Cow::Owned(value.to_string()),
        Err(_) => Cow::Borrowed(number),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn are_equal(one: &str, other: &str) -> bool {
        assert!(Json::parse(one).is_ok() && Json::parse(other).is_ok(), "{one} and {other}");
        canonical(one) == canonical(other)
    }

    #[test]
    fn numbers_are_equal_as_in_python() {
        let mut seen = HashSet::new();
        for equal in [
            &["1", "1.0", "10e-1", "0.1e1"][..],
            &["0", "-0", "0.0", "-0.0", "0e5"],
            &["-12", "-12.0"],
            &["0.1", "1e-1", "0.10"],
            &["0.10000000000000002"],
            &["9007199254740992", "9007199254740992.0", "9007199254740993.0"],
            &["9007199254740993"],
            // The exact value of the float nearest to 10^23, and 10^23 itself.
            &["99999999999999991611392", "1e23", "1e+23"],
            &["100000000000000000000000"],
            &["100000000000000000000", "1e20"],
            &["1e400", "1e401"],
            &["-1e400"],
            &["NaN"],
        ] {
            let canonical = canonical_number(equal[0]);
            assert!(equal.iter().all(|number| canonical_number(number) == canonical), "{equal:?}");
            assert!(seen.insert(canonical), "{equal:?}");
        }
    }

    /// Regression: each key of one object was compared with every key of the other.
    #[test]
    fn large_objects_are_compared_in_linear_time() {
        let object = |keys: &mut dyn Iterator<Item = usize>| {
            let members: Vec<_> = keys.map(|key| format!("\"{key}\": [{key}, {{\"é\": {key}}}]")).collect();
            format!("{{{}}}", members.join(", "))
        };
        // Comparing every pair would take a hundred million comparisons.
        const KEYS: usize = 10_000;
        let forwards = object(&mut (0..KEYS));
        assert!(are_equal(&forwards, &object(&mut (0..KEYS).rev())));
        assert!(!are_equal(&forwards, &object(&mut (1..=KEYS))));
        assert!(!are_equal(&forwards, &object(&mut (1..KEYS))));
    }

    #[test]
    fn spellings_of_string_are_equal() {
        for (one, other, expected) in [
            (r#""Gr\u00fc\u00dfe""#, r#""Gr\u00FCße""#, true),
            (r#""\/\"\\\n\u0041""#, r#""/\u0022\u005c\u000aA""#, true),
            (r#""\u007f\ud83d\ude00""#, "\"\u{7f}😀\"", true),
            (r#""\n""#, r#""\\n""#, false),
            (r#"["a", "b"]"#, r#"["a\", \"b"]"#, false),
            (r#"["a","b"]"#, r#"["a\",\"b"]"#, false),
            (r#""1""#, "1", false),
            (r#""null""#, "null", false),
            (r#"{"a":"b"}"#, r#"{"a\":\"b":1}"#, false),
            (r#"[ "\ud800" ]"#, r#"["\ud800"]"#, true),
            (r#""\ud800""#, r#""\uD800""#, false),
        ] {
            assert_eq!(are_equal(one, other), expected, "{one} and {other}");
        }
    }

    /// Regression: an object with the keys `a` and `a` was equal to an object with the keys `a` and `b`.
    #[test]
    fn last_value_of_duplicate_key_is_compared() {
        for (one, other, expected) in [
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#, true),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 1}"#, false),
            (r#"{"a": 1, "a": 1}"#, r#"{"a": 1, "b": 2}"#, false),
            (r#"{"a": 1, "b": 2, "\u0061": 3}"#, r#"{"b": 2.0, "a": 3}"#, true),
            (r#"{"\ud800": 1}"#, r#"{"\ud800": 1}"#, true),
            (r#"{"\ud800": 1}"#, r#"{"\ud801": 1}"#, false),
            (r#"{"\ud800": 1}"#, r#"{"\\ud800": 1}"#, false),
            (r#"{"a": {"b": null}}"#, r#"{"a": {"b": false}}"#, false),
            ("{}", "{}", true),
            ("{}", "[]", false),
        ] {
            assert_eq!(are_equal(one, other), expected, "{one} and {other}");
        }
    }
}
