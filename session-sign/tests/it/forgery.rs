//! Only the complete tag of the same message under the same key verifies.

use hmac::{Hmac, SimpleHmac};
use proptest::collection::vec;
use proptest::prelude::*;
use session_sign::{KeyId, KeyRing, Sign, Signer};

use crate::util::tag;

/// Returns signers for three MACs, whose tags have 64, 32 and 32 bytes.
fn signers(key: &[u8]) -> [Box<dyn Sign>; 3] {
    [
        Box::new(Signer::<Hmac<sha2::Sha512>>::new(key).unwrap()),
        Box::new(Signer::<SimpleHmac<sha3::Sha3_256>>::new(key).unwrap()),
        Box::new(Signer::<blake2::Blake2sMac256>::new(&key[..key.len().min(32)]).unwrap()),
    ]
}

fn signed(signer: Box<dyn Sign>, message: &[u8]) -> (KeyRing<Box<dyn Sign>>, Vec<u8>) {
    let ring = KeyRing::new(signer);
    let mut envelope = vec![0xa5; ring.tag_len()];
    envelope.extend_from_slice(message);
    ring.sign(&mut envelope);
    (ring, envelope)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn flipped_bit_is_rejected(key in vec(any::<u8>(), 1..80), message in vec(any::<u8>(), 0..40)) {
        for signer in signers(&key) {
            let (ring, mut envelope) = signed(signer, &message);
            prop_assert_eq!(ring.verify(&envelope).unwrap().message(), &message[..]);
            for bit in 0..8 * envelope.len() {
                envelope[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(ring.verify(&envelope).is_err(), "bit {}", bit);
                envelope[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    #[test]
    fn truncation_and_extension_are_rejected(
        key in vec(any::<u8>(), 1..80),
        message in vec(any::<u8>(), 0..40),
        extra in vec(any::<u8>(), 1..80),
    ) {
        for signer in signers(&key) {
            let (ring, envelope) = signed(signer, &message);
            for cut in 1..=envelope.len() {
                prop_assert!(ring.verify(&envelope[cut..]).is_err(), "without the first {} bytes", cut);
                prop_assert!(ring.verify(&envelope[..envelope.len() - cut]).is_err(), "without the last {} bytes", cut);
            }
            for len in 1..=extra.len() {
                prop_assert!(ring.verify(&[&envelope[..], &extra[..len]].concat()).is_err());
                prop_assert!(ring.verify(&[&extra[..len], &envelope[..]].concat()).is_err());
            }
        }
    }

    #[test]
    fn tag_of_other_length_is_rejected(
        key in vec(any::<u8>(), 1..80),
        message in vec(any::<u8>(), 0..40),
        extra in vec(any::<u8>(), 1..40),
    ) {
        for signer in signers(&key) {
            let whole = tag(&signer, &message);
            prop_assert!(signer.verify(&message, &whole).is_ok());
            for len in 0..whole.len() {
                prop_assert!(signer.verify(&message, &whole[..len]).is_err());
                prop_assert!(signer.verify(&message, &whole[len + 1..]).is_err());
            }
            prop_assert!(signer.verify(&message, &[&whole[..], &extra[..]].concat()).is_err());
        }
    }

    #[test]
    fn other_key_is_rejected(
        // The keys have no zero bytes. HMAC pads a short key with zeros, so keys that differ only in trailing zeros
        // give the same tags.
        key in vec(1..=u8::MAX, 1..32),
        other in vec(1..=u8::MAX, 1..32),
        message in vec(any::<u8>(), 0..40),
    ) {
        prop_assume!(key != other);
        for (signer, other) in signers(&key).into_iter().zip(signers(&other)) {
            let (_, envelope) = signed(signer, &message);
            prop_assert!(KeyRing::new(other).verify(&envelope).is_err());
        }
    }

    #[test]
    fn arbitrary_bytes_are_rejected(envelope in vec(any::<u8>(), 0..200)) {
        let [current, first, second] = signers(b"key");
        let ring = KeyRing::new(current).with_retired(first).with_retired(second);
        prop_assert!(ring.verify(&envelope).is_err());
    }

    #[test]
    fn message_of_any_length_is_returned(message in vec(any::<u8>(), 0..1000)) {
        for signer in signers(b"key") {
            let (ring, envelope) = signed(signer, &message);
            let verified = ring.verify(&envelope).unwrap();
            prop_assert_eq!((verified.key(), verified.message()), (KeyId::Current, &message[..]));
        }
    }
}
