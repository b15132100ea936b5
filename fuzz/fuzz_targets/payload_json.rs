//! Reads arbitrary signed bytes as JSON.
//!
//! Input: the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_serde::JsonSerializer;

fuzz_target!(|payload: &[u8]| session_fuzz::payload::check(JsonSerializer, payload));
