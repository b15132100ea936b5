//! Checks a [`Serializer`] that signs or encrypts.
//!
//! Run this suite in addition to the suite in [`serializer`](crate::serializer). This suite chooses [`Keys`], and your
//! function creates a serializer with them.
//!
//! ```
//! use session_serde::JsonSerializer;
//! use session_sign::{KeyRing, Signer};
//! use session_tests::protected::Keys;
//! use signed_session::SignedSerializer;
//!
//! type HmacSigner = Signer<hmac::Hmac<sha2::Sha256>>;
//!
//! fn signed(keys: &Keys) -> SignedSerializer<HmacSigner, JsonSerializer> {
//!     let signer = |secret: &[u8]| Signer::new(&[&keys.salt, secret].concat()).unwrap();
//!     let ring = KeyRing::new(signer(&keys.secret));
//!     let ring = keys.retired.iter().fold(ring, |ring, secret| ring.with_retired(signer(secret)));
//!     SignedSerializer::new(ring, JsonSerializer)
//! }
//!
//! session_tests::protected_serializer_suite!(signed_json, signed);
//! # session_tests::protected::keys_rotate(signed);
//! ```

use std::borrow::Cow;
use std::fmt;

use proptest::prelude::*;
use proptest::sample::Index;
use session_core::{Record, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::run::{Bytes, Outcome, at, bytes, ensure, fail, fixed, property};
use crate::serializer::{dump, is_padding};
use crate::strategies::{self, PlainRecord};

/// The keys of a serializer.
///
/// Secrets have [`SECRET_LEN`](Keys::SECRET_LEN) bytes, which are random except in a few fixed cases. Shrinking a
/// failing case does not simplify a random secret, because a serializer may refuse weak secrets. Salts have
/// [`SALT_LEN`](Keys::SALT_LEN) bytes.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keys {
    /// The salt, or an equivalent parameter that separates this use of the secrets from other uses. A serializer with
    /// two of these parameters, for example a purpose and a cookie name, uses half of the bytes for each.
    pub salt: Vec<u8>,
    /// The current secret, which signs or encrypts.
    pub secret: Vec<u8>,
    /// The retired secrets, the latest first. They only verify or decrypt.
    pub retired: Vec<Vec<u8>>,
}

impl Keys {
    /// Length of a secret in bytes: the recommended minimum.
    pub const SECRET_LEN: usize = 32;

    /// Length of a salt in bytes. Salt and secret together fit into the key of keyed BLAKE2b.
    pub const SALT_LEN: usize = 16;

    pub(crate) fn fixed() -> Self {
        // A serializer may refuse a secret that does not look random. These are digits of pi.
        let secret = b"\x24\x3f\x6a\x88\x85\xa3\x08\xd3\x13\x19\x8a\x2e\x03\x70\x73\x44\
                       \xa4\x09\x38\x22\x29\x9f\x31\xd0\x08\x2e\xfa\x98\xec\x4e\x6c\x89";
        Self { salt: vec![1; Self::SALT_LEN], secret: secret.to_vec(), retired: Vec::new() }
    }

    fn new(salt: &[u8], secrets: &[Bytes]) -> Self {
        let mut secrets = secrets.iter().map(|secret| secret.to_vec());
        Self { salt: salt.to_vec(), secret: secrets.next().unwrap_or_default(), retired: secrets.collect() }
    }
}

/// Checks serializers that `make` creates.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check<S: Serializer>(make: impl Fn(&Keys) -> S) {
    crate::__protected_properties!(__all, protected, &make);
}

/// Checks that changed bytes are refused: a flipped bit, truncated or added bytes, the start of one session joined to
/// the end of another. Only padding and white space at the end may be missing or added.
pub fn changed_bytes_are_refused<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), strategies::record(), change());
    property("a change", 2.0, case, |(keys, record, change)| {
        let serializer = make(&keys);
        let bytes = dump(&serializer, &record)?;
        let changed = match &change {
            Change::Other(other, at) => {
                let other = dump(&serializer, other)?;
                let at = at.index(bytes.len().min(other.len()));
                let joined = [&other[..at], &bytes[at..]].concat();
                // If the sessions end with the same bytes, the result is the other session, which is valid.
                if joined == other { bytes.clone() } else { joined }
            }
            change => change.apply(&bytes),
        };
        check_refused(&serializer, &changed, &bytes)
    });
    // Try the simple changes at each position. In common formats, each record is one byte longer than the one before.
    // So in base64, the last group of each record encodes a different number of bytes: one, two or three.
    for text in ["\"\"", "\"a\"", "\"aa\""] {
        let serializer = make(&Keys::fixed());
        let time = Timestamp::from_secs(1_700_000_000.25).unwrap_or_default();
        let entries = vec![("key".to_owned(), text.to_owned())];
        let record = PlainRecord { accessed: time, created: time, entries };
        fixed("every change", format_args!("{record:?}"), || {
            let bytes = dump(&serializer, &record)?;
            let refused = |changed: &[u8]| check_refused(&serializer, changed, &bytes);
            refused(&[b"A", &bytes[..]].concat()).map_err(at("with A in front: "))?;
            refused(&[&bytes[..], b"A"].concat()).map_err(at("with A at the end: "))?;
            (0..bytes.len()).try_for_each(|place| {
                refused(&bytes[..place]).map_err(at(format_args!("truncated to {place} bytes: ")))?;
                refused(&bytes[place + 1..])
                    .map_err(at(format_args!("without the first {}: ", place + 1)))?;
                (0..8).try_for_each(|bit| {
                    let mut changed = bytes.clone();
                    changed[place] ^= 1 << bit;
                    refused(&changed).map_err(at(format_args!("bit {bit} of byte {place} is flipped: ")))
                })
            })
        });
    }
}

