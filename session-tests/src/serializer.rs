//! Checks a [`Serializer`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde::ser::{Serialize, SerializeSeq, Serializer as SerdeSerializer};
use serde_json::{Value, json};
use session_core::Record;
use session_core::json::{self, MAX_DEPTH};
use session_serde::Serializer;

use crate::run::{Outcome, bytes, ensure, fail, fixed, property};
use crate::sample::{Sample, sample};
use crate::strategies::{self, PlainRecord};

mod lossless;

pub use lossless::{check_lossless, entries_keep_their_spelling, untouched_entries_stay};

/// Checks the properties that every serializer must have.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check(serializer: &impl Serializer) {
    crate::__serializer_properties!(__all, serializer, serializer);
}

/// Checks that `loads` returns exactly the value passed to `dumps`. The values include structs, enums, options and
/// maps. Numbers must be equal to the last bit.
pub fn values_round_trip(serializer: &impl Serializer) {
    property("a value through dumps and loads", 1.0, sample(), |sample| {
        let bytes = serializer.dumps(&sample).map_err(|error| fail(format!("dumps: {error}")))?;
        let back = serializer.loads::<Sample>(&bytes).map_err(|error| fail(format!("loads: {error}")))?;
        // Compare the texts, because `==` finds -0.0 and 0.0 equal.
        let (back, sample) = (format!("{back:?}"), format!("{sample:?}"));
        ensure!(back == sample, "it came back as {back}");
        Ok(())
    });
    property("JSON through dumps and loads", 1.0, strategies::value(), |value| {
        let bytes = serializer.dumps(&value).map_err(|error| fail(format!("dumps: {error}")))?;
        let back = serializer.loads::<Value>(&bytes).map_err(|error| fail(format!("loads: {error}")))?;
        // Compare the texts, because `==` finds -0.0 and 0.0 equal.
        let (back, value) = (back.to_string(), value.to_string());
        ensure!(back == value, "it came back as {back}");
        Ok(())
    });
}

/// Checks that `loads_record` returns the record passed to `dumps_record`, with the same times to the last bit, and
/// with the entries in the same order. Only the sign of an `accessed` of -0.0 may be lost: a record writes an
/// `accessed` of whole seconds as an integer, but `created` always as a float.
pub fn records_round_trip(serializer: &impl Serializer) {
    property("a record through dumps_record and loads_record", 1.0, strategies::record(), |record| {
        let bytes = dump(serializer, &record)?;
        same_record(&load(serializer, &bytes)?, &record)
    });
}

/// Checks that writing a value that the format cannot represent is an error, and that no value comes back as a similar
/// one. The values include integers beyond 64 bits, floats out of range, and strings with lone surrogates.
pub fn unrepresentable_values_are_refused(serializer: &impl Serializer) {
    for text in [
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "9007199254740993",
        "123456789012345678901234567890",
        "1.0",
        "-0.0",
        "1e-7",
        "5e-324",
        "1e400",
        "0.1",
        "\"\\u0000\"",
        "\"\\ud83c\\udf89\"",
        "\"\\ud83c\"",
        "\"a\\udf89b\"",
        "{\"\\ud83c\": 1}",
        "{\"b\": 1, \"a\": [null, {}]}",
    ] {
        fixed("an entry", text, || refused_or_the_same(serializer, &one_entry(text.to_owned())));
    }
    property("a record that JSON can hold", 0.75, strategies::spelled_record(), |record| {
        refused_or_the_same(serializer, &record)
    });
}

/// Checks that a map with any keys round-trips or is refused on writing. The keys that serde_json uses internally for
/// numbers and raw text must have no special meaning.
pub fn maps_keep_their_keys(serializer: &impl Serializer) {
    let private = ["$serde_json::private::Number", "$serde_json::private::RawValue"];
    for key in private {
        for value in ["\"1\"", "\"1e999\"", "\"1, \\\"user\\\": \\\"admin\\\"\"", "1", "[]"] {
            for more in ["", ", \"a\": 1"] {
                let map = format!("{{\"{key}\": {value}{more}}}");
                fixed("a map", map.clone(), || refused_or_the_same(serializer, &one_entry(map)));
            }
            let entry = PlainRecord {
                entries: vec![(key.to_owned(), value.to_owned()), ("b".to_owned(), "1".to_owned())],
                ..one_entry(String::new())
            };
            fixed("an entry", key, || refused_or_the_same(serializer, &entry));
        }
    }
    let key = prop_oneof![select(private.to_vec()).prop_map(str::to_owned), strategies::text()];
    let members = vec((key, strategies::value()), 0..4);
    property("a map of any keys", 0.5, members, |members| {
        let members = members.iter().map(|(key, value)| {
            Ok::<_, json::UnwritableValue>(format!("{}: {}", json::to_string(key)?, json::to_string(value)?))
        });
        let members: Vec<_> = members.collect::<Result<_, _>>().map_err(|error| fail(error.to_string()))?;
        refused_or_the_same(serializer, &one_entry(format!("{{{}}}", members.join(", "))))
    });
}

