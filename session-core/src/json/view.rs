//! Read access to a JSON text without building a tree.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::{Scanner, unquote, write_f64};
use crate::malformed_record::MalformedRecord;

/// One JSON value, as a view into its text. Numbers and strings keep their spelling.
///
/// `Debug` shows the kind of the value, but no contents.
#[derive(Clone)]
pub enum Json<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The text of a number. Integers can have any size. After [`parse_python`](Self::parse_python), the text can be
    /// `NaN`, `Infinity` or `-Infinity`; see [`parse_constant`](super::parse_constant).
    Number(&'t str),
    /// The text of a string, with quotes and escapes; see [`unquote`](super::unquote).
    String(&'t str),
    /// A list, as an iterator over the text of each element.
    Array(Elements<'t>),
    /// An object, as an iterator over the text of each key, including the quotes, and of each value.
    Object(Members<'t>),
}

impl<'t> Json<'t> {
    /// Parses `text`, which must be a single value.
    ///
    /// # Errors
    /// Returns an error if `text` is not valid JSON, or if it is nested more deeply than
    /// [`MAX_DEPTH`](super::MAX_DEPTH).
    pub fn parse(text: &'t str) -> Result<Self, MalformedRecord> {
        Self::scan(text, Scanner::new(text))
    }

    /// Parses `text` like [`parse`](Self::parse), and accepts NaN and the infinities, which Python's `json` writes
    /// although JSON does not have them. Use it for formats that have these values.
    ///
    /// ```
    /// use session_core::json::{Json, parse_constant};
    ///
    /// let Json::Array(elements) = Json::parse_python("[1, -Infinity]").unwrap() else { panic!() };
    /// let constants: Vec<_> = elements.map(parse_constant).collect();
    /// assert_eq!(constants, [None, Some(f64::NEG_INFINITY)]);
    /// assert!(Json::parse("[1, -Infinity]").is_err());
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`parse`](Self::parse).
    pub fn parse_python(text: &'t str) -> Result<Self, MalformedRecord> {
        Self::scan(text, Scanner::new(text).with_constants())
    }

    fn scan(text: &'t str, mut scanner: Scanner<'t>) -> Result<Self, MalformedRecord> {
        let span = scanner.value()?;
        scanner.end()?;
        Ok(Self::of_valid(&text[span]))
    }

    /// Returns a view of a value whose text the scanner has accepted.
    pub(crate) fn of_valid(text: &'t str) -> Self {
        match text.as_bytes().first() {
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::String(text),
            Some(b'[') => Self::Array(Elements(Cursor::new(text))),
            Some(b'{') => Self::Object(Members(Cursor::new(text))),
            Some(b'-' | b'0'..=b'9' | b'N' | b'I') => Self::Number(text),
            _ => Self::Null,
        }
    }

    /// Returns whether every type that writes `other` gets the same result from reading this value as from reading
    /// `other`. `1` and `1.0` differ, because not every type reads both. If `ordered` is false, types that keep the
    /// order of keys or duplicate keys may still get different results.
    pub(crate) fn reads_like(&self, other: &Self, ordered: bool) -> bool {
        let reads_like = |one: &Self, other: &Self| one.reads_like(other, ordered);
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => reads_like_number(one, other),
            (Self::String(one), Self::String(other)) => equal_strings(one, other),
            (Self::Array(one), Self::Array(other)) => {
                all_pairs(one.clone().values(), other.clone().values(), reads_like)
            }
            (Self::Object(one), Self::Object(other)) if ordered => {
                all_pairs(one.clone().values(), other.clone().values(), |one, other| {
                    equal_strings(one.0, other.0) && reads_like(&one.1, &other.1)
                })
            }
            (Self::Object(one), Self::Object(other)) => {
                let (one, other) = (one.clone().by_name(), other.clone().by_name());
                let equal = |one, other| reads_like(&Json::of_valid(one), &Json::of_valid(other));
                one.len() == other.len()
                    && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| equal(one, other)))
            }
            _ => false,
        }
    }
}

/// Returns whether both iterators have the same number of items, and the items at each position are equal.
fn all_pairs<T>(
    mut one: impl Iterator<Item = T>,
    mut other: impl Iterator<Item = T>,
    equal: impl Fn(&T, &T) -> bool,
) -> bool {
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if equal(&one, &other) => {}
            _ => return false,
        }
    }
}

/// Returns whether reading the number `one` gives the same as reading `other`, for any type that can write `other`.
/// For any type but `i128` and `u128`, serde_json reads integers beyond 64 bits as floats.
///
/// If `other` is a float, but not in Python's spelling, it comes from a type that holds more digits than a float, such
/// as [`serde_json::Number`] with the feature `arbitrary_precision`. Such a type may keep the spelling, so only the
/// same spelling reads alike.
fn reads_like_number(one: &str, other: &str) -> bool {
    let is_read_as_float = is_float(one) || (one.parse::<i64>().is_err() && one.parse::<u64>().is_err());
    let bits = |text: &str| text.parse().map(f64::to_bits).ok();
    one == other || (is_read_as_float && bits(one) == bits(other) && is_repr(other))
}

/// Returns whether a number is a float in the spelling of Python's `repr`, which this crate writes for floats.
fn is_repr(number: &str) -> bool {
    let mut repr = Vec::new();
    if let Some(value) = number.parse().ok().filter(|value: &f64| value.is_finite()) {
        write_f64(&mut repr, value);
    }
    repr == number.as_bytes()
}

fn is_float(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
}

fn equal_strings(one: &str, other: &str) -> bool {
    one == other || unquote(one).is_some_and(|text| unquote(other) == Some(text))
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(..)",
            Self::Number(_) => "Number(..)",
            Self::String(_) => "String(..)",
            Self::Array(_) => "Array(..)",
            Self::Object(_) => "Object(..)",
        })
    }
}

