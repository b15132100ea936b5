//! Compares a factory's result for a `Cookie` header with the oracle's verdict on each cookie.
//!
//! Input: the header. The corpus has cookies with valid signatures. If the fuzzer mutates such a cookie, the factory
//! has to refuse it with the right reason, unless the mutation only adds correct padding.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use session_fuzz::load::{Limits, expected};
use session_fuzz::signed::{NOW, Opened, SECRET, open, sign};
use signed_session::{CookieHeader, ManualClock, SignedCookieSessionFactory, Timestamp};

const LIMITS: Limits = Limits { timeout: 1200.0, lifetime: f64::INFINITY };

static SESSIONS: LazyLock<SignedCookieSessionFactory> = LazyLock::new(|| {
    let clock = ManualClock::new(Timestamp::from_secs(NOW).expect("NOW is finite"));
    SignedCookieSessionFactory::builder(SECRET).clock(clock).build().expect("the options are valid")
});

/// Opens a cookie's value. Checks that a valid value is, apart from padding, exactly the text that `sign` writes for
/// the payload.
fn open_and_check_encoding(value: &[u8]) -> Opened {
    let opened = open(value);
    if let Opened::Verified(payload) = &opened {
        let text = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
        assert_eq!(text, sign(payload).as_bytes(), "a payload must have only one encoding");
    }
    opened
}

fuzz_target!(|line: &[u8]| {
    let header = CookieHeader::from(line);
    let mut session = SESSIONS.load(header.clone());
    match expected(header.values("session"), open_and_check_encoding, &LIMITS) {
        Ok(record) => {
            assert!(!session.is_new() && session.rejection().is_none(), "{:?}", session.rejection());
            assert_eq!(session.created(), record.created);
            assert_eq!(session.accessed(), record.accessed);
            assert_eq!(session.state().to_json(), record.state.to_json());
        }
        Err(rejection) => {
            assert!(session.is_new() && session.is_empty());
            assert_eq!(session.created().as_secs(), NOW);
            assert_eq!(session.rejection().expect("a new session has a rejection").kind(), rejection.kind());
            assert!(SESSIONS.save(&mut session).unwrap().is_empty(), "a bad cookie must not cause a new one");
        }
    }
});