/// Checks that a record nested up to [`MAX_DEPTH`], or with many or long entries, round-trips or is refused on writing.
/// Deeper nesting is an error and does not overflow the stack.
pub fn deep_or_large_records_round_trip_or_fail(serializer: &impl Serializer) {
    let name = "the size of a record";
    // The record's list is one level, and the state's object another.
    for (open, close) in [("[", "]"), ("{\"a\": ", "}")] {
        let deepest = MAX_DEPTH - 2;
        let text = format!("{}{}{}", open.repeat(deepest - 1), "[]", close.repeat(deepest - 1));
        let case = format!("an entry of {deepest} levels of {open}{close}");
        fixed(name, case, || refused_or_the_same(serializer, &one_entry(text)));
    }
    for depth in [MAX_DEPTH - 1, 2 * MAX_DEPTH, 1000] {
        let state = BTreeMap::from([("a", Nested(depth))]);
        if let Ok(bytes) = serializer.dumps(&(0, 0.0, state)) {
            fixed(name, format_args!("an entry of {depth} levels, written by dumps"), || {
                ensure!(load(serializer, &bytes).is_err(), "loads_record accepts it");
                Ok(())
            });
        }
    }
    let entries = (0..1000).map(|i| (format!("key {i}"), i.to_string())).collect();
    for (case, record) in [
        ("a string of a megabyte", one_entry(format!("\"{}\"", "x".repeat(1 << 20)))),
        ("a list of 20000 elements", one_entry(format!("[0{}]", ", 0".repeat(19_999)))),
        ("1000 entries", PlainRecord { entries, ..one_entry(String::new()) }),
    ] {
        fixed(name, case, || refused_or_the_same(serializer, &record));
    }
}

/// Checks that `dumps_record` appends to the buffer and keeps its previous contents.
pub fn records_are_appended(serializer: &impl Serializer) {
    let case = (strategies::record(), bytes("in the buffer", 0..20));
    property("dumps_record into a buffer that is not empty", 0.25, case, |(record, before)| {
        let mut out = before.to_vec();
        serializer
            .dumps_record(&record.to_record(), &mut out)
            .map_err(|error| fail(format!("dumps_record: {error}")))?;
        ensure!(
            out.starts_with(&before),
            "the buffer's previous contents are gone: it is now b\"{}\"",
            out.escape_ascii()
        );
        same_record(&load(serializer, &out[before.len()..])?, &record)
    });
}

/// Checks that a record is an ordinary value: `loads` reads the output of `dumps_record`, and `loads_record` reads the
/// output of `dumps`.
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

/// Checks bytes after a record, for `loads` and `loads_record`. Either all such bytes are an error, except white space
/// and padding, or the format ignores all of them.
pub fn trailing_bytes_are_refused_or_ignored(serializer: &impl Serializer) {
    // Zeros, bytes that end or separate values in common formats, and short values.
    let ends: &[&[u8]] =
        &[b"\0", b"\0\0\0\0", b"\xff", b"]", b"}", b"\"", b",", b";", b".", b"N.", b"null", b"\xc0"];
    let junk = bytes("", 1..9).prop_filter("white space", |junk| !junk.iter().all(is_padding));
    property("bytes after a record", 0.25, (strategies::record(), junk), |(record, junk)| {
        let bytes = dump(serializer, &record)?;
        let is_ignored = load(serializer, &[&bytes[..], ends[0]].concat()).is_ok();
        for junk in ends.iter().copied().chain([&junk[..], &bytes]) {
            let bytes = [&bytes, junk].concat();
            let of_record = load(serializer, &bytes).ok();
            let of_value = serializer.loads::<Record>(&bytes).ok().map(|back| PlainRecord::from(&back));
            for (function, back) in [("loads_record", of_record), ("loads", of_value)] {
                let verb = if back.is_some() { "accepts" } else { "refuses" };
                ensure!(back.is_some() == is_ignored, "{function} {verb} b\"{}\"", junk.escape_ascii());
                back.map_or(Ok(()), |back| same_record(&back, &record))?;
            }
        }
        Ok(())
    });
}

