//! [`PickleSerializer`] with pickles of CPython and serde-pickle, and with pickles that neither writes.
#![cfg(feature = "pickle")]

mod bounds;
mod calendars;
mod cpython;
mod entries;
mod forms;
#[path = "../in_memory/mod.rs"]
mod in_memory;
mod labels;
mod large;
mod late;
mod machine;
mod objects;
mod optimized;
mod properties;
mod python2;
mod refused;
mod steps;
mod table;
mod totals;
mod typed;
mod write;

use session_core::{Record, State};
use session_serde::{DumpError, LoadError, PickleSerializer, Serializer};

/// All protocols.
const PROTOCOLS: std::ops::Range<u8> = 0..6;

fn serializer(protocol: u8) -> PickleSerializer {
    PickleSerializer::new(protocol).expect("the protocol exists")
}

/// Returns the pickle of a record whose only value is the one that `opcodes` leave on the stack.
fn record_of(opcodes: &[u8]) -> Vec<u8> {
    [b"\x80\x05K\0K\0}\x8c\x01v", opcodes, b"s\x87."].concat()
}

fn load(pickle: &[u8]) -> Result<Record, LoadError> {
    PickleSerializer::default().loads_record(pickle.into()).map(|loaded| loaded.record)
}

fn dump(record: &Record, protocol: u8) -> Result<Vec<u8>, DumpError> {
    let mut out = Vec::new();
    serializer(protocol).dumps_record(record, &mut out)?;
    Ok(out)
}

/// Loads a record and returns the pickle that is written for it.
fn rewritten(pickle: &[u8], protocol: u8) -> Vec<u8> {
    dump(&load(pickle).expect("the pickle loads"), protocol).expect("the record can be written")
}

/// Returns the JSON text of the entry `v`, or the error of reading it.
fn value(state: &State) -> String {
    match state.get_json("v") {
        Ok(text) => text.expect("the entry exists").to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Returns the JSON text of the value that `opcodes` leave on the stack, or the error of reading it.
fn read(opcodes: &[u8]) -> String {
    value(&load(&record_of(opcodes)).expect("the pickle loads").state)
}

/// Returns the error of loading a record with the malformed `opcodes`.
fn load_error(opcodes: &[u8]) -> String {
    let error = load(&record_of(opcodes)).expect_err("the opcodes are malformed");
    assert!(error.is_malformed());
    error.to_string()
}

/// Returns the pickle of a record whose only value has the JSON text `json`.
fn written(json: &str) -> Result<Vec<u8>, DumpError> {
    written_in(json, 4)
}

fn written_in(json: &str, protocol: u8) -> Result<Vec<u8>, DumpError> {
    let mut record = Record::default();
    record.state.insert_json("v", json.to_owned()).expect("the text is JSON");
    dump(&record, protocol)
}

/// Returns the JSON text of a record's only value, or the error of reading it.
fn only_value(pickle: &[u8]) -> String {
    let state = load(pickle).expect("the pickle loads").state;
    assert_eq!(state.len(), 1);
    value(&state)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// Asserts that a record can be written in each protocol, and that the output of the second write stays the same.
///
/// Sets the entry `changed` before each write, because the writer would copy the pickle of an unchanged session with
/// steps (see `src/pickle/steps.rs`). The first write may still differ from the second. It adds the entry to the end of
/// the session. In a session with steps, the second write sets the entry to `None` there, and to its value later.
fn assert_stable(pickle: &[u8]) {
    let changed = |pickle: &[u8], protocol| {
        let mut record = load(pickle).expect("the pickle loads");
        record.state.insert("changed", 1).expect("the value is JSON");
        dump(&record, protocol).expect("the record can be written")
    };
    for protocol in PROTOCOLS {
        rewritten(pickle, protocol);
        let out = changed(&changed(pickle, protocol), protocol);
        let again = changed(&out, protocol);
        assert_eq!(
            again.escape_ascii().to_string(),
            out.escape_ascii().to_string(),
            "{}",
            pickle.escape_ascii()
        );
    }
}
