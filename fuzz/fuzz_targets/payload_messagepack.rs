//! Reads arbitrary signed bytes as MessagePack.
//!
//! Input: the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_serde::MessagePackSerializer;

fuzz_target!(|payload: &[u8]| session_fuzz::payload::check(MessagePackSerializer, payload));
