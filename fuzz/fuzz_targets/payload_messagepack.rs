//! Signs arbitrary bytes, and reads them as MessagePack.
//!
//! Input: the payload to sign.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_serde::MessagePackSerializer;

fuzz_target!(|payload: &[u8]| session_fuzz::payload::check(MessagePackSerializer, payload));