/// A change to a session's bytes.
#[derive(Clone)]
enum Change {
    Flip(Index, u8),
    CutAt(Index),
    StartAt(Index),
    Append(Bytes),
    Prepend(Bytes),
    Insert(Index, u8),
    /// Replaces the start with the start of another session.
    Other(PlainRecord, Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0_u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => any::<Index>().prop_map(Change::CutAt),
        1 => any::<Index>().prop_map(Change::StartAt),
        1 => bytes("added at the end:", 1..4).prop_map(Change::Append),
        1 => bytes("added in front:", 1..4).prop_map(Change::Prepend),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Insert(at, byte)),
        2 => (strategies::record(), any::<Index>()).prop_map(|(record, at)| Change::Other(record, at)),
    ]
}

impl Change {
    fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        let len = bytes.len();
        match self {
            Self::Flip(at, bit) => changed[at.index(len)] ^= 1 << bit,
            Self::CutAt(at) => changed.truncate(at.index(len)),
            Self::StartAt(at) => drop(changed.drain(..=at.index(len))),
            Self::Append(added) => changed.extend_from_slice(added),
            Self::Prepend(added) => drop(changed.splice(0..0, added.iter().copied())),
            Self::Insert(at, byte) => changed.insert(at.index(len), *byte),
            Self::Other(..) => {}
        }
        changed
    }
}

/// Shows positions in percent, because the number of bytes depends on the serializer.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |at: &Index| format!("after {} % of the bytes", at.index(100));
        match self {
            Self::Flip(at, bit) => write!(f, "bit {bit} is flipped {}", percent(at)),
            Self::CutAt(at) => write!(f, "truncated {}", percent(at)),
            Self::StartAt(at) => write!(f, "without the first {} % of the bytes", at.index(100)),
            Self::Append(added) | Self::Prepend(added) => added.fmt(f),
            Self::Insert(at, byte) => write!(f, "0x{byte:02x} is inserted {}", percent(at)),
            Self::Other(record, at) => {
                write!(f, "the start of {record:?} replaces the first {} % of the bytes", at.index(100))
            }
        }
    }
}

fn check_refused(serializer: &impl Serializer, changed: &[u8], bytes: &[u8]) -> Outcome {
    fn without_padding(bytes: &[u8]) -> &[u8] {
        let len = bytes.iter().rposition(|byte| !is_padding(byte)).map_or(0, |last| last + 1);
        &bytes[..len]
    }
    if without_padding(changed) == without_padding(bytes) {
        return Ok(());
    }
    let read = load(serializer, changed).map(|loaded| loaded.record).or_else(|_| serializer.loads(changed));
    match read {
        Ok(back) => {
            Err(fail(format!("the change is not detected; it is read as {:?}", PlainRecord::from(&back))))
        }
        Err(_) => Ok(()),
    }
}

/// Checks that bytes written with another secret are refused as a [bad signature](LoadError::is_bad_signature), even if
/// the secrets differ only in a single bit.
pub fn other_keys_are_refused<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), secret(), 0..Keys::SECRET_LEN * 8, strategies::record());
    property("another secret", 0.5, case, |(keys, other, bit, record)| {
        let bytes = dump(&make(&keys), &record)?;
        let mut similar = keys.secret.clone();
        similar[bit / 8] ^= 1 << (bit % 8);
        for (what, secret) in
            [("another secret", other.to_vec()), ("a secret that differs in one bit", similar)]
        {
            prop_assume!(secret != keys.secret);
            let other = make(&Keys { secret, ..keys.clone() });
            is_bad_signature(load(&other, &bytes), what)?;
            is_bad_signature(other.loads::<Record>(&bytes), what)?;
        }
        Ok(())
    });
}

/// Checks that bytes written with the same secret and another salt are refused. The other salt differs in a single bit,
/// or has its halves swapped.
pub fn the_salt_is_part_of_the_key<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), 0..Keys::SALT_LEN * 8, strategies::record());
    property("another salt", 0.5, case, |(keys, bit, record)| {
        let bytes = dump(&make(&keys), &record)?;
        let (mut similar, mut swapped) = (keys.clone(), keys.clone());
        similar.salt[bit / 8] ^= 1 << (bit % 8);
        swapped.salt.rotate_left(Keys::SALT_LEN / 2);
        is_bad_signature(load(&make(&similar), &bytes), "another salt")?;
        prop_assume!(swapped.salt != keys.salt);
        is_bad_signature(load(&make(&swapped), &bytes), "a salt whose halves are swapped")
    });
}

