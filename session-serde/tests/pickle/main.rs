//! [`PickleSerializer`] against what CPython and serde-pickle write, and against what neither would.
#![cfg(feature = "pickle")]

mod bounds;
mod cpython;
mod machine;
mod properties;
mod refused;
mod write;

use session_core::Record;
use session_serde::{DumpError, LoadError, PickleSerializer, Serializer};

/// A session's record whose only value is the one that `opcodes` leave on the stack.
fn record_of(opcodes: &[u8]) -> Vec<u8> {
    [b"\x80\x05K\0K\0}\x8c\x01v", opcodes, b"s\x87."].concat()
}

/// The JSON text of the value that `opcodes` leave on the stack.
fn read(opcodes: &[u8]) -> Result<String, LoadError> {
    let loaded = PickleSerializer.loads_record(record_of(opcodes).into())?;
    Ok(loaded.record.state.get_json("v").unwrap().expect("the entry").to_owned())
}

/// Why `opcodes` are malformed.
fn refusal(opcodes: &[u8]) -> String {
    let error = read(opcodes).expect_err("should be malformed");
    assert!(error.is_malformed());
    error.to_string()
}

/// The pickle of a session's record whose only value has the JSON text `json`.
fn written(json: &str) -> Result<Vec<u8>, DumpError> {
    let mut record = Record::default();
    record.state.insert_json("v", json.to_owned()).expect("JSON");
    let mut out = Vec::new();
    PickleSerializer.dumps_record(&record, &mut out)?;
    Ok(out)
}

/// The JSON text of a session's only value.
fn only_value(pickle: Vec<u8>) -> String {
    let record = PickleSerializer.loads_record(pickle.into()).expect("a pickle").record;
    assert_eq!(record.state.len(), 1);
    record.state.get_json("v").unwrap().expect("the entry").to_owned()
}
