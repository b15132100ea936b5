//! The error for malformed records, states and JSON values.

use std::fmt;

/// Error returned when a text is not what the called function parses: a record, a state or a JSON value. A record is
/// the JSON list `[accessed, created, state]`.
///
/// Possible reasons: the text is not UTF-8, not JSON, too large or nested too deeply; the record is not a list of three
/// elements; a time is not a finite number; the state is not an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedRecord(pub(crate) Kind);

/// The reason for a [`MalformedRecord`]. The type takes one byte, because the scanner returns it in a `Result` for each
/// token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotUtf8,
    NotJson,
    NotAListOfThree,
    TooDeep,
    TooLarge,
    NotAnObject,
    NotANumber,
    NotFinite,
}

impl fmt::Display for MalformedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::NotUtf8 => "not UTF-8",
            Kind::NotJson => "invalid JSON",
            Kind::NotAListOfThree => "not a list of three elements",
            Kind::TooDeep => "nested too deeply",
            Kind::TooLarge => "too large",
            Kind::NotAnObject => "the state is not an object",
            Kind::NotANumber => "a time is not a number",
            Kind::NotFinite => "a time is not finite",
        })
    }
}

impl std::error::Error for MalformedRecord {}
