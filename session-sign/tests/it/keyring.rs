//! Rotation of keys: which key signs, which keys verify, and in which order.

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
fn envelope_is_tag_then_message() {
    let ring = KeyRing::new(key("new"));
    let mut tag = [0; 64];
    key("new").sign(b"message", &mut tag);
    assert_eq!(signed(&ring, b"message"), [&tag[..], b"message"].concat());
    assert_eq!(verified(ring.verify(&signed(&ring, b""))), (KeyId::Current, &b""[..]));
}

#[test]
fn verified_message_reports_key_that_signed() {
    let ring = KeyRing::new(key("new")).with_retired(key("old")).with_retired(key("older"));
    for (name, id) in [("new", KeyId::Current), ("old", KeyId::Retired(1)), ("older", KeyId::Retired(2))] {
        let envelope = signed(&KeyRing::new(key(name)), b"message");
        assert_eq!(verified(ring.verify(&envelope)), (id, &b"message"[..]));
    }
    assert_eq!(KeyId::Current.to_string(), "current");
    assert_eq!(KeyId::Retired(1).to_string(), "retired:1");
}

#[test]
fn removed_key_is_rejected() {
    let envelope = signed(&KeyRing::new(key("leaked")), b"message");
    let ring = KeyRing::new(key("new")).with_retired(key("leaked"));
    assert!(ring.verify(&envelope).is_ok());
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    assert!(ring.verify(&envelope).is_err());
}

#[test]
fn only_current_key_signs() {
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    let envelope = signed(&ring, b"message");
    assert_eq!(envelope, signed(&KeyRing::new(key("new")), b"message"));
    assert!(KeyRing::new(key("old")).verify(&envelope).is_err());
}

/// A key that logs each call of `sign` and `verify`.
struct LoggingKey {
    name: &'static str,
    log: Arc<Mutex<Vec<String>>>,
}

impl Sign for LoggingKey {
    fn tag_len(&self) -> usize {
        key(self.name).tag_len()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        self.log.lock().unwrap().push(format!("{} signs", self.name));
        key(self.name).sign(message, tag);
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        self.log.lock().unwrap().push(format!("{} verifies", self.name));
        key(self.name).verify(message, tag)
    }
}

#[test]
fn keys_are_tried_in_order() {
    let log = Arc::default();
    let logging_key = |name| LoggingKey { name, log: Arc::clone(&log) };
    let ring =
        KeyRing::new(logging_key("new")).with_retired(logging_key("old")).with_retired(logging_key("older"));
    let mut envelope = signed(&ring, b"message");
    envelope[0] ^= 1;
    assert!(ring.verify(&envelope).is_err());
    assert!(ring.verify(&envelope[..3]).is_err());
    assert_eq!(*log.lock().unwrap(), ["new signs", "new verifies", "old verifies", "older verifies"]);
}

#[test]
fn mac_count_per_key_position() {
    const NAMES: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];
    for n in 1..=NAMES.len() {
        let log: Arc<Mutex<Vec<_>>> = Arc::default();
        let logging_key = |name| LoggingKey { name, log: Arc::clone(&log) };
        let macs = || std::mem::take(&mut *log.lock().unwrap()).len();
        let ring = KeyRing::new(logging_key(NAMES[0]));
        let ring = NAMES[1..n].iter().fold(ring, |ring, name| ring.with_retired(logging_key(name)));
        let cost_of = |envelope: &[u8]| {
            let _ = ring.verify(envelope);
            macs()
        };
        for (position, name) in NAMES[..n].iter().enumerate() {
            assert_eq!(cost_of(&signed(&KeyRing::new(key(name)), b"message")), position + 1);
        }
        assert_eq!(cost_of(&signed(&KeyRing::new(key("forged")), b"message")), n);
        assert_eq!(cost_of(&[0; 63]), 0, "an envelope shorter than a tag needs no MAC");
        signed(&ring, b"message");
        assert_eq!(macs(), 1, "signing needs one MAC");
    }
}

#[test]
fn keys_may_have_different_macs_and_tag_lengths() {
    let sha512 = || -> Box<dyn Sign> { Box::new(key("one")) };
    let sha256 = || -> Box<dyn Sign> { Box::new(Signer::<Hmac<Sha256>>::new(b"two").unwrap()) };
    let sha3 = || -> Box<dyn Sign> { Box::new(Signer::<SimpleHmac<sha3::Sha3_224>>::new(b"two").unwrap()) };

    let ring = KeyRing::new(sha256()).with_retired(sha512()).with_retired(sha3());
    assert_eq!(ring.tag_len(), 32);
    // Some messages are so short that the envelope is shorter than the longest tag.
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
fn forged_or_truncated_envelope_is_rejected() {
    let ring = KeyRing::new(key("new")).with_retired(key("old"));
    let envelope = signed(&ring, b"message");
    let wrong = signed(&KeyRing::new(key("wrong")), b"message");
    for bad in [&b""[..], &envelope[..1], &envelope[..63], &envelope[..64], &wrong] {
        assert!(ring.verify(bad).is_err(), "{} bytes", bad.len());
    }
}

#[test]
fn verify_error_does_not_say_why() {
    let signer = key("new");
    let ring = KeyRing::new(signer.clone());
    let envelope = signed(&ring, b"message");
    let mut forged = envelope.clone();
    forged[0] ^= 1;
    let (tag, message) = envelope.split_at(64);
    let errors = [
        ring.verify(b"").unwrap_err(),
        ring.verify(&envelope[..63]).unwrap_err(),
        ring.verify(&envelope[..64]).unwrap_err(),
        ring.verify(&forged).unwrap_err(),
        KeyRing::new(key("wrong")).with_retired(key("old")).verify(&envelope).unwrap_err(),
        signer.verify(message, &tag[..63]).unwrap_err(),
        signer.verify(b"massage", tag).unwrap_err(),
    ];
    for (case, error) in errors.into_iter().enumerate() {
        assert_eq!(error, VerifyError::new(), "{case}");
        assert_eq!(format!("{error} {error:?}"), "verification failed VerifyError(())", "{case}");
    }
}

// The standard library writes the messages of these two panics.
#[test]
#[should_panic(expected = "mid > len")]
fn ring_sign_panics_on_buffer_shorter_than_tag() {
    KeyRing::new(key("new")).sign(&mut [0; 63]);
}

#[test]
#[should_panic(expected = "does not match destination slice length")]
fn signer_sign_panics_on_buffer_of_other_length() {
    key("new").sign(b"message", &mut [0; 65]);
}
