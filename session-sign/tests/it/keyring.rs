//! Rotation: who signs, who verifies, in which order.

use std::sync::{Arc, Mutex};

use hmac::{Hmac, SimpleHmac};
use session_sign::{KeyId, KeyRing, Sign, Signer, Verified, VerifyError};
use sha2::{Sha256, Sha512};

type Sha512Signer = Signer<Hmac<Sha512>>;

fn key(name: &str) -> Sha512Signer {
    Signer::new(name.as_bytes()).unwrap()
}

fn signed<K: Sign>(ring: &KeyRing<K>, message: &[u8]) -> Vec<u8> {
    let mut envelope = vec![0; ring.tag_len()];
    envelope.extend_from_slice(message);
    ring.sign(&mut envelope);
    envelope
}

fn verified(result: Result<Verified<'_>, VerifyError>) -> (KeyId, &[u8]) {
    let verified = result.unwrap();
    (verified.key(), verified.message())
}

#[test]
fn an_envelope_is_the_tag_and_then_the_message() {
    let ring = KeyRing::new(key("new"));
    let mut tag = [0; 64];
    key("new").sign(b"message", &mut tag);
    assert_eq!(signed(&ring, b"message"), [&tag[..], b"message"].concat());
    assert_eq!(verified(ring.verify(&signed(&ring, b""))), (KeyId::Current, &b""[..]));
}

#[test]
fn the_key_that_signed_is_reported() {
    let ring = KeyRing::new(key("new")).with_retired(key("old")).with_retired(key("older"));
    for (name, id) in [("new", KeyId::Current), ("old", KeyId::Retired(1)), ("older", KeyId::Retired(2))] {
        let envelope = signed(&KeyRing::new(key(name)), b"message");
        assert_eq!(verified(ring.verify(&envelope)), (id, &b"message"[..]));
    }
    assert_eq!(KeyId::Current.to_string(), "current");
    assert_eq!(KeyId::Retired(1).to_string(), "retired:1");
}

#[test]
fn a_removed_key_is_rejected() {
    let envelope = signed(&KeyRing::new(key("leaked")), b"message");
    let ring = KeyRing::new(key("new")).with_retired(key("leaked"));
    assert!(ring.verify(&envelope).is_ok());
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    assert!(ring.verify(&envelope).is_err());
}

#[test]
fn only_the_current_key_signs() {
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    let envelope = signed(&ring, b"message");
    assert_eq!(envelope, signed(&KeyRing::new(key("new")), b"message"));
    assert!(KeyRing::new(key("old")).verify(&envelope).is_err());
}

/// A key that writes down what it is asked.
struct Witness(&'static str, Arc<Mutex<Vec<String>>>);

impl Sign for Witness {
    fn tag_len(&self) -> usize {
        key(self.0).tag_len()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        self.1.lock().unwrap().push(format!("{} signs", self.0));
        key(self.0).sign(message, tag);
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        self.1.lock().unwrap().push(format!("{} verifies", self.0));
        key(self.0).verify(message, tag)
    }
}

#[test]
fn the_current_key_is_tried_first_and_the_retired_ones_in_their_order() {
    let log = Arc::default();
    let witness = |name| Witness(name, Arc::clone(&log));
    let ring = KeyRing::new(witness("new")).with_retired(witness("old")).with_retired(witness("older"));
    let mut envelope = signed(&ring, b"message");
    envelope[0] ^= 1;
    assert!(ring.verify(&envelope).is_err());
    assert!(ring.verify(&envelope[..3]).is_err());
    assert_eq!(*log.lock().unwrap(), ["new signs", "new verifies", "old verifies", "older verifies"]);
}

#[test]
fn of_n_keys_a_bad_envelope_costs_n_macs_and_one_of_the_current_key_a_single_one() {
    const NAMES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    for n in 1..=NAMES.len() {
        let log: Arc<Mutex<Vec<_>>> = Arc::default();
        let witness = |name| Witness(name, Arc::clone(&log));
        let macs = || std::mem::take(&mut *log.lock().unwrap()).len();
        let ring = KeyRing::new(witness(NAMES[0]));
        let ring = NAMES[1..n].iter().fold(ring, |ring, name| ring.with_retired(witness(name)));
        let cost_of = |envelope: &[u8]| {
            let _ = ring.verify(envelope);
            macs()
        };
        for (place, name) in NAMES[..n].iter().enumerate() {
            assert_eq!(cost_of(&signed(&KeyRing::new(key(name)), b"message")), place + 1);
        }
        assert_eq!(cost_of(&signed(&KeyRing::new(key("forged")), b"message")), n);
        assert_eq!(cost_of(&[0; 63]), 0, "too short for a tag");
        signed(&ring, b"message");
        assert_eq!(macs(), 1, "to sign");
    }
}

#[test]
fn keys_may_differ_in_mac_and_tag_length() {
    let sha512 = || -> Box<dyn Sign> { Box::new(key("one")) };
    let sha256 = || -> Box<dyn Sign> { Box::new(Signer::<Hmac<Sha256>>::new(b"two").unwrap()) };
    let sha3 = || -> Box<dyn Sign> { Box::new(Signer::<SimpleHmac<sha3::Sha3_224>>::new(b"two").unwrap()) };

    let ring = KeyRing::new(sha256()).with_retired(sha512()).with_retired(sha3());
    assert_eq!(ring.tag_len(), 32);
    // Messages shorter than the difference of the tags, so that the longest tag does not fit into every envelope.
    for message in [&b""[..], b"m", b"message"] {
        for (key, id) in
            [(sha256(), KeyId::Current), (sha512(), KeyId::Retired(1)), (sha3(), KeyId::Retired(2))]
        {
            let envelope = signed(&KeyRing::new(key), message);
            assert_eq!(verified(ring.verify(&envelope)), (id, message));
        }
    }
}

#[test]
fn every_failure_looks_the_same() {
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    let envelope = signed(&ring, b"message");
    let wrong = signed(&KeyRing::new(key("wrong")), b"message");
    for bad in [&b""[..], &envelope[..1], &envelope[..63], &envelope[..64], &wrong] {
        assert_eq!(ring.verify(bad).unwrap_err(), VerifyError::new());
    }
    assert_eq!(VerifyError::new().to_string(), "verification failed");
}

#[test]
#[should_panic]
fn signing_a_buffer_without_room_for_the_tag_is_a_bug() {
    KeyRing::new(key("new")).sign(&mut [0; 63]);
}

#[test]
#[should_panic]
fn signing_into_a_buffer_of_another_length_is_a_bug() {
    key("new").sign(b"message", &mut [0; 65]);
}
