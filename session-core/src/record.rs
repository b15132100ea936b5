//! The record of a session, and its JSON text.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeTuple;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::entry::Entry;
use crate::error::EntryError;
use crate::json::{self, Json, Scanner};
use crate::malformed_record::{Kind, MalformedRecord};
use crate::state::State;
use crate::timestamp::Timestamp;

/// The data of a session, as a cookie or a store holds it: `[accessed, created, state]`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Record {
    /// The time of the last recorded access: Pyramid's `renewed`.
    pub accessed: Timestamp,
    /// The time when the session began.
    pub created: Timestamp,
    /// The entries of the session.
    pub state: State,
}

impl Record {
    /// Creates a record from its parts.
    pub fn new(accessed: Timestamp, created: Timestamp, state: State) -> Self {
        Self { accessed, created, state }
    }

    /// Reads the JSON text of a record, without decoding the entries of the state.
    ///
    /// The values are not checked completely; see [`State::from_json`]. A value can be `NaN`, `Infinity` or
    /// `-Infinity`, which Python writes and [`State::get`] reads as a float. For any other value that is invalid JSON,
    /// `get` returns an error.
    ///
    /// # Errors
    /// Returns an error if the text is not UTF-8, is not a JSON list of three, is 4 GiB or larger, or is nested more
    /// deeply than [`json::MAX_DEPTH`]. Also returns an error if a time is not a finite number, or if the state is not
    /// an object.
    ///
    /// ```
    /// use session_core::Record;
    ///
    /// let record = Record::from_json(br#"[1700000000, 1699999000.5, {"a": 1}]"#.to_vec()).unwrap();
    /// assert_eq!(record.created.as_secs(), 1_699_999_000.5);
    /// assert_eq!(record.state.get::<u8>("a").unwrap(), Some(1));
    /// assert!(Record::from_json(br#"[NaN, 1699999000.5, {}]"#.to_vec()).is_err());
    /// ```
    pub fn from_json(text: Vec<u8>) -> Result<Self, MalformedRecord> {
        let text = String::from_utf8(text).map_err(|_| MalformedRecord(Kind::NotUtf8))?;
        let (accessed, created, entries) = scan(&text).map_err(|error| record_error(&text, error))?;
        Ok(Self { accessed, created, state: State::from_parts(text, entries) })
    }

    /// Returns the maximum length of the record's JSON text in bytes, not counting [`Foreign`](crate::Foreign) keys and
    /// values.
    pub fn json_capacity(&self) -> usize {
        // The brackets, two separators, and two floats of at most 24 characters.
        const WITHOUT_STATE: usize = 54;
        WITHOUT_STATE + self.state.json_len()
    }

    /// Appends the JSON text of the record to `out`, as Pyramid writes it. The time of access is an integer if
    /// [`Timestamp::as_whole_secs`] returns `Some`, and otherwise a float. The time of creation is always a float.
    ///
    /// # Errors
    /// Returns the same errors as [`State::to_json`]. After an error, `out` ends with a part of the text.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EntryError> {
        self.write_times(out, b", ");
        self.state.write_json(out)?;
        out.push(b']');
        Ok(())
    }

    /// Appends the JSON text of the record to `out`, with the state written by [`State::write_compact_json`]. The text
    /// is never longer than the text that [`write_json`](Self::write_json) appends.
    ///
    /// # Errors
    /// Returns the same errors as [`State::to_json`]. After an error, `out` ends with a part of the text.
    pub fn write_compact_json(&self, out: &mut Vec<u8>) -> Result<(), EntryError> {
        self.write_times(out, b",");
        self.state.write_compact_json(out)?;
        out.push(b']');
        Ok(())
    }

    /// Appends the opening bracket and the times.
    fn write_times(&self, out: &mut Vec<u8>, separator: &[u8]) {
        out.reserve(self.json_capacity());
        out.push(b'[');
        match self.accessed.as_whole_secs() {
            Some(secs) => out.extend_from_slice(itoa::Buffer::new().format(secs).as_bytes()),
            None => json::write_f64(out, self.accessed.as_secs()),
        }
        out.extend_from_slice(separator);
        json::write_f64(out, self.created.as_secs());
        out.extend_from_slice(separator);
    }
}

#[inline(always)]
fn scan(text: &str) -> Result<(Timestamp, Timestamp, Vec<Entry>), MalformedRecord> {
    let mut scanner = Scanner::new(text);
    scanner.expect(b'[')?;
    let accessed = time(text, &mut scanner)?;
    scanner.expect(b',')?;
    let created = time(text, &mut scanner)?;
    scanner.expect(b',')?;
    let entries = Entry::scan_all(text, &mut scanner)?;
    scanner.expect(b']')?;
    scanner.end()?;
    Ok((accessed, created, entries))
}

/// Returns the error for a text that the scan rejected with `error`. If `error` is a syntax error although the text is
/// valid JSON, the returned error says that the text is not a list of three.
#[cold]
fn record_error(text: &str, error: MalformedRecord) -> MalformedRecord {
    match error {
        MalformedRecord(Kind::NotJson) if Json::parse(text).is_ok() => MalformedRecord(Kind::NotAListOfThree),
        _ => error,
    }
}

fn time(text: &str, scanner: &mut Scanner<'_>) -> Result<Timestamp, MalformedRecord> {
    scanner.peek();
    let start = scanner.position();
    let secs = scanner.float().map_err(|error| time_error(text, start).unwrap_or(error))?;
    Timestamp::from_secs(secs).ok_or(MalformedRecord(Kind::NotFinite))
}

/// Returns the error for a time at `start` that is not a finite number. Returns `None` if the scanner
/// does not accept the text at `start` as a value.
#[cold]
fn time_error(text: &str, start: usize) -> Option<MalformedRecord> {
    // Python's `json` writes floats that are not finite as these words.
    let is_constant = |constant: &&str| text[start..].starts_with(constant);
    if ["NaN", "Infinity", "-Infinity"].iter().any(is_constant) {
        return Some(MalformedRecord(Kind::NotFinite));
    }
    Scanner::resume(text, start).value().ok().map(|_| MalformedRecord(Kind::NotANumber))
}

/// Serializes the record as a tuple of two numbers and a map, for any format.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(3)?;
        tuple.serialize_element(&self.accessed)?;
        tuple.serialize_element(&self.created.as_secs())?;
        tuple.serialize_element(&self.state)?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;

        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = Record;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[accessed, created, state]")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Record, A::Error> {
                let missing = |at| de::Error::invalid_length(at, &self);
                let accessed = seq.next_element()?.ok_or_else(|| missing(0))?;
                let created = seq.next_element()?.ok_or_else(|| missing(1))?;
                let state = seq.next_element()?.ok_or_else(|| missing(2))?;
                if seq.next_element::<de::IgnoredAny>()?.is_some() {
                    return Err(missing(4));
                }
                Ok(Record { accessed, created, state })
            }
        }

        deserializer.deserialize_tuple(3, RecordVisitor)
    }
}
