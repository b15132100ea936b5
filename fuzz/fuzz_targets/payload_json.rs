//! Signs arbitrary bytes as a payload, and reads the payload as a session's record in JSON. A record that is
//! read has to round-trip.
//!
//! Input: the payload to sign.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_serde::JsonSerializer;

fuzz_target!(|payload: &[u8]| session_fuzz::payload::check(JsonSerializer, payload));
