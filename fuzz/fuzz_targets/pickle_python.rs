//! Pickles as we read and write them against Python's pickle.
//!
//! Input: a pickle of any value. Python loads it if it names none but harmless classes, which `src/peer.py` lists. What
//! may differ is said in docs/fuzzing.md, section "pickle_python".

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use session_core::Record;
use session_fuzz::payload;
use session_fuzz::python::{self, Loaded, Value};
use session_serde::{LoadError, Serializer};

/// Around the value, to make the session `(0, 0.0, {"": value})` of it.
const BEFORE: &[u8] = b"K\0G\0\0\0\0\0\0\0\0}X\0\0\0\0";
const AFTER: &[u8] = b"s\x87.";

/// Levels of a value that we do not refuse for its depth. An object has three.
const MAX_DEPTH: u32 = 60;

/// Bytes of a value, without sharing, that we do not refuse for its size.
const MAX_EXPANDED: u32 = 16 << 10;

fuzz_target!(|data: &[u8]| -> Corpus {
    let [value @ .., b'.'] = data else { return Corpus::Reject };
    // Each input has a protocol, and a few bytes more have another one.
    let protocol = (data.len() % 6) as u8;
    let pickle = [BEFORE, value, AFTER].concat();
    let ours = load(&pickle);
    match (ours, python::pickle(protocol, &pickle)) {
        (Ok(_), Loaded::Refused) => panic!("taken by us alone"),
        (ours, Loaded::Value(theirs)) => {
            if let Ok(ours) = ours {
                check_same(protocol, &pickle, &ours, &theirs);
            }
            if let Some(written) = &theirs.pickle
                && theirs.depth <= MAX_DEPTH
                && theirs.expanded <= MAX_EXPANDED
            {
                check_written_by_python(protocol, written);
            }
        }
        // We call nothing, so we do not know whether a call fails.
        (_, Loaded::Refused | Loaded::RefusedClass | Loaded::GaveUp) => {}
    }
    Corpus::Keep
});

fn load(pickle: &[u8]) -> Result<Record, LoadError> {
    let loaded = payload::within_memory(pickle.len(), || payload::pickle(4).loads_record(pickle.into()));
    loaded.map(|loaded| loaded.record)
}

fn write(protocol: u8, record: &Record) -> Vec<u8> {
    let mut written = Vec::new();
    payload::pickle(protocol).dumps_record(record, &mut written).expect("what was read can be written");
    written
}

/// What we write of a pickle is the same value to Python, whoever wrote it, and to us.
fn check_same(protocol: u8, pickle: &[u8], ours: &Record, theirs: &Value) {
    if let Some(json) = &theirs.json
        && theirs.expanded <= MAX_EXPANDED
    {
        assert_eq!(ours.state.to_json().expect("JSON has a form of it"), *json);
    }
    let written = write(protocol, ours);
    if let Some(difference) = python::difference(pickle, &written) {
        panic!("{difference}\nwritten as {}", written.escape_ascii());
    }
    let again = load(&written).expect("what was written can be read");
    assert_eq!(write(protocol, &again), written, "written the same each time");
}

/// What CPython writes we read, and write in the same bytes.
fn check_written_by_python(protocol: u8, theirs: &[u8]) {
    let record = load(theirs).unwrap_or_else(|error| panic!("{error}: {}", theirs.escape_ascii()));
    let ours = write(protocol, &record);
    assert!(ours == theirs, "protocol {protocol}\n  {}\nis {}", theirs.escape_ascii(), ours.escape_ascii());
}
