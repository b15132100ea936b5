//! A pickle that we take against Python's pickle.
//!
//! Input: a pickle of any value. What may differ is said in docs/fuzzing.md, section "pickle_python".

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use session_fuzz::python::{self, Answer};
use session_serde::{PickleSerializer, Serializer};

/// Around the value, to make the session `(0, 0, {"": value})` of it.
const BEFORE: &[u8] = b"K\0K\0}X\0\0\0\0";
const AFTER: &[u8] = b"s\x87.";

fuzz_target!(|data: &[u8]| -> Corpus {
    let [value @ .., b'.'] = data else { return Corpus::Reject };
    let pickle = [BEFORE, value, AFTER].concat();
    let Ok(loaded) = PickleSerializer::default().loads_record(pickle.as_slice().into()) else { return Corpus::Keep };
    match python::pickle(&pickle) {
        Answer::Text(theirs) => assert_eq!(format!("[0, 0, {}]", loaded.record.state.to_json()), theirs),
        Answer::OutOfMemory => {}
        theirs => panic!("taken by us alone: {theirs:?}"),
    }
    Corpus::Keep
});
