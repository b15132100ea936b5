//! Checks an [`Algorithm`] and the signers that it creates, which implement [`Sign`].

use proptest::prelude::*;
use session_sign::{Algorithm, KeyId, KeyRing, Sign};

use crate::run::{Bytes, Outcome, bytes, ensure, fail, fixed, property};

/// Checks an algorithm: each of its signers passes [`check`], no key verifies the tag of another key, and keys can be
/// rotated in a [`KeyRing`]. The suite's keys have [`KEY_LEN`] bytes.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check_algorithm(algorithm: &impl Algorithm) {
    crate::__signer_properties!(__all, signer, algorithm);
}

/// Checks one signer: it verifies its own tags and nothing else.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check(signer: &impl Sign) {
    property("one signer", 0.1, message(), |message| {
        is_deterministic(signer, &message)?;
        refuses_flipped_bits(signer, &message)?;
        refuses_other_lengths(signer, &message)
    });
    property("two messages", 1.0, (message(), message()), |(one, other)| {
        refuses_other_message(signer, &one, &other)
    });
    of_any_length(|message| covers(signer, message));
}

/// Length of the suite's keys in bytes. It is the minimum length of a secret, and the maximum key length of keyed
/// BLAKE2s.
pub const KEY_LEN: usize = 32;

/// Checks that signing a message twice gives the same tag, whatever the output buffer contained before. The tag must
/// not be empty, and the signer must verify it.
pub fn signs_the_same_way_each_time(algorithm: &impl Algorithm) {
    property("signing twice", 0.5, (key(), message()), |(key, message)| {
        is_deterministic(&signer(algorithm, &key)?, &message)
    });
}

/// Checks that a tag or a message with a flipped bit is refused, and that a tag with two neighbouring bytes swapped is
/// refused.
pub fn refuses_every_flipped_bit(algorithm: &impl Algorithm) {
    property("flipped bits", 0.03, (key(), message()), |(key, message)| {
        refuses_flipped_bits(&signer(algorithm, &key)?, &message)
    });
}

/// Checks that a longer or shorter tag or message is refused. If the first byte of the message is moved to the end of
/// the tag, the resulting tag and message must be refused as well.
pub fn refuses_truncated_or_extended(algorithm: &impl Algorithm) {
    property("other lengths", 0.15, (key(), message()), |(key, message)| {
        refuses_other_lengths(&signer(algorithm, &key)?, &message)
    });
}

/// Checks that a tag is valid for one message only.
pub fn refuses_the_tag_of_another_message(algorithm: &impl Algorithm) {
    property("two messages", 0.5, (key(), message(), message()), |(key, one, other)| {
        refuses_other_message(&signer(algorithm, &key)?, &one, &other)
    });
}

/// Checks that messages are signed up to their last byte. The check tries all lengths below 300 bytes, which include
/// the block sizes of common hashes, and also 4 KiB and 1 MiB.
pub fn signs_messages_of_any_length(algorithm: &impl Algorithm) {
    of_any_length(|message| covers(&signer(algorithm, &[7; KEY_LEN])?, message));
}

/// Checks that no key verifies the tag of another key, even if the keys differ only in a single bit.
pub fn refuses_another_key(algorithm: &impl Algorithm) {
    property("two keys", 1.0, (key(), key(), message()), |(key, other, message)| {
        prop_assume!(key != other);
        let tag = sign(&signer(algorithm, &key)?, &message);
        let other = signer(algorithm, &other)?.verify(&message, &tag);
        ensure!(other.is_err(), "another key verifies the tag");
        Ok(())
    });
    property("a key and similar keys", 0.05, (key(), message()), |(key, message)| {
        let tag = sign(&signer(algorithm, &key)?, &message);
        let mut similar = key.to_vec();
        for bit in 0..KEY_LEN * 8 {
            similar[bit / 8] ^= 1 << (bit % 8);
            let other = signer(algorithm, &similar)?.verify(&message, &tag);
            ensure!(other.is_err(), "a key that differs only in bit {} verifies the tag", bit);
            similar[bit / 8] ^= 1 << (bit % 8);
        }
        Ok(())
    });
}

/// Checks the keys of a [`KeyRing`]: the current key signs, and retired keys only verify. The ring must report the key
/// that signed a message, and must refuse the tag of a removed key.
pub fn key_rings_rotate(algorithm: &impl Algorithm) {
    let keys = proptest::collection::hash_set(key(), 2..5).prop_map(Vec::from_iter);
    property("a key ring", 0.25, (keys, message()), |(keys, message)| {
        let ring = ring(algorithm, &keys)?;
        for (place, key) in keys.iter().enumerate() {
            let id = if place == 0 { KeyId::Current } else { KeyId::Retired(place) };
            let envelope = signed(&KeyRing::new(signer(algorithm, key)?), &message);
            let verified = ring
                .verify(&envelope)
                .map_err(|_| fail(format!("the ring refuses bytes signed with its key {id}")))?;
            ensure!(
                verified.key() == id,
                "the ring says that the key {} signed the bytes, but the key {id} did",
                verified.key()
            );
            ensure!(
                verified.message() == &message[..],
                "the ring returns another message than the signed one: b\"{}\"",
                verified.message().escape_ascii()
            );
        }
        let envelope = signed(&ring, &message);
        let without_current = self::ring(algorithm, &keys[1..])?;
        ensure!(without_current.verify(&envelope).is_err(), "the ring signs with a retired key");
        let removed = signed(&KeyRing::new(signer(algorithm, &keys[keys.len() - 1])?), &message);
        let without_last = self::ring(algorithm, &keys[..keys.len() - 1])?;
        ensure!(without_last.verify(&removed).is_err(), "a ring accepts bytes signed with a removed key");
        Ok(())
    });
}

