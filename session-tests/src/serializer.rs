//! What a [`Serializer`] has to do.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use session_core::Record;
use session_serde::Serializer;

use crate::run::{Outcome, bytes, fail, property};
use crate::strategies::{self, PlainRecord};

/// Checks all that has to be true of any serializer.
///
/// # Panics
/// If something is not, with the smallest case that was found.
pub fn check(serializer: &impl Serializer) {
    crate::__serializer_properties!(__all, serializer, serializer);
}

/// Checks what is true, in addition, of a serializer that leaves untouched entries alone, byte for byte, as
/// `JsonSerializer` does and a decorator around it should.
///
/// # Panics
/// As [`check`].
pub fn check_lossless(serializer: &impl Serializer) {
    crate::__lossless_serializer_properties!(__all, serializer, serializer);
}

/// `loads` gives back the value that `dumps` was given: structs, enums, options, maps, numbers to the last bit.
pub fn values_round_trip(serializer: &impl Serializer) {
    property("a value through dumps and loads", 1.0, sample(), |sample| {
        let bytes = serializer.dumps(&sample).map_err(|error| fail(format!("dumps: {error}")))?;
        let back = serializer.loads::<Sample>(&bytes).map_err(|error| fail(format!("loads: {error}")))?;
        prop_assert_eq!(back, sample);
        Ok(())
    });
    property("JSON through dumps and loads", 1.0, strategies::value(), |value| {
        let bytes = serializer.dumps(&value).map_err(|error| fail(format!("dumps: {error}")))?;
        let back = serializer.loads::<Value>(&bytes).map_err(|error| fail(format!("loads: {error}")))?;
        // As text, where -0.0 is not 0.0 and 1.0 is not 1.
        prop_assert_eq!(back.to_string(), value.to_string());
        Ok(())
    });
}

/// `loads_record` gives back the record that `dumps_record` was given.
pub fn records_round_trip(serializer: &impl Serializer) {
    property("a record through dumps_record and loads_record", 1.0, strategies::record(), |record| {
        let bytes = dump(serializer, &record)?;
        same_record(&load(serializer, &bytes)?, &record)
    });
}

/// `dumps_record` appends: what is in the buffer before stays.
pub fn records_are_appended(serializer: &impl Serializer) {
    let case = (strategies::record(), bytes("in the buffer", 0..20));
    property("dumps_record into a buffer that is in use", 0.25, case, |(record, before)| {
        let mut out = before.to_vec();
        serializer
            .dumps_record(&record.to_record(), &mut out)
            .map_err(|error| fail(format!("dumps_record: {error}")))?;
        prop_assert!(
            out.starts_with(&before),
            "what was in the buffer is gone: {:?} is now {:?}",
            before,
            out
        );
        same_record(&load(serializer, &out[before.len()..])?, &record)
    });
}

/// A record is a value like any other: `loads` reads what `dumps_record` wrote, `loads_record` what `dumps` wrote.
pub fn records_are_plain_values(serializer: &impl Serializer) {
    property("a record through dumps_record and loads", 0.5, strategies::record(), |record| {
        let bytes = dump(serializer, &record)?;
        let back = serializer.loads::<Record>(&bytes).map_err(|error| fail(format!("loads: {error}")))?;
        same_record(&PlainRecord::from(&back), &record)
    });
    property("a record through dumps and loads_record", 0.5, strategies::record(), |record| {
        let bytes = serializer.dumps(&record.to_record()).map_err(|error| fail(format!("dumps: {error}")))?;
        same_record(&load(serializer, &bytes)?, &record)
    });
}

/// `loads` and `loads_record` take all bytes or none: a record with another behind it is an error.
pub fn nothing_may_follow(serializer: &impl Serializer) {
    property("a record behind a record", 0.25, strategies::record(), |record| {
        let mut bytes = dump(serializer, &record)?;
        bytes.extend_from_within(..);
        prop_assert!(serializer.loads_record(Cow::Borrowed(&bytes)).is_err(), "loads_record takes it");
        prop_assert!(serializer.loads::<Record>(&bytes).is_err(), "loads takes it");
        Ok(())
    });
}

/// Whatever happens to the bytes on their way: cut off, changed, with more in between. It may be an error or not, but
/// never a panic.
pub fn damaged_bytes_never_panic(serializer: &impl Serializer) {
    let damage = (any::<Index>(), bytes("inserted", 0..9), any::<Index>());
    property("damaged bytes", 1.0, (strategies::record(), damage), |(record, (at, new, until))| {
        let bytes = dump(serializer, &record)?;
        let at = at.index(bytes.len() + 1);
        let until = at + until.index(bytes.len() + 1 - at).min(9);
        read(serializer, b"");
        read(serializer, &bytes[..at]);
        read(serializer, &[&bytes[..at], &new, &bytes[until..]].concat());
        Ok(())
    });
}

