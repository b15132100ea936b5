//! Compares a factory's result for a `Cookie` header with the oracle's verdict on each cookie.
//!
//! Input: the header. The corpus has cookies with valid signatures. No mutation of them may be accepted, and each refusal
//! has to have the right reason.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use session_core::Record;
use session_fuzz::signed::{NOW, Opened, SECRET, open, sign};
use signed_session::{
    CookieHeader, MAX_CANDIDATES, ManualClock, Rejection, SignedCookieSessionFactory, Timestamp,
};

const TIMEOUT: f64 = 1200.0;
const MAX_COOKIE: usize = 4096;

static SESSIONS: LazyLock<SignedCookieSessionFactory> = LazyLock::new(|| {
    let clock = ManualClock::new(Timestamp::from_secs(NOW).expect("finite"));
    SignedCookieSessionFactory::builder(SECRET).clock(clock).build().expect("valid options")
});

/// Returns the expected result: the last cookie that verifies and has not expired. Without one, the rejection is that of
/// the last cookie that verifies or, if none verifies, of the last cookie.
fn expected(header: &CookieHeader) -> Result<Record, Rejection> {
    let (mut expired, mut why) = (None, None);
    for value in header.values("session").take(MAX_CANDIDATES) {
        let rejection = match open(value) {
            _ if value.len() > MAX_COOKIE => Rejection::malformed(""),
            Opened::NotBase64 => Rejection::malformed(""),
            Opened::BadSignature => Rejection::bad_signature(),
            Opened::Verified(payload) => {
                let text = value.strip_suffix(b"==").or_else(|| value.strip_suffix(b"=")).unwrap_or(value);
                assert_eq!(text, sign(&payload).as_bytes(), "a payload has two spellings");
                match Record::from_json(payload) {
                    Ok(record) if NOW - record.accessed.as_secs() <= TIMEOUT => return Ok(record),
                    Ok(_) => expired = Some(Rejection::expired()),
                    Err(_) => return Err(expired.unwrap_or(Rejection::malformed(""))),
                }
                continue;
            }
        };
        why.get_or_insert(rejection);
    }
    Err(expired.or(why).unwrap_or(Rejection::missing()))
}

fn kind(rejection: &Rejection) -> [bool; 4] {
    [rejection.is_missing(), rejection.is_malformed(), rejection.is_bad_signature(), rejection.is_expired()]
}

fuzz_target!(|line: &[u8]| {
    let header = CookieHeader::from(line);
    let mut session = SESSIONS.load(header.clone());
    match expected(&header) {
        Ok(record) => {
            assert!(!session.is_new() && session.rejection().is_none(), "{:?}", session.rejection());
            assert_eq!(session.created(), record.created);
            assert_eq!(session.accessed(), record.accessed);
            assert_eq!(session.state().to_json(), record.state.to_json());
        }
        Err(rejection) => {
            assert!(session.is_new() && session.is_empty());
            assert_eq!(session.created().as_secs(), NOW);
            assert_eq!(kind(session.rejection().expect("a reason")), kind(&rejection));
            assert!(SESSIONS.save(&mut session).unwrap().is_empty(), "a bad cookie is answered");
        }
    }
});
