//! Pickled values after a write of a typed view (the whole session as a struct).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use session_core::SessionExt;

use super::in_memory::InMemory;
use super::{dump, load, rewritten};

#[derive(Serialize, Deserialize)]
struct View<T> {
    hits: u32,
    v: T,
}

/// Returns the pickle of a record with the entries `hits` and `v`.
fn pickle_of(hits: u8, v: &[u8]) -> Vec<u8> {
    [b"\x80\x05K\0K\0}(\x8c\x04hitsK".as_slice(), &[hits], b"\x8c\x01v", v, b"u\x87."].concat()
}

/// Reads the entries as a `View<T>`, calls `change` on it, and returns the pickle after the view is written.
fn written<T: Serialize + DeserializeOwned>(opcodes: &[u8], change: impl FnOnce(&mut View<T>)) -> Vec<u8> {
    let mut record = load(&pickle_of(1, opcodes)).unwrap();
    let mut session = InMemory(record.state.clone());
    let mut view = session.read::<View<T>>().unwrap();
    change(&mut view);
    session.write(&view).unwrap();
    record.state = session.0;
    dump(&record, 5).unwrap()
}

/// Asserts that a view with a `T` can change `hits` without changing the value of `opcodes`.
fn assert_keeps<T: Serialize + DeserializeOwned + PartialEq + Debug>(opcodes: &[u8]) {
    let out = written::<T>(opcodes, |view| view.hits += 1);
    let expected = rewritten(&pickle_of(2, opcodes), 5);
    let name = std::any::type_name::<T>();
    assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{name}");
}

/// `datetime.datetime(2024, 2, 29, 12, 30, microsecond=500000)`
const NAIVE: &[u8] = b"\x8c\x08datetime\x8c\x08datetime\x93C\x0a\x07\xe8\x02\x1d\x0c\x1e\0\x07\xa1\x20\x85R";

/// `datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.timezone.utc)`
const UTC: &[u8] = b"\x8c\x08datetime\x8c\x08datetime\x93C\x0a\x07\xe8\x02\x1d\x0c\x1e\0\0\0\0\
    \x8c\x08datetime\x8c\x08timezone\x93\x8c\x08datetime\x8c\x09timedelta\x93K\0K\0K\0\x87R\x85R\x86R";

/// `datetime.timedelta(seconds=30)`
const HALF_A_MINUTE: &[u8] = b"\x8c\x08datetime\x8c\x09timedelta\x93K\0K\x1eK\0\x87R";

/// Regression: a type that spells a date differently from Python replaced the date with a `str`, although the view had
/// not changed it. A `timedelta` became a float, and a `set` became a list.
#[test]
fn unchanged_value_keeps_python_type_after_typed_write() {
    assert_keeps::<chrono::DateTime<chrono::Utc>>(UTC);
    assert_keeps::<chrono::DateTime<chrono::FixedOffset>>(UTC);
    assert_keeps::<chrono::NaiveDateTime>(NAIVE);
    assert_keeps::<jiff::Timestamp>(UTC);
    assert_keeps::<jiff::civil::DateTime>(NAIVE);
    assert_keeps::<Option<Vec<jiff::civil::DateTime>>>(&[b"](", NAIVE, NAIVE, b"e"].concat());
    assert_keeps::<String>(UTC);
    assert_keeps::<f64>(HALF_A_MINUTE);
    assert_keeps::<BTreeSet<u8>>(b"\x8f(K\x03K\x01K\x02\x90");
    assert_keeps::<BTreeSet<String>>(b"\x8f(\x8c\x01b\x8c\x01c\x8c\x01a\x90");
}

/// Regression: dates in a dict became `str`s.
#[test]
fn unchanged_dict_keeps_python_types_after_typed_write() {
    use chrono::{DateTime, Utc};

    let keys: Vec<_> = (b'a'..=b'z').rev().collect();
    let items: Vec<_> = keys.iter().flat_map(|&key| [b"\x8c\x01".as_slice(), &[key], UTC].concat()).collect();
    let dict = [b"}(", &items[..], b"u"].concat();
    assert_keeps::<BTreeMap<String, DateTime<Utc>>>(&dict);
    // A `HashMap` writes its keys in random order.
    assert_keeps::<HashMap<String, DateTime<Utc>>>(&dict);
}

#[test]
fn changed_date_is_written_as_text() {
    let out = written::<chrono::DateTime<chrono::Utc>>(UTC, |view| view.v += chrono::TimeDelta::days(1));
    let expected = rewritten(&pickle_of(1, b"\x8c\x142024-03-01T12:30:00Z\x94"), 5);
    assert_eq!(out.escape_ascii().to_string(), expected.escape_ascii().to_string());
}
