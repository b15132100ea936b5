//! Reads arbitrary signed bytes as pickle.
//!
//! Input: the payload.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_fuzz::payload::{check, pickle};

fuzz_target!(|payload: &[u8]| check(pickle(4), payload));
