//! Live interop: a real Pyramid application and our factory read and change each other's sessions, and the tests
//! compare both sides.
//!
//! Encrypted cookies are exchanged with Python's `cryptography`, because Pyramid does not encrypt.
//!
//! The environment variable `SIGNED_SESSION_PYTHON` names a Python interpreter with the packages of
//! `pyramid/requirements.txt`. `SIGNED_SESSION_PYTHON_1_10` names one with the packages of
//! `pyramid/requirements-1.10.txt`. `cargo xtask test` sets both. Without a variable, the tests that need it are
//! skipped, or fail if `CI` is `true`.

mod comparison;
mod encrypted;

mod kinds;
mod limits;
mod ours;
mod pyramid;
mod python;
mod script;

use comparison::Comparison;
use ours::Ours;
use pyramid::Pyramid;
use script::{JSON_KINDS, Op, PICKLED_KINDS};

/// The configuration of both sides. Times are in seconds.
#[derive(Clone)]
pub(crate) struct Config {
    secret: &'static str,
    salt: &'static str,
    hashalg: &'static str,
    serializer: &'static str,
    /// The pickle protocol.
    protocol: u8,
    /// The kinds of values that only Pyramid sets, because JSON cannot hold them. The names are those in `kinds.py`.
    python_kinds: &'static [&'static str],
    timeout: Option<u32>,
    reissue_time: Option<u32>,
}

const DEFAULT: Config = Config {
    secret: "an example secret that is long enough for every rule about length",
    salt: "pyramid.session.",
    hashalg: "sha512",
    serializer: "json",
    protocol: ours::DEFAULT_PROTOCOL,
    python_kinds: &[],
    timeout: Some(1200),
    reissue_time: Some(0),
};

/// One of the two sides: an application that answers requests.
pub(crate) trait Site {
    /// Answers a request that arrives at the time `now`. The handler performs `ops` on the session. `cookie` is the
    /// value of the `Cookie` header.
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer;
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    set_cookie: Option<String>,
    /// The session's state as JSON text, formatted as Python does. A Python-only value is `null`.
    state: String,
    created: f64,
    accessed: f64,
    is_new: bool,
    /// What each operation returned, as JSON.
    results: Vec<String>,
    /// Why the session could not be written to a cookie.
    error: Option<String>,
}

#[test]
fn json_sessions_match_with_defaults() {
    Comparison::run(&DEFAULT);
}

#[test]
fn json_sessions_match_with_sha256_and_latin1_secret() {
    let (secret, salt) = ("clé d'essai ÿ, long enough for every rule about length", "sel é.");
    let times = Config { timeout: Some(60), reissue_time: Some(10), ..DEFAULT };
    Comparison::run(&Config { secret, salt, hashalg: "sha256", ..times });
}

#[test]
fn json_sessions_match_with_utf8_secret_and_salt() {
    let (secret, salt) = ("clé d’essai €, long enough for every rule about length", "sel é.");
    Comparison::run(&Config { secret, salt, hashalg: "sha3_256", ..DEFAULT });
}

#[test]
fn json_sessions_match_with_blake2b_and_no_timeouts() {
    Comparison::run(&Config { hashalg: "blake2b", timeout: None, reissue_time: None, ..DEFAULT });
}

/// Python's `json` writes NaN and the infinities, which standard JSON does not have.
#[test]
fn json_sessions_match_with_python_values() {
    Comparison::run(&Config { python_kinds: JSON_KINDS, ..DEFAULT });
}

#[test]
fn pickle_sessions_match() {
    let times = Config { timeout: Some(30), reissue_time: Some(3), ..DEFAULT };
    Comparison::run(&Config { serializer: "pickle", ..times });
}

#[test]
fn pickle_sessions_match_with_python_values() {
    let times = Config { timeout: Some(30), reissue_time: Some(3), ..DEFAULT };
    Comparison::run(&Config { serializer: "pickle", python_kinds: PICKLED_KINDS, ..times });
}

/// Pyramid on Python 2 writes protocol 2.
#[test]
fn pickle_protocol_2_sessions_match_with_python_values() {
    let times = Config { timeout: None, reissue_time: None, ..DEFAULT };
    let config = Config { serializer: "pickle", protocol: 2, python_kinds: PICKLED_KINDS, ..times };
    Comparison::run(&config);
}

/// Python writes numbers that Rust would round or format differently. We change another entry, and Python finds the
/// numbers unchanged.
#[test]
fn untouched_entries_survive_round_trip_to_python() {
    for serializer in ["json", "pickle"] {
        let config = Config { serializer, ..DEFAULT };
        let Some(mut pyramid) = Pyramid::start(&config) else { return };
        let mut ours = Ours::new(&config);
        let set = |key, text: &str| Op::Set(key, text.to_owned());

        let written = pyramid.request(
            1_700_000_000.5,
            None,
            &[
                set("zeta", "123456789012345678901234567890"),
                set("hits", "1"),
                set("alpha", r#"{"z": 1e-05, "a": [1e+16, -0.0], "M": -123456789012345678901234567890}"#),
            ],
        );
        let cookie = cookie_of(&written);
        let changed = ours.request(1_700_000_001.75, Some(&cookie), &[set("hits", "2")]);
        let read = pyramid.request(1_700_000_001.75, Some(&cookie_of(&changed)), &[]);
        assert_eq!(
            read.state,
            "{\"zeta\": 123456789012345678901234567890, \"hits\": 2, \
             \"alpha\": {\"z\": 1e-05, \"a\": [1e+16, -0.0], \"M\": -123456789012345678901234567890}}",
        );
        assert_eq!((read.created, read.accessed, read.is_new), (1_700_000_000.5, 1_700_000_001.0, false));
    }
}

/// Returns the `Cookie` header that a browser sends after the answer.
fn cookie_of(answer: &Answer) -> String {
    let set_cookie = answer.set_cookie.as_deref().expect("a cookie was set");
    set_cookie.split(';').next().unwrap_or_default().to_owned()
}