/// Checks that only the current key writes. Bytes written with a retired key load, with the [index](Loaded::key_index)
/// of that key. Bytes written with a removed key are refused.
pub fn keys_rotate<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let secrets = proptest::collection::hash_set(secret(), 2..5);
    let case = (salt(), secrets.prop_map(Vec::from_iter), strategies::record());
    property("the rotation of keys", 0.25, case, |(salt, secrets, record)| {
        let with = |secrets: &[Bytes]| make(&Keys::new(&salt, secrets));
        let all = with(&secrets);
        for (place, secret) in secrets.iter().enumerate() {
            let key = if place == 0 { "current key".to_owned() } else { format!("retired key {place}") };
            let bytes = dump(&with(std::slice::from_ref(secret)), &record)?;
            let loaded =
                load(&all, &bytes).map_err(|error| fail(format!("the {key} is refused: {error}")))?;
            let seen = loaded.key_index;
            ensure!(seen == place, "bytes of the {key}: key_index is {seen}, expected {place}");
            let back = PlainRecord::from(&loaded.record);
            ensure!(back.canonical() == record.canonical(), "bytes of the {} come back as {:?}", key, back);
            let plain = all.loads::<Record>(&bytes);
            ensure!(plain.is_ok(), "loads_record accepts bytes of the {}, but loads refuses them", key);
        }
        let bytes = dump(&all, &record)?;
        let alone = load(&with(&secrets[..1]), &bytes);
        ensure!(alone.is_ok(), "the current key does not read its own bytes");
        is_bad_signature(load(&with(&secrets[1..]), &bytes), "a retired key instead of the current one")?;
        let last = secrets.len() - 1;
        let bytes = dump(&with(&secrets[last..]), &record)?;
        is_bad_signature(load(&with(&secrets[..last]), &bytes), "a key that was removed")
    });
}

/// Checks that [`is_verified`](LoadError::is_verified) is true for signed bytes that are not a session, and false for a
/// forgery. If a request has several cookies of one name, verified bytes end the search for a session. So a forgery
/// that counts as verified could hide the valid session in another cookie.
pub fn only_signed_bytes_are_reported_as_verified<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), strategies::text(), bytes("forged", 0..100));
    property("bytes that are not a session", 0.25, case, |(keys, text, random)| {
        let serializer = make(&keys);
        let bytes = serializer.dumps(&text).map_err(|error| fail(format!("dumps: {error}")))?;
        match load(&serializer, &bytes) {
            Ok(_) => return Err(fail("a signed text is accepted as a session")),
            Err(error) => ensure!(error.is_verified(), "signed bytes count as not verified: {}", error),
        }
        let mut similar = bytes;
        if let Some(byte) = similar.first_mut() {
            *byte ^= 1;
        }
        for forged in [&similar, &*random] {
            match load(&serializer, forged) {
                Ok(_) => return Err(fail("a forgery is accepted as a session")),
                Err(error) => ensure!(!error.is_verified(), "a forgery is reported as verified: {}", error),
            }
        }
        Ok(())
    });
}

fn is_bad_signature<T>(loaded: Result<T, LoadError>, what: &str) -> Outcome {
    match loaded {
        Ok(_) => Err(fail(format!("{what} is accepted"))),
        Err(error) => {
            ensure!(error.is_bad_signature(), "{}: the error is not a bad signature: {}", what, error);
            Ok(())
        }
    }
}

fn load(serializer: &impl Serializer, bytes: &[u8]) -> Result<Loaded, LoadError> {
    serializer.loads_record(Cow::Borrowed(bytes))
}

pub(crate) fn keys() -> impl Strategy<Value = Keys> {
    (salt(), secret()).prop_map(|(salt, secret)| Keys::new(&salt, &[secret]))
}

fn secret() -> impl Strategy<Value = Bytes> {
    bytes("secret", Keys::SECRET_LEN).no_shrink()
}

fn salt() -> impl Strategy<Value = Bytes> {
    bytes("salt", Keys::SALT_LEN)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "salt b\"{}\", secret b\"{}\"", self.salt.escape_ascii(), self.secret.escape_ascii())?;
        self.retired.iter().try_for_each(|secret| write!(f, ", retired b\"{}\"", secret.escape_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Keys;

    /// Regression: the secret was one byte repeated. A serializer that refuses weak secrets panicked.
    #[test]
    fn fixed_secret_looks_random() {
        let secret = Keys::fixed().secret;
        let distinct: HashSet<_> = secret.iter().collect();
        assert_eq!(secret.len(), Keys::SECRET_LEN);
        assert!(distinct.len() >= 24, "{} different bytes", distinct.len());
    }
}
