//! Canonical JSON text, to compare values regardless of their spelling.

use std::collections::BTreeMap;

use session_core::json::{self, Json};

/// Returns the same text for all JSON texts of one value. Floats and strings are spelled as Python spells them,
/// integers keep all digits, and the members of objects are sorted by key. An integer and a float are different values.
/// Numbers out of the range of floats keep their spelling.
pub(crate) fn canonical(text: &str) -> String {
    // A serializer may keep a text that is not JSON, if another program wrote it. Such a text is returned unchanged.
    Json::parse(text).map_or_else(|_| text.to_owned(), |value| of(&value))
}

fn of(value: &Json<'_>) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => number(text),
        Json::String(quoted) => string(quoted),
        Json::Array(elements) => {
            let elements: Vec<_> = elements.clone().values().map(|element| of(&element)).collect();
            format!("[{}]", elements.join(", "))
        }
        Json::Object(members) => {
            // If members have the same name, the last one counts.
            let members: BTreeMap<_, _> =
                members.clone().values().map(|(key, value)| (string(key), of(&value))).collect();
            let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

fn number(text: &str) -> String {
    if text == "-0" {
        return "0".to_owned();
    }
    if !text.contains(['.', 'e', 'E']) {
        return text.to_owned();
    }
    // A number out of the range of floats is returned as it was written.
    text.parse::<f64>().ok().and_then(|float| json::to_string(&float).ok()).unwrap_or_else(|| text.to_owned())
}

/// Returns the same text for all spellings of a JSON string. A string with a lone surrogate is not valid Unicode, so
/// the returned text is a list of its UTF-16 code units.
fn string(quoted: &str) -> String {
    match json::unquote(quoted) {
        Some(text) => json::to_string(&*text).unwrap_or_default(),
        None => format!("{:x?}", code_units(quoted)),
    }
}

/// Returns the UTF-16 code units of a JSON string. Unlike UTF-8, UTF-16 code units can hold lone surrogates.
fn code_units(quoted: &str) -> Vec<u16> {
    let mut units = Vec::new();
    let mut rest = &quoted[1..quoted.len() - 1];
    while let Some(first) = rest.chars().next() {
        let len = match rest.as_bytes() {
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            _ => first.len_utf8(),
        };
        let (one, after) = rest.split_at(len);
        match u16::from_str_radix(one.trim_start_matches("\\u"), 16) {
            Ok(unit) if len == 6 => units.push(unit),
            _ => {
                let one = json::unquote(&format!("\"{one}\"")).unwrap_or_default().into_owned();
                units.extend(one.encode_utf16());
            }
        }
        rest = after;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn spellings_of_same_value_have_same_text() {
        for (one, other) in [
            ("1E5", "100000.0"),
            ("-0", "0"),
            (r#""\u0041\/""#, r#""A/""#),
            (r#""\uD800\n\u0041é""#, r#""\ud800\u000aA\u00e9""#),
            (r#"{"b":1, "a":[ ]}"#, r#"{"a": [], "b": 1}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"\u0061": 2}"#),
        ] {
            assert_eq!(canonical(one), canonical(other));
        }
    }

    #[test]
    fn different_values_have_different_texts() {
        for (one, other) in [
            ("1", "1.0"),
            ("0.0", "-0.0"),
            ("123456789012345678901234567890", "123456789012345678901234567891"),
            ("1e999", "2e999"),
            (r#""\ud800""#, r#""\ufffd""#),
            ("null", r#""null""#),
            ("[1, 2]", "[2, 1]"),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 1}"#),
        ] {
            assert_ne!(canonical(one), canonical(other));
        }
    }
}
