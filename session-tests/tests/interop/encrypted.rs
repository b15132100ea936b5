//! Exchanges encrypted cookies with `pyramid/encrypted.py`, which follows docs/format.md and uses Python's
//! `cryptography` package.

mod factory;

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use session_encrypt::Encrypter;
use signed_session::{CompactJsonSerializer, EncryptedSerializer};

use crate::python::{Python, Version};

/// The parameters from which both sides derive their keys.
#[derive(Clone, Debug)]
struct Keys {
    /// The secrets. The current one comes first.
    secrets: Vec<Vec<u8>>,
    purpose: String,
    name: String,
}

fn keys() -> impl Strategy<Value = Keys> {
    (vec(vec(any::<u8>(), 32..100), 1..4), "\\PC{0,20}", "\\PC{0,20}")
        .prop_map(|(secrets, purpose, name)| Keys { secrets, purpose, name })
}

impl Keys {
    fn ours(&self) -> Encrypter {
        let encrypter = Encrypter::new(&self.secrets[0], &self.purpose, &self.name);
        let with_retired = |encrypter: Encrypter, secret: &Vec<u8>| encrypter.with_retired(secret);
        encrypter
            .and_then(|encrypter| self.secrets[1..].iter().try_fold(encrypter, with_retired))
            .expect("the secrets are long enough")
    }

    fn encrypt(&self, message: &[u8]) -> String {
        let mut envelope = message.to_vec();
        self.ours().encrypt(&mut envelope).expect("random bytes are available");
        URL_SAFE_NO_PAD.encode(envelope)
    }

    /// Returns the message and the index of the secret that decrypts the cookie, or `None` if no secret does.
    fn decrypt(&self, cookie: &str) -> Option<(Vec<u8>, usize)> {
        let ours = EncryptedSerializer::new(self.ours(), CompactJsonSerializer);
        let (key, message) = ours.decrypt(cookie.as_bytes()).ok()?;
        Some((message, key.index()))
    }
}

/// The Python side.
struct Peer(RefCell<Python>);

impl Peer {
    fn start() -> Option<Self> {
        Some(Self(RefCell::new(Python::start(Version::Current, "encrypted.py")?)))
    }

    fn ask(&self, keys: &Keys, mut command: Value) -> Value {
        command["secrets"] = keys.secrets.iter().map(|secret| hex(secret)).collect();
        command["purpose"] = keys.purpose.as_str().into();
        command["name"] = keys.name.as_str().into();
        serde_json::from_str(&self.0.borrow_mut().ask(&command)).expect("Python answers with JSON")
    }

    fn encrypt(&self, keys: &Keys, message: &[u8]) -> String {
        let answer = self.ask(keys, json!({"op": "encrypt", "message": hex(message)}));
        answer["cookie"].as_str().expect("the answer has a cookie").to_owned()
    }

    fn decrypt(&self, keys: &Keys, cookie: &str) -> Option<(Vec<u8>, usize)> {
        let answer = self.ask(keys, json!({"op": "decrypt", "cookie": cookie}));
        let place = answer["key"].as_u64().and_then(|place| usize::try_from(place).ok());
        Some((bytes(answer["message"].as_str()?), place.expect("the index of a key")))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn run<S: Strategy>(cases: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&cases, test).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn encrypted_cookies_are_read_on_both_sides() {
    let Some(peer) = Peer::start() else { return };
    run((keys(), vec(any::<u8>(), 0..700)), |(keys, message)| {
        let read = Some((message.clone(), 0));
        prop_assert_eq!(peer.decrypt(&keys, &keys.encrypt(&message)), read.clone(), "Python reads ours");
        prop_assert_eq!(keys.decrypt(&peer.encrypt(&keys, &message)), read, "we read Python's");
        Ok(())
    });
}

#[test]
fn retired_secret_is_found_on_both_sides() {
    let Some(peer) = Peer::start() else { return };
    run((keys(), vec(any::<u8>(), 32)), |(keys, current)| {
        let rotated = Keys { secrets: [&[current][..], &keys.secrets].concat(), ..keys.clone() };
        let read = Some((b"message".to_vec(), 1));
        prop_assert_eq!(peer.decrypt(&rotated, &keys.encrypt(b"message")), read.clone(), "Python reads ours");
        prop_assert_eq!(rotated.decrypt(&peer.encrypt(&keys, b"message")), read, "we read Python's");
        Ok(())
    });
}

#[test]
fn forged_cookie_is_refused_on_both_sides() {
    let Some(peer) = Peer::start() else { return };
    run((keys(), any::<Index>(), 0_u8..8), |(keys, at, bit)| {
        let mut envelope = URL_SAFE_NO_PAD.decode(keys.encrypt(b"message")).expect("base64");
        let at = at.index(envelope.len());
        envelope[at] ^= 1 << bit;
        let forged = URL_SAFE_NO_PAD.encode(envelope);
        prop_assert_eq!((peer.decrypt(&keys, &forged), keys.decrypt(&forged)), (None, None));
        Ok(())
    });
}

#[test]
fn only_valid_base64url_is_accepted_on_both_sides() {
    let Some(peer) = Peer::start() else { return };
    run((keys(), vec(any::<u8>(), 0..6)), |(keys, message)| {
        let cookie = keys.encrypt(&message);
        let padded = URL_SAFE.encode(URL_SAFE_NO_PAD.decode(&cookie).expect("base64"));
        let read = Some((message, 0));
        for spelling in [&cookie, &padded] {
            prop_assert_eq!(peer.decrypt(&keys, spelling), read.clone(), "Python should read {}", spelling);
            prop_assert_eq!(keys.decrypt(spelling), read.clone(), "we should read {}", spelling);
        }
        let mut wrong = vec![format!("{padded}="), cookie.replace('-', "+").replace('_', "/")];
        if padded.ends_with("==") {
            wrong.push(format!("{cookie}="));
        }
        if padded != cookie {
            // The unused bits of the last character are zero. The next character of the alphabet sets one of them.
            let mut text = cookie.clone().into_bytes();
            *text.last_mut().expect("a cookie is not empty") += 1;
            wrong.push(String::from_utf8(text).expect("ASCII"));
        }
        for spelling in wrong.iter().filter(|&spelling| *spelling != cookie) {
            prop_assert_eq!(peer.decrypt(&keys, spelling), None, "Python should refuse {}", spelling);
            prop_assert_eq!(keys.decrypt(spelling), None, "we should refuse {}", spelling);
        }
        Ok(())
    });
}

#[test]
fn python_reads_worked_example() {
    let Some(peer) = Peer::start() else { return };
    let format = include_str!("../../../docs/format.md");
    let cookie = format.lines().find_map(|line| line.strip_prefix("__Host-session=")).expect("an example");
    let keys = Keys {
        secrets: vec![(0..32).collect()],
        purpose: "session".to_owned(),
        name: "__Host-session".to_owned(),
    };
    let message = b"[1700000000,1700000000.5,{\"user\":\"ada\"}]".to_vec();
    assert_eq!(peer.decrypt(&keys, cookie), Some((message, 0)));
}