/// Checks that a truncated record is an error for `loads` and `loads_record`, for every length. A record that lacks
/// only padding or white space at its end may still load.
pub fn truncated_records_are_refused(serializer: &impl Serializer) {
    property("a truncated record", 0.1, strategies::record(), |record| {
        let bytes = dump(serializer, &record)?;
        for len in 0..bytes.len() {
            let start = &bytes[..len];
            let of_record = load(serializer, start).ok();
            let of_value = serializer.loads::<Record>(start).ok().map(|back| PlainRecord::from(&back));
            for (function, back) in [("loads_record", of_record), ("loads", of_value)] {
                let only_lacks_padding = bytes[len..].iter().all(is_padding);
                ensure!(
                    back.as_ref()
                        .is_none_or(|back| { only_lacks_padding && back.canonical() == record.canonical() }),
                    "{function} accepts {len} of {} bytes, as {back:?}",
                    bytes.len()
                );
            }
        }
        Ok(())
    });
}

/// Checks that well-formed data that is not a record is an error. A record is a list of two finite numbers and an
/// object; text that looks like a number is not a number.
pub fn other_values_are_refused(serializer: &impl Serializer) {
    let refused = |value: &Value| match serializer.dumps(value).map(|bytes| load(serializer, &bytes)) {
        Ok(Ok(back)) => Err(fail(format!("it is accepted as the record {back:?}"))),
        Ok(Err(_)) | Err(_) => Ok(()),
    };
    let is_record = |value: &Value| match value.as_array().map(Vec::as_slice) {
        Some([accessed, created, state]) => accessed.is_number() && created.is_number() && state.is_object(),
        _ => false,
    };
    property("a value that is not a record", 0.5, strategies::value(), |value| {
        prop_assume!(!is_record(&value));
        refused(&value)
    });
    for value in [
        json!([]),
        json!([1]),
        json!([1, 2]),
        json!([1, 2, {}, 3]),
        json!([1, 2, {}, null]),
        json!(["1", 2, {}]),
        json!([1, "2.5", {}]),
        json!([null, 2, {}]),
        json!([1, true, {}]),
        json!([1, [2], {}]),
        json!([1, 2, null]),
        json!([1, 2, []]),
        json!([1, 2, [["a", 1]]]),
        json!([1, 2, "{}"]),
        json!([[1, 2, {}]]),
        json!({"accessed": 1, "created": 2, "state": {}}),
        json!({"0": 1, "1": 2, "2": {}}),
    ] {
        fixed("a value that is not a record", &value, || refused(&value));
    }
    for time in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for times in [(time, 0.0), (0.0, time)] {
            let no_record = (times.0, times.1, BTreeMap::<&str, u8>::new());
            fixed("a time that is not finite", format_args!("{no_record:?}"), || {
                let taken = serializer.dumps(&no_record).is_ok_and(|bytes| load(serializer, &bytes).is_ok());
                ensure!(!taken, "it is accepted as a record");
                Ok(())
            });
        }
    }
}

/// Checks that reading damaged bytes never panics: it returns an error, or a record that round-trips or is refused on
/// writing. The damage is a flipped bit, or removed, replaced or inserted bytes.
pub fn damaged_bytes_never_panic(serializer: &impl Serializer) {
    let damage = (any::<Index>(), bytes("inserted", 0..9), any::<Index>());
    property("damaged bytes", 1.0, (strategies::record(), damage), |(record, (at, new, until))| {
        let bytes = dump(serializer, &record)?;
        let at = at.index(bytes.len() + 1);
        let until = at + until.index(bytes.len() + 1 - at).min(9);
        read(serializer, &[&bytes[..at], &new, &bytes[until..]].concat())?;
        let Some(byte) = bytes.get(at) else { return Ok(()) };
        for bit in 0..8 {
            read(serializer, &[&bytes[..at], &[byte ^ (1 << bit)], &bytes[at + 1..]].concat())?;
        }
        Ok(())
    });
}

