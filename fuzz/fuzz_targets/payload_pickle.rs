//! Signs arbitrary bytes, and reads them as a pickle.
//!
//! Input: the payload to sign.

#![no_main]

use libfuzzer_sys::fuzz_target;
use session_fuzz::payload::{check, pickle};

fuzz_target!(|payload: &[u8]| check(pickle(4), payload));
