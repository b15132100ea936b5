//! [`PickleSerializer`] against what CPython and serde-pickle write, and against what neither would.
#![cfg(feature = "pickle")]

mod bounds;
mod cpython;
mod entries;
mod forms;
#[path = "../in_memory/mod.rs"]
mod in_memory;
mod late;
mod machine;
mod objects;
mod properties;
mod python2;
mod refused;
mod table;
mod write;

use session_core::{Record, State};
use session_serde::{DumpError, LoadError, PickleSerializer, Serializer};

/// Protocols that there are.
const PROTOCOLS: std::ops::Range<u8> = 0..6;

fn serializer(protocol: u8) -> PickleSerializer {
    PickleSerializer::new(protocol).expect("a protocol")
}

/// A session's record whose only value is the one that `opcodes` leave on the stack.
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

/// The pickle of a record after it was read and written again.
fn rewritten(pickle: &[u8], protocol: u8) -> Vec<u8> {
    dump(&load(pickle).expect("a pickle"), protocol).expect("what was read can be written")
}

/// What the entry `v` is read as: its JSON text, or why there is none.
fn value(state: &State) -> String {
    match state.get_json("v") {
        Ok(text) => text.expect("the entry").to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What the value is read as that `opcodes` leave on the stack.
fn read(opcodes: &[u8]) -> String {
    value(&load(&record_of(opcodes)).expect("a pickle").state)
}

/// Why `opcodes` are malformed.
fn refusal(opcodes: &[u8]) -> String {
    let error = load(&record_of(opcodes)).expect_err("should be malformed");
    assert!(error.is_malformed());
    error.to_string()
}

/// The pickle of a session's record whose only value has the JSON text `json`.
fn written(json: &str) -> Result<Vec<u8>, DumpError> {
    written_in(json, 4)
}

fn written_in(json: &str, protocol: u8) -> Result<Vec<u8>, DumpError> {
    let mut record = Record::default();
    record.state.insert_json("v", json.to_owned()).expect("JSON");
    dump(&record, protocol)
}

/// What a session's only value is read as.
fn only_value(pickle: &[u8]) -> String {
    let state = load(pickle).expect("a pickle").state;
    assert_eq!(state.len(), 1);
    value(&state)
}