/// A position in a list or an object of valid text. Iteration also stops at an error, which valid text never causes.
#[derive(Clone)]
struct Cursor<'t> {
    text: &'t str,
    pos: usize,
}

impl<'t> Cursor<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, pos: 1 }
    }

    fn next<T>(
        &mut self,
        close: u8,
        item: impl FnOnce(&mut Scanner<'t>) -> Result<T, MalformedRecord>,
    ) -> Option<T> {
        let mut scanner = Scanner::resume(self.text, self.pos).with_constants();
        if scanner.peek()? == close {
            return None;
        }
        let item = item(&mut scanner).ok()?;
        let has_next = scanner.another(close).ok()?;
        self.pos = if has_next { scanner.position() } else { self.text.len() };
        Some(item)
    }
}

/// Iterator over the texts of a list's elements.
#[derive(Clone)]
pub struct Elements<'t>(Cursor<'t>);

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elements(..)")
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.0.text;
        self.0.next(b']', Scanner::value).map(|span| &text[span])
    }
}

impl<'t> Elements<'t> {
    /// Returns an iterator over the elements as values.
    pub fn values(self) -> impl Iterator<Item = Json<'t>> {
        self.map(Json::of_valid)
    }
}

/// Iterator over the members of an object: the text of the key, including the quotes, and the text of the value.
#[derive(Clone)]
pub struct Members<'t>(Cursor<'t>);

impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members(..)")
    }
}

impl<'t> Iterator for Members<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<(&'t str, &'t str)> {
        let text = self.0.text;
        self.0.next(b'}', |scanner| scanner.member(0)).map(|member| (&text[member.key], &text[member.value]))
    }
}

impl<'t> Members<'t> {
    /// Returns an iterator over the members: the text of each key, and each value as a [`Json`].
    pub fn values(self) -> impl Iterator<Item = (&'t str, Json<'t>)> {
        self.map(|(key, value)| (key, Json::of_valid(value)))
    }

    /// Returns the texts of the values by name. As in Python, the last value of a duplicate key counts.
    pub(super) fn by_name(self) -> HashMap<Name<'t>, &'t str> {
        self.map(|(key, value)| (name(key), value)).collect()
    }
}

/// The characters of a key, or its JSON text if it has a lone surrogate.
pub(super) type Name<'t> = Result<Cow<'t, str>, &'t str>;

/// Decodes the JSON text of a key to its name.
pub(super) fn name(key: &str) -> Name<'_> {
    unquote(key).ok_or(key)
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn reads_like(one: &str, other: &str, ordered: bool) -> bool {
        Json::parse(one).unwrap().reads_like(&Json::parse(other).unwrap(), ordered)
    }

    #[test]
    fn values_that_read_alike_are_equal_in_serde_json() {
        for (one, other, expected) in [
            ("1", "1", true),
            ("1.0", "1.0", true),
            ("1.0", "1", false),
            ("1", "1.0", false),
            ("1e0", "1.0", true),
            ("0.00001", "1e-05", true),
            // A type with more digits than a float may have written the second number.
            ("1e-05", "0.00001", false),
            ("1234.123456789012345678", "1234.123456789012345679", false),
            ("1234.123456789012345678", "1234.1234567890124", true),
            ("1e400", "1e401", false),
            ("0.1", "0.2", false),
            ("0.0", "-0.0", false),
            ("18446744073709551615", "1.8446744073709552e+19", false),
            ("18446744073709551616", "1.8446744073709552e+19", true),
            ("-9223372036854775808", "-9.223372036854776e+18", false),
            ("-9223372036854775809", "-9.223372036854776e+18", true),
            // A `u128` writes an integer beyond 64 bits, but cannot be read from a float.
            ("1e20", "100000000000000000000", false),
            ("18446744073709551616", "18446744073709551617", false),
            (r#"[{"a": 1.0}]"#, r#"[{"a": 1}]"#, false),
            (r#"[{"a": 1e0, "b": "\u0061"}]"#, r#"[{"a": 1.0, "b": "a"}]"#, true),
            ("[1e0]", "[1.0, 2.0]", false),
            ("[1e0, 2.0]", "[1.0]", false),
        ] {
            // Compare number types, not `serde_json::Value`: with the feature `arbitrary_precision`, two `Value`s are
            // equal only if the numbers have the same spelling.
            let read = |text: &str| {
                let float = serde_json::from_str(text).map(f64::to_bits).ok();
                (serde_json::from_str::<i64>(text).ok(), serde_json::from_str::<u64>(text).ok(), float)
            };
            for ordered in [true, false] {
                assert_eq!(reads_like(one, other, ordered), expected, "{one} and {other}");
            }
            assert!(!expected || read(one) == read(other), "{one} and {other}");
        }
    }

    /// Regression: the order of keys and duplicate keys did not count.
    #[test]
    fn order_of_keys_counts_if_requested() {
        for (one, other, unordered) in [
            (r#"[{"a": 1e0, "b": 1}]"#, r#"[{"b": 1, "a": 1.0}]"#, true),
            (r#"{"a": {"b": 1, "c": 2}}"#, r#"{"a": {"c": 2, "b": 1}}"#, true),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#, true),
            (r#"{"a": 2}"#, r#"{"a": 1, "a": 2}"#, true),
            (r#"{"a": 1, "b": 2}"#, r#"{"a": 2, "b": 1}"#, false),
        ] {
            assert_eq!(reads_like(one, other, false), unordered, "{one} and {other}");
            assert!(!reads_like(one, other, true), "{one} and {other}");
        }
        assert!(reads_like(r#"{"\u0061": 1e0, "b": 2}"#, r#"{"a": 1.0, "b": 2}"#, true));
    }
}