fn is_deterministic(signer: &impl Sign, message: &[u8]) -> Outcome {
    let tag = sign(signer, message);
    ensure!(!tag.is_empty(), "the tag is empty");
    let mut used = vec![0xff; signer.tag_len()];
    signer.sign(message, &mut used);
    ensure!(used == tag, "signing the message again, into a buffer with other contents, gives another tag");
    ensure!(signer.verify(message, &tag).is_ok(), "the signer refuses its own tag");
    Ok(())
}

fn refuses_flipped_bits(signer: &impl Sign, message: &[u8]) -> Outcome {
    let (tag, mut message) = (sign(signer, message), message.to_vec());
    let mut flipped = tag.clone();
    for bit in 0..tag.len() * 8 {
        flipped[bit / 8] ^= 1 << (bit % 8);
        ensure!(signer.verify(&message, &flipped).is_err(), "the tag is accepted with bit {} flipped", bit);
        flipped[bit / 8] ^= 1 << (bit % 8);
    }
    for place in 1..tag.len() {
        flipped.swap(place - 1, place);
        let is_same = flipped == tag;
        ensure!(
            is_same || signer.verify(&message, &flipped).is_err(),
            "the tag is accepted with two bytes swapped"
        );
        flipped.swap(place - 1, place);
    }
    for bit in 0..message.len() * 8 {
        message[bit / 8] ^= 1 << (bit % 8);
        ensure!(
            signer.verify(&message, &tag).is_err(),
            "the tag is valid for the message with bit {} flipped",
            bit
        );
        message[bit / 8] ^= 1 << (bit % 8);
    }
    Ok(())
}

fn refuses_other_lengths(signer: &impl Sign, message: &[u8]) -> Outcome {
    let tag = sign(signer, message);
    for len in 0..tag.len() {
        ensure!(
            signer.verify(message, &tag[..len]).is_err(),
            "the first {} bytes of the tag are accepted",
            len
        );
        ensure!(
            signer.verify(message, &tag[len + 1..]).is_err(),
            "the tag is accepted without its first {} bytes",
            len + 1
        );
    }
    for len in 0..message.len() {
        ensure!(
            signer.verify(&message[..len], &tag).is_err(),
            "the tag is valid for the first {} bytes of the message",
            len
        );
        ensure!(
            signer.verify(&message[len + 1..], &tag).is_err(),
            "the tag is valid for the message without its first {} bytes",
            len + 1
        );
    }
    for byte in [0, b' ', b'=', 0x80, 0xff] {
        let extended = [message, &[byte]].concat();
        ensure!(
            signer.verify(&extended, &tag).is_err(),
            "the tag is valid for the message with the additional byte {:#x}",
            byte
        );
        let extended = [&tag[..], &[byte]].concat();
        ensure!(
            signer.verify(message, &extended).is_err(),
            "the tag is accepted with the additional byte {:#x}",
            byte
        );
    }
    ensure!(signer.verify(message, &tag.repeat(2)).is_err(), "the tag is accepted if a copy of it follows");
    if let [first, rest @ ..] = message {
        let longer = [&tag[..], &[*first]].concat();
        ensure!(
            signer.verify(rest, &longer).is_err(),
            "the first byte of the message can move to the end of the tag"
        );
    }
    Ok(())
}

fn refuses_other_message(signer: &impl Sign, one: &[u8], other: &[u8]) -> Outcome {
    prop_assume!(one != other);
    ensure!(
        signer.verify(other, &sign(signer, one)).is_err(),
        "the tag of one message is valid for the other"
    );
    Ok(())
}

/// Checks that the tag is valid, and that it is no longer valid if the last byte of the message changes.
fn covers(signer: &impl Sign, message: &[u8]) -> Outcome {
    let tag = sign(signer, message);
    ensure!(signer.verify(message, &tag).is_ok(), "the signer refuses its own tag");
    if let Some(at) = message.len().checked_sub(1) {
        let mut changed = message.to_vec();
        changed[at] ^= 0x80;
        ensure!(
            signer.verify(&changed, &tag).is_err(),
            "the tag is valid for the message with byte {} changed",
            at
        );
    }
    Ok(())
}

fn of_any_length(check: impl Fn(&[u8]) -> Outcome) {
    for len in (0..300).chain([4096, 1 << 20]) {
        let message: Vec<u8> = (0..=u8::MAX).cycle().take(len).collect();
        fixed("messages of any length", format_args!("a message of {len} bytes"), || check(&message));
    }
}

fn sign(signer: &impl Sign, message: &[u8]) -> Vec<u8> {
    let mut tag = vec![0; signer.tag_len()];
    signer.sign(message, &mut tag);
    tag
}

fn signed<S: Sign>(ring: &KeyRing<S>, message: &[u8]) -> Vec<u8> {
    let mut envelope = vec![0; ring.tag_len()];
    envelope.extend_from_slice(message);
    ring.sign(&mut envelope);
    envelope
}

fn signer<A: Algorithm>(algorithm: &A, key: &[u8]) -> Result<A::Signer, TestCaseError> {
    algorithm
        .signer(key)
        .map_err(|error| fail(format!("the algorithm refuses a key of {} bytes: {error}", key.len())))
}

fn ring<A: Algorithm>(algorithm: &A, keys: &[Bytes]) -> Result<KeyRing<A::Signer>, TestCaseError> {
    let ring = KeyRing::new(signer(algorithm, &keys[0])?);
    keys[1..].iter().try_fold(ring, |ring, key| Ok(ring.with_retired(signer(algorithm, key)?)))
}

fn key() -> impl Strategy<Value = Bytes> {
    bytes("key", KEY_LEN)
}

fn message() -> impl Strategy<Value = Bytes> {
    bytes("message", 0..40)
}
