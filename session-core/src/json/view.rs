use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::{Scanner, unquote};
use crate::error::MalformedRecord;

/// One JSON value, seen in its text. Numbers and strings stay as they are spelled.
///
/// `Debug` says what kind of a value it is, and nothing of what is in it.
#[derive(Clone)]
pub enum Json<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number: integers have no bounds.
    Number(&'t str),
    /// A string with its quotes and escapes; see [`unquote`](super::unquote).
    String(&'t str),
    /// The text of each element.
    Array(Elements<'t>),
    /// The text of each key, with its quotes, and of each value.
    Object(Members<'t>),
}

impl<'t> Json<'t> {
    /// Looks at one value, which has to be the whole of `text`.
    ///
    /// # Errors
    /// If `text` is not valid JSON, or nested more deeply than [`MAX_DEPTH`](super::MAX_DEPTH).
    pub fn parse(text: &'t str) -> Result<Self, MalformedRecord> {
        let mut scanner = Scanner::new(text);
        let span = scanner.value()?;
        scanner.end()?;
        Ok(Self::of_valid(&text[span]))
    }

    /// Looks at a value whose text the scanner has accepted before.
    pub(crate) fn of_valid(text: &'t str) -> Self {
        match text.as_bytes().first() {
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::String(text),
            Some(b'[') => Self::Array(Elements(Walk::new(text))),
            Some(b'{') => Self::Object(Members(Walk::new(text))),
            Some(b'-' | b'0'..=b'9') => Self::Number(text),
            _ => Self::Null,
        }
    }

    /// Do two values mean the same, however they are spelled? As in Python, `1` and `1.0` do.
    pub(crate) fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => same_number(one, other),
            (Self::String(one), Self::String(other)) => same_string(one, other),
            (Self::Array(one), Self::Array(other)) => {
                one.clone().count() == other.clone().count()
                    && one.clone().values().zip(other.clone().values()).all(|(one, other)| one.means(&other))
            }
            (Self::Object(one), Self::Object(other)) => {
                let (one, other) = (one.clone().by_key(), other.clone().by_key());
                one.len() == other.len()
                    && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| one.means(other)))
            }
            _ => false,
        }
    }
}

/// Integers are compared digit by digit: as floats, two large ones can be one.
fn same_number(one: &str, other: &str) -> bool {
    let is_float = |text: &str| text.contains(['.', 'e', 'E']);
    one == other
        || ((is_float(one) || is_float(other)) && one.parse::<f64>().ok() == other.parse::<f64>().ok())
}

fn same_string(one: &str, other: &str) -> bool {
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

/// A place between two brackets of a text that is known to be valid, so that any error is the end.
#[derive(Clone)]
struct Walk<'t> {
    text: &'t str,
    pos: usize,
}

impl<'t> Walk<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, pos: 1 }
    }

    fn step<T>(
        &mut self,
        close: u8,
        item: impl FnOnce(&mut Scanner<'t>) -> Result<T, MalformedRecord>,
    ) -> Option<T> {
        let mut scanner = Scanner::resume(self.text, self.pos);
        if scanner.peek()? == close {
            return None;
        }
        let item = item(&mut scanner).ok()?;
        let more = scanner.another(close).ok()?;
        self.pos = if more { scanner.position() } else { self.text.len() };
        Some(item)
    }
}

/// The elements of a list, each as its text.
#[derive(Clone)]
pub struct Elements<'t>(Walk<'t>);

impl fmt::Debug for Elements<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elements(..)")
    }
}

impl<'t> Iterator for Elements<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.0.text;
        self.0.step(b']', Scanner::value).map(|span| &text[span])
    }
}

impl<'t> Elements<'t> {
    /// Looks at each element in turn.
    pub fn values(self) -> impl Iterator<Item = Json<'t>> {
        self.map(Json::of_valid)
    }
}

/// The members of an object, each as the text of its key, quotes included, and of its value.
#[derive(Clone)]
pub struct Members<'t>(Walk<'t>);

impl fmt::Debug for Members<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Members(..)")
    }
}

impl<'t> Iterator for Members<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<(&'t str, &'t str)> {
        let text = self.0.text;
        self.0.step(b'}', |scanner| scanner.member(0)).map(|member| (&text[member.key], &text[member.value]))
    }
}

impl<'t> Members<'t> {
    /// Looks at each member's value in turn.
    pub fn values(self) -> impl Iterator<Item = (&'t str, Json<'t>)> {
        self.map(|(key, value)| (key, Json::of_valid(value)))
    }

    /// Returns the value of each key. As in Python, the last value of a doubled key is the one that counts. A key that
    /// is not Unicode is known by its spelling.
    fn by_key(self) -> HashMap<Result<Cow<'t, str>, &'t str>, Json<'t>> {
        self.values().map(|(key, value)| (unquote(key).ok_or(key), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn mean_the_same(one: &str, other: &str) -> bool {
        let means = |one: &str, other: &str| Json::parse(one).unwrap().means(&Json::parse(other).unwrap());
        assert_eq!(means(one, other), means(other, one), "{one} and {other}");
        means(one, other)
    }

    /// Fault: each key of one object was compared with those of the other, one by one.
    #[test]
    fn keys_of_objects_are_looked_up() {
        let object = |keys: &mut dyn Iterator<Item = usize>| {
            let members: Vec<_> = keys.map(|key| format!("\"{key}\": [{key}, {{\"é\": {key}}}]")).collect();
            format!("{{{}}}", members.join(", "))
        };
        // Compared one by one, a hundred million pairs.
        const KEYS: usize = 10_000;
        let forwards = object(&mut (0..KEYS));
        assert!(mean_the_same(&forwards, &object(&mut (0..KEYS).rev())));
        assert!(!mean_the_same(&forwards, &object(&mut (1..=KEYS))));
        assert!(!mean_the_same(&forwards, &object(&mut (1..KEYS))));
    }

    /// Fault: an object with a doubled key meant the same as one with another key in its place.
    #[test]
    fn last_value_of_doubled_key_is_compared() {
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
            assert_eq!(mean_the_same(one, other), expected, "{one} and {other}");
        }
    }
}
