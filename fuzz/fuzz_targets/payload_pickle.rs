//! Any bytes, signed, read as pickle.
//!
//! Input: the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_serde::PickleSerializer;

fuzz_target!(|payload: &[u8]| session_fuzz::payload::check(PickleSerializer::default(), payload));
