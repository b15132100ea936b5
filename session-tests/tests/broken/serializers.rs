//! JSON with mistakes.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{Record, State, Timestamp};
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_tests::serializer;

use crate::must_fail;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mistake {
    None,
    /// The buffer is cleared first.
    Overwrites,
    /// What is behind the value is not looked at.
    IgnoresRest,
    /// Short input is thought to be impossible.
    PanicsOnShort,
    /// Times are whole seconds.
    WholeSeconds,
    /// Both times are the later one.
    LosesCreated,
    /// Integers become floats.
    IntegersAsFloats,
    /// Entries are read and written again, which loses how they were spelled.
    Respells,
}

struct Broken(Mistake);

impl Serializer for Broken {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        JsonSerializer.dumps(value)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        match self.0 {
            Mistake::IgnoresRest => {
                let value = serde_json::Deserializer::from_slice(bytes).into_iter().next();
                value.and_then(Result::ok).ok_or(LoadError::malformed("not JSON"))
            }
            Mistake::PanicsOnShort => {
                assert_ne!(bytes[0], 0);
                JsonSerializer.loads(bytes)
            }
            _ => JsonSerializer.loads(bytes),
        }
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut record = record.clone();
        match self.0 {
            Mistake::Overwrites => out.clear(),
            Mistake::WholeSeconds => record.created = record.created.trunc(),
            Mistake::LosesCreated => record.created = record.accessed,
            _ => {}
        }
        JsonSerializer.dumps_record(&record, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        let mut loaded = match self.0 {
            Mistake::IgnoresRest => Loaded::fresh(self.loads(&bytes)?),
            _ => JsonSerializer.loads_record(bytes)?,
        };
        let respell = match self.0 {
            Mistake::IntegersAsFloats => |text: &str| match text.parse::<f64>() {
                Ok(float) if float.is_finite() => session_core::json::to_string(&float).unwrap(),
                _ => text.to_owned(),
            },
            Mistake::Respells => |text: &str| match serde_json::from_str::<serde_json::Value>(text) {
                Ok(value) => session_core::json::to_string(&value).unwrap(),
                Err(_) => text.to_owned(),
            },
            _ => return Ok(loaded),
        };
        let mut state = State::default();
        for (key, text) in loaded.record.state.iter() {
            state.insert_json(key, respell(text)).unwrap();
        }
        loaded.record.state = state;
        Ok(loaded)
    }
}

#[test]
fn a_right_one_passes() {
    serializer::check(&Broken(Mistake::None));
    serializer::check_lossless(&Broken(Mistake::None));
}

#[test]
fn mistakes_are_caught() {
    use Mistake::*;
    for mistake in [Overwrites, IgnoresRest, PanicsOnShort, WholeSeconds, LosesCreated, IntegersAsFloats] {
        must_fail(mistake, || serializer::check(&Broken(mistake)));
    }
}

#[test]
fn only_a_lossless_one_has_to_keep_the_spelling() {
    serializer::check(&Broken(Mistake::Respells));
    must_fail(Mistake::Respells, || serializer::check_lossless(&Broken(Mistake::Respells)));
}

#[test]
fn the_case_is_the_smallest_one_and_readable() {
    let run = || serializer::records_round_trip(&Broken(Mistake::LosesCreated));
    let panic = std::panic::catch_unwind(run).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(
        message.starts_with("a record through dumps_record and loads_record: it came back as ["),
        "{message}"
    );
    let case = message.split_once("minimal case:\n").unwrap().1.trim();
    let [accessed, created, state] = case.splitn(3, ", ").collect::<Vec<_>>()[..] else { panic!("{case}") };
    assert_eq!(state, "{}]");
    let time = |text: &str| Timestamp::from_secs(text.trim_start_matches('[').parse().unwrap());
    assert_ne!(time(accessed), time(created));
}
