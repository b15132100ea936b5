//! [proptest](https://docs.rs/proptest) strategies for the contents of a session.

use std::fmt;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::string::string_regex;
use serde_json::Value;
use session_core::{EntryRef, Record, State, Timestamp, json};

use crate::canonical::canonical;

/// Generates text of any kind: names, quotes, letters of different alphabets, control characters, the empty string.
pub fn text() -> impl Strategy<Value = String> {
    let odd = "\0\n\r\t\u{1b}\"'\\/ \u{7f}\u{80}é€漢🎉\u{301}\u{2028}\u{feff}\u{ffff}";
    let odd: Vec<char> = odd.chars().collect();
    prop_oneof![
        2 => regex("[a-z_]{0,8}"),
        1 => regex(".{0,12}"),
        1 => vec(select(odd), 0..6).prop_map(String::from_iter),
    ]
}

/// Generates finite floats: round ones, tiny ones, huge ones and any others.
pub fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        (-4000_i32..4000).prop_map(|quarters| f64::from(quarters) / 4.0),
        select(vec![0.1, -0.0, 1e-5, 1e-4, 1e15, 1e16, 5e-324, f64::MAX, f64::MIN]),
        any::<f64>().prop_filter("finite", |float| float.is_finite()),
    ]
}

/// Generates values of entries: any JSON, with integers of up to 64 bits and finite floats.
pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-300_i64..300).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let leaf = leaf.boxed();
    let nested = leaf.clone().prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((text(), inner), 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    prop_oneof![leaf, nested]
}

/// Generates JSON text, including unusual forms that RFC 8259 allows: integers of up to 41 digits, floats out of range,
/// needless escapes, lone surrogates, white space, repeated member names. The text does not start or end with white
/// space.
pub fn json_text() -> impl Strategy<Value = String> {
    let number = regex("-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?");
    let string = regex("\"([ -!#-\\[\\]-~é€🎉]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,6}\"");
    let literal = select(vec!["null", "true", "false"]).prop_map(str::to_owned);
    let leaf = prop_oneof![number, string.clone(), literal].boxed();
    let space = regex("[ \t\r\n]{0,2}");
    let key = prop_oneof![string, Just("\"a\"".to_owned())].boxed();
    let nested = leaf.clone().prop_recursive(4, 24, 5, move |inner| {
        let space = || space.clone();
        let element =
            (space(), inner.clone(), space()).prop_map(|(before, value, after)| before + &value + &after);
        let member = (space(), key.clone(), space(), space(), inner, space())
            .prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
        prop_oneof![
            vec(element, 0..5).prop_map(|elements| format!("[{}]", elements.join(","))),
            vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    prop_oneof![leaf, nested]
}

/// Returns a strategy that generates texts that match `pattern`. The pattern is parsed only once. If the `&str` itself
/// were the strategy, proptest would parse it for each text.
pub(crate) fn regex(pattern: &str) -> BoxedStrategy<String> {
    match string_regex(pattern) {
        Ok(strategy) => strategy.boxed(),
        Err(error) => panic!("{pattern}: {error}"),
    }
}

/// Generates times: recent times and any others, in whole seconds and with fractions.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    let secs = prop_oneof![
        (1_500_000_000_u32..2_000_000_000).prop_map(f64::from),
        (1.5e9..2e9).prop_map(|secs: f64| secs),
        float(),
    ];
    secs.prop_map(|secs| Timestamp::from_secs(secs).unwrap_or_default())
}

/// Generates records whose values come from [`value`]. The values are spelled as [`State::insert`] spells them.
pub fn record() -> impl Strategy<Value = PlainRecord> {
    let entry = (text(), value()).prop_map(|(key, value)| (key, json::to_string(&value).unwrap_or_default()));
    record_of(entry)
}

/// Generates records whose values are texts from [`json_text`]. The texts can have escapes and white space that the
/// tested serializer itself would not write.
pub fn spelled_record() -> impl Strategy<Value = PlainRecord> {
    record_of((text(), json_text()))
}

fn record_of(entry: impl Strategy<Value = (String, String)>) -> impl Strategy<Value = PlainRecord> {
    (timestamp(), timestamp(), vec(entry, 0..6)).prop_map(|(accessed, created, mut entries)| {
        let mut keys = std::collections::HashSet::new();
        entries.retain(|(key, _)| keys.insert(key.clone()));
        PlainRecord { accessed, created, entries }
    })
}

/// The contents of a [`Record`]. `Debug` shows the values of the entries here, but hides them in a `Record`.
#[derive(Clone, PartialEq)]
pub struct PlainRecord {
    /// See [`Record::accessed`].
    pub accessed: Timestamp,
    /// See [`Record::created`].
    pub created: Timestamp,
    /// The entries in order: each key, and the JSON text of its value. If JSON cannot hold an entry that another
    /// program wrote, the text of the error takes the place of the JSON text.
    pub entries: Vec<(String, String)>,
}

impl PlainRecord {
    /// Converts this to a [`Record`].
    ///
    /// # Panics
    /// Panics if a value is not valid JSON.
    pub fn to_record(&self) -> Record {
        let mut state = State::default();
        for (key, text) in &self.entries {
            state.insert_json(key, text.clone()).unwrap_or_else(|error| panic!("{error}: {text}"));
        }
        Record::new(self.accessed, self.created, state)
    }

    /// Returns a form of the record for comparison. Records with equal values have equal forms, even if their JSON
    /// texts differ. A `created` of -0.0 and one of 0.0 have different forms, although `==` finds them equal.
    pub(crate) fn canonical(&self) -> (Timestamp, u64, Vec<(&str, String)>) {
        let entries = self.entries.iter().map(|(key, text)| (key.as_str(), canonical(text))).collect();
        (self.accessed, self.created.as_secs().to_bits(), entries)
    }
}

impl From<&Record> for PlainRecord {
    fn from(record: &Record) -> Self {
        let value = |entry: EntryRef<'_>| match entry.json() {
            Ok((_, text)) => text.to_owned(),
            Err(error) => error.to_string(),
        };
        let entries = record.state.entries().map(|entry| (entry.name().to_owned(), value(entry))).collect();
        Self { accessed: record.accessed, created: record.created, entries }
    }
}

/// Shows the record as a list of its times and its state, as Pyramid writes it into the cookie.
impl fmt::Debug for PlainRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}, {{", self.accessed, self.created)?;
        for (i, (key, text)) in self.entries.iter().enumerate() {
            write!(f, "{}{key:?}: {text}", if i == 0 { "" } else { ", " })?;
        }
        f.write_str("}]")
    }
}
