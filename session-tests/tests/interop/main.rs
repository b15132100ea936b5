//! Live: a real Pyramid application and our factory take turns on one session, and agree on it after each request.
//!
//! Encrypted cookies are exchanged with Python's `cryptography`, since Pyramid has none.
//!
//! The environment variable `SIGNED_SESSION_PYTHON` names a Python that has `pyramid/requirements.txt`, and
//! `SIGNED_SESSION_PYTHON_1_10` one that has `pyramid/requirements-1.10.txt`. `cargo xtask test` sets both. Without them
//! these tests are skipped, or fail where `CI` is `true`.

mod encrypted;
mod exchange;
mod kinds;
#[path = "../missing/mod.rs"]
mod missing;
mod ours;
mod pyramid;
mod python;
mod script;

use exchange::Exchange;
use ours::Ours;
use pyramid::Pyramid;
use script::Op;

/// What both sides are set up with. Times are in seconds.
#[derive(Clone)]
pub(crate) struct Config {
    secret: &'static str,
    salt: &'static str,
    hashalg: &'static str,
    serializer: &'static str,
    /// The protocol of pickle.
    protocol: u8,
    /// Pyramid sets values that JSON has no form of.
    has_python_values: bool,
    timeout: Option<u32>,
    reissue_time: Option<u32>,
}

const DEFAULT: Config = Config {
    secret: "an example secret that is long enough for every rule about length",
    salt: "pyramid.session.",
    hashalg: "sha512",
    serializer: "json",
    protocol: ours::DEFAULT_PROTOCOL,
    has_python_values: false,
    timeout: Some(1200),
    reissue_time: Some(0),
};

/// What a request brings, and what is known when it has been answered.
pub(crate) trait Site {
    /// `cookie` is the whole header.
    fn request(&mut self, now: f64, cookie: Option<&str>, ops: &[Op]) -> Answer;
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    set_cookie: Option<String>,
    /// JSON, as Python writes it.
    state: String,
    created: f64,
    accessed: f64,
    is_new: bool,
    /// What each operation returned, as JSON.
    results: Vec<String>,
    /// The session could not be sent.
    error: Option<String>,
}

#[test]
fn json_with_the_defaults() {
    Exchange::of_many_requests(&DEFAULT);
}

#[test]
fn json_with_sha256_another_salt_and_a_latin1_secret() {
    let (secret, salt) = ("clé d'essai ÿ, long enough for every rule about length", "sel é.");
    let times = Config { timeout: Some(60), reissue_time: Some(10), ..DEFAULT };
    Exchange::of_many_requests(&Config { secret, salt, hashalg: "sha256", ..times });
}

#[test]
fn json_with_a_secret_beyond_latin1_that_makes_its_salt_utf8_too() {
    let (secret, salt) = ("clé d’essai €, long enough for every rule about length", "sel é.");
    Exchange::of_many_requests(&Config { secret, salt, hashalg: "sha3_256", ..DEFAULT });
}

#[test]
fn json_with_blake2b_and_no_times() {
    Exchange::of_many_requests(&Config { hashalg: "blake2b", timeout: None, reissue_time: None, ..DEFAULT });
}

#[test]
fn pickle() {
    let times = Config { timeout: Some(30), reissue_time: Some(3), ..DEFAULT };
    Exchange::of_many_requests(&Config { serializer: "pickle", ..times });
}

#[test]
fn pickle_with_values_of_python() {
    let times = Config { timeout: Some(30), reissue_time: Some(3), ..DEFAULT };
    Exchange::of_many_requests(&Config { serializer: "pickle", has_python_values: true, ..times });
}

/// What Pyramid writes on Python 2.
#[test]
fn pickle_of_protocol_2_with_values_of_python() {
    let times = Config { timeout: None, reissue_time: None, ..DEFAULT };
    let config = Config { serializer: "pickle", protocol: 2, has_python_values: true, ..times };
    Exchange::of_many_requests(&config);
}

/// Python writes what Rust has no type for, we change one key, and Python finds all else as it was.
#[test]
fn what_we_do_not_touch_comes_back_to_python_as_it_was() {
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

/// The `Cookie` header of a browser that has taken the answer.
fn cookie_of(answer: &Answer) -> String {
    let set_cookie = answer.set_cookie.as_deref().expect("a cookie was set");
    set_cookie.split(';').next().unwrap_or_default().to_owned()
}