/// Checks that reading random bytes never panics: it returns an error or, by chance, a record that round-trips or is
/// refused on writing.
pub fn random_bytes_never_panic(serializer: &impl Serializer) {
    // Bytes that open a container in JSON, MessagePack and pickle. In the last pair, `)` is an empty tuple in pickle,
    // and each `\x85` puts the tuple before it into another tuple.
    let openings: &[(&[u8], &[u8])] =
        &[(b"", b"["), (b"", b"{\"a\":"), (b"", b"\x91"), (b"", b"\x81\xa1a"), (b"", b"]("), (b")", b"\x85")];
    for (start, opening) in openings {
        let case = format!("b\"{}\" and 10000 times b\"{}\"", start.escape_ascii(), opening.escape_ascii());
        let bytes = [start, &*opening.repeat(10_000)].concat();
        fixed("deeply nested bytes", case, || read(serializer, &bytes));
    }
    // Headers of MessagePack and pickle that announce far more data than follows.
    let lengths: &[&[u8]] = &[
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x93\x00\x00\xdf\xff\xff\xff\xff",
        b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x80\x04\x8b\xff\xff\xff\x7f",
    ];
    for length in lengths {
        fixed("a length that is too large", format_args!("b\"{}\"", length.escape_ascii()), || {
            read(serializer, length)
        });
    }
    property("random bytes", 1.0, bytes("bytes", 0..64), |bytes| read(serializer, &bytes));
    property("repeated bytes", 0.1, bytes("10000 times", 1..6), |bytes| {
        read(serializer, &bytes.repeat(10_000))
    });
}

/// Returns whether a format may ignore the byte at the end of a record: padding of base64, or white space.
pub(crate) fn is_padding(byte: &u8) -> bool {
    b"= \t\r\n".contains(byte)
}

pub(crate) fn dump(serializer: &impl Serializer, record: &PlainRecord) -> Result<Vec<u8>, TestCaseError> {
    dump_record(serializer, &record.to_record())
}

fn dump_record(serializer: &impl Serializer, record: &Record) -> Result<Vec<u8>, TestCaseError> {
    let mut out = Vec::new();
    serializer.dumps_record(record, &mut out).map_err(|error| fail(format!("dumps_record: {error}")))?;
    Ok(out)
}

fn load(serializer: &impl Serializer, bytes: &[u8]) -> Result<PlainRecord, TestCaseError> {
    let loaded = serializer.loads_record(Cow::Borrowed(bytes));
    loaded.map(|loaded| (&loaded.record).into()).map_err(|error| fail(format!("loads_record: {error}")))
}

fn same_record(back: &PlainRecord, record: &PlainRecord) -> Outcome {
    ensure!(back.canonical() == record.canonical(), "it came back as {:?}", back);
    Ok(())
}

fn refused_or_the_same(serializer: &impl Serializer, record: &PlainRecord) -> Outcome {
    record_is_refused_or_the_same(serializer, &record.to_record())
}

fn record_is_refused_or_the_same(serializer: &impl Serializer, record: &Record) -> Outcome {
    match dump_record(serializer, record) {
        Ok(bytes) => same_record(&load(serializer, &bytes)?, &PlainRecord::from(record)),
        Err(_) => Ok(()),
    }
}

/// Reads arbitrary bytes. Panics if the serializer panics. A record that the serializer reads must round-trip, or be
/// refused on writing.
fn read(serializer: &impl Serializer, bytes: &[u8]) -> Outcome {
    let _ = serializer.loads::<Value>(bytes);
    let _ = serializer.loads::<Sample>(bytes);
    let of_owned = serializer.loads_record(Cow::Owned(bytes.to_vec()));
    let of_borrowed = serializer.loads_record(Cow::Borrowed(bytes));
    let plain = serializer.loads::<Record>(bytes);
    ensure!(
        of_owned.is_ok() == of_borrowed.is_ok(),
        "loads_record accepts only one of owned and borrowed bytes"
    );
    for record in of_borrowed.into_iter().map(|loaded| loaded.record).chain(plain) {
        record_is_refused_or_the_same(serializer, &record)?;
    }
    Ok(())
}

fn one_entry(text: String) -> PlainRecord {
    let time = session_core::Timestamp::default();
    PlainRecord { accessed: time, created: time, entries: vec![("a".to_owned(), text)] }
}

/// Lists nested to this depth.
struct Nested(usize);

impl Serialize for Nested {
    fn serialize<S: SerdeSerializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(usize::from(self.0 > 1)))?;
        if self.0 > 1 {
            list.serialize_element(&Self(self.0 - 1))?;
        }
        list.end()
    }
}