/// Bytes that no serializer ever wrote may be an error or not, but never a panic.
pub fn random_bytes_never_panic(serializer: &impl Serializer) {
    property("random bytes", 1.0, bytes("", 0..64), |bytes| {
        read(serializer, &bytes);
        Ok(())
    });
    // What opens a container in JSON, MessagePack and pickle.
    let openings: &[&[u8]] = &[b"[", b"{\"a\":", b"\x91", b"\x81\xa1a", b"](", b")\x85"];
    let opening = prop_oneof![select(openings).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 1..6)];
    property("bytes that are nested deeply", 0.25, opening, |opening| {
        read(serializer, &opening.repeat(10_000));
        Ok(())
    });
}

/// However an entry is spelled, it stays spelled that way: integers beyond 64 bits, `1E5`, `\u0041`, the order of keys.
pub fn entries_keep_their_spelling(serializer: &impl Serializer) {
    property("the spelling of entries", 1.0, strategies::spelled_record(), |record| {
        let bytes = dump(serializer, &record)?;
        prop_assert_eq!(load(serializer, &bytes)?, record);
        Ok(())
    });
}

/// When one entry is set, the others stay as they are spelled, and where they are.
pub fn untouched_entries_stay(serializer: &impl Serializer) {
    let case = (strategies::spelled_record(), strategies::text(), strategies::value());
    property("entries next to one that is set", 0.5, case, |(record, key, value)| {
        let bytes = dump(serializer, &record)?;
        let loaded = serializer.loads_record(Cow::Borrowed(&bytes));
        let mut changed = loaded.map_err(|error| fail(format!("loads_record: {error}")))?.record;
        changed.state.insert(&key, &value).map_err(|error| fail(error.to_string()))?;

        let bytes = dump(serializer, &PlainRecord::from(&changed))?;
        let mut expected = record;
        let text = session_core::json::to_string(&value).map_err(|error| fail(error.to_string()))?;
        match expected.entries.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = text,
            None => expected.entries.push((key, text)),
        }
        prop_assert_eq!(load(serializer, &bytes)?, expected);
        Ok(())
    });
}

fn dump(serializer: &impl Serializer, record: &PlainRecord) -> Result<Vec<u8>, TestCaseError> {
    let mut out = Vec::new();
    match serializer.dumps_record(&record.to_record(), &mut out) {
        Ok(()) => Ok(out),
        Err(error) => Err(fail(format!("dumps_record: {error}"))),
    }
}

fn load(serializer: &impl Serializer, bytes: &[u8]) -> Result<PlainRecord, TestCaseError> {
    match serializer.loads_record(Cow::Borrowed(bytes)) {
        Ok(loaded) => Ok(PlainRecord::from(&loaded.record)),
        Err(error) => Err(fail(format!("loads_record: {error}"))),
    }
}

fn same_record(back: &PlainRecord, record: &PlainRecord) -> Outcome {
    prop_assert!(back.meaning() == record.meaning(), "it came back as {:?}", back);
    Ok(())
}

/// Panics if the serializer does.
fn read(serializer: &impl Serializer, bytes: &[u8]) {
    let _ = serializer.loads_record(Cow::Borrowed(bytes));
    let _ = serializer.loads_record(Cow::Owned(bytes.to_vec()));
    let _ = serializer.loads::<Record>(bytes);
    let _ = serializer.loads::<Value>(bytes);
    let _ = serializer.loads::<Sample>(bytes);
}

/// One of each kind that serde knows and that people put into sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sample {
    unsigned: u64,
    signed: i64,
    small: i8,
    double: f64,
    single: f32,
    flag: bool,
    letter: char,
    text: String,
    maybe: Option<String>,
    unit: (),
    pair: (u16, String),
    list: Vec<i32>,
    map: BTreeMap<String, Vec<Option<u8>>>,
    kinds: Vec<Kind>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(u32),
    Tuple(bool, String),
    Struct { left: Option<i64>, right: f64 },
}

fn sample() -> impl Strategy<Value = Sample> {
    let scalars = (any::<u64>(), any::<i64>(), any::<i8>(), strategies::float(), single(), any::<bool>());
    let texts = (any::<char>(), strategies::text(), proptest::option::of(strategies::text()));
    let map = proptest::collection::btree_map(strategies::text(), vec(any::<Option<u8>>(), 0..3), 0..3);
    let rest = ((any::<u16>(), strategies::text()), vec(any::<i32>(), 0..4), map, vec(kind(), 0..4));
    (scalars, texts, rest).prop_map(|(scalars, texts, rest)| {
        let (unsigned, signed, small, double, single, flag) = scalars;
        let (letter, text, maybe) = texts;
        let (pair, list, map, kinds) = rest;
        Sample {
            unsigned,
            signed,
            small,
            double,
            single,
            flag,
            letter,
            text,
            maybe,
            unit: (),
            pair,
            list,
            map,
            kinds,
        }
    })
}

fn single() -> impl Strategy<Value = f32> {
    any::<f32>().prop_filter("finite", |float| float.is_finite())
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Unit),
        any::<u32>().prop_map(Kind::Newtype),
        (any::<bool>(), strategies::text()).prop_map(|(flag, text)| Kind::Tuple(flag, text)),
        (any::<Option<i64>>(), strategies::float()).prop_map(|(left, right)| Kind::Struct { left, right }),
    ]
}
