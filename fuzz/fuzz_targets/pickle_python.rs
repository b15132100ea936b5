//! Compares our reader and writer of pickles with Python's module `pickle`.
//!
//! Input: a pickle of any value. The Python process loads only the harmless classes that `src/peer.py` lists.
//! docs/fuzzing.md, section "pickle_python", lists the allowed differences.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use session_core::Record;
use session_core::json::MAX_DEPTH as MAX_JSON_DEPTH;
use session_fuzz::payload;
use session_fuzz::python::{self, Loaded, Value};
use session_serde::{LoadError, Serializer};

/// The opcodes before a value. With [`AFTER`], they form the session `(0, 0.0, {"": value})`.
const BEFORE: &[u8] = b"K\0G\0\0\0\0\0\0\0\0}X\0\0\0\0";

/// The opcodes after the value.
const AFTER: &[u8] = b"s\x87.";

/// Maximum depth of a value whose pickle from CPython we must accept. An object counts as two or three levels.
const MAX_DEPTH: u32 = 60;

/// Maximum size in bytes of a value whose pickle from CPython we must accept. A shared part counts each time it occurs.
const MAX_EXPANDED: u32 = 16 << 10;

/// Maximum size of a value's JSON text that we must create, whatever the size of the pickle.
const MAX_JSON: usize = 64 << 10;

fuzz_target!(|data: &[u8]| -> Corpus {
    let [value @ .., b'.'] = data else { return Corpus::Reject };
    // The length selects the protocol, so similar inputs run with different protocols.
    let protocol = (data.len() % 6) as u8;
    let pickle = [BEFORE, value, AFTER].concat();
    let ours = load(&pickle);
    match (ours, python::pickle(protocol, &pickle)) {
        (Ok(_), Loaded::Refused) => panic!("our reader must refuse a pickle that Python refuses"),
        (ours, Loaded::Value(theirs)) => {
            let ours = ours.unwrap_or_else(|error| panic!("{error}: {}", pickle.escape_ascii()));
            check_same(protocol, &pickle, &ours, &theirs);
            if let Some(written) = &theirs.pickle
                && theirs.depth <= MAX_DEPTH
                && theirs.expanded <= MAX_EXPANDED
            {
                check_written_by_python(protocol, written);
            }
        }
        // Our reader runs no calls, and reads any `str` of Python 2, so it may accept what Python refuses.
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
    payload::pickle(protocol).dumps_record(record, &mut written).expect("a loaded record can be written");
    written
}

/// Checks that Python loads the same value from the original pickle and from the pickle that we write.
fn check_same(protocol: u8, pickle: &[u8], ours: &Record, theirs: &Value) {
    // `MAX_JSON_DEPTH` counts the list of the record, so the state can have one level less. `theirs.depth` counts the
    // innermost value even if it is neither a list nor a dict.
    if let Some(json) = &theirs.json
        && (theirs.depth as usize) < MAX_JSON_DEPTH
        && theirs.expanded <= MAX_EXPANDED
        && json.len() <= MAX_JSON
    {
        match ours.state.to_json() {
            Ok(ours) => assert_eq!(ours, *json),
            // We run no calls, so we do not know the value.
            Err(error) if error.to_string().contains("a call of the pickle may have changed") => {}
            Err(error) => panic!("we should write the state as JSON, as Python does: {error}"),
        }
    }
    let written = write(protocol, ours);
    if let Some(difference) = python::difference(pickle, &written) {
        panic!("{difference}\nwritten as {}", written.escape_ascii());
    }
    let again = load(&written).expect("a written record can be read");
    assert_eq!(write(protocol, &again), written, "the second writing must give the same bytes");
    // An unchanged session may be a copy. The first two changes may still move the changed entry.
    let [_, second, third] = changed_three_times(protocol, written);
    assert_eq!(
        third.escape_ascii().to_string(),
        second.escape_ascii().to_string(),
        "a third change must change nothing"
    );
}

/// Sets an entry to one value three times, and writes the session each time.
fn changed_three_times(protocol: u8, mut pickle: Vec<u8>) -> [Vec<u8>; 3] {
    std::array::from_fn(|_| {
        let mut record = load(&pickle).expect("a written record can be read");
        record.state.insert("changed", 1).expect("the value is JSON");
        pickle = write(protocol, &record);
        pickle.clone()
    })
}

/// Checks that we read a pickle of CPython's and write it as the same bytes.
fn check_written_by_python(protocol: u8, theirs: &[u8]) {
    let record = load(theirs).unwrap_or_else(|error| panic!("{error}: {}", theirs.escape_ascii()));
    let ours = write(protocol, &record);
    assert!(
        ours == theirs,
        "protocol {protocol}: CPython writes\n  {}\nand we write\n  {}",
        theirs.escape_ascii(),
        ours.escape_ascii()
    );
}
