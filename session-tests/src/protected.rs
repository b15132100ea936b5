//! What a [`Serializer`] has to do that protects what it writes, by a signature or by encryption.
//!
//! This comes in addition to what any [`serializer`](crate::serializer) has to do. The suite makes serializers with
//! [`Keys`] of its own.
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
use crate::strategies::{self, PlainRecord};

/// What a serializer is to be made with. Secrets are [`SECRET_LEN`](Keys::SECRET_LEN) random bytes, which are not made
/// simpler for the smallest case: they may be refused if they look weak. Salts are [`SALT_LEN`](Keys::SALT_LEN) bytes.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keys {
    /// What separates this use of the secrets from others: the salt, or what takes its place.
    pub salt: Vec<u8>,
    /// The secret of the key that signs.
    pub secret: Vec<u8>,
    /// The secrets of the keys that were retired, the latest first. They only verify.
    pub retired: Vec<Vec<u8>>,
}

impl Keys {
    /// Bytes of a secret: as many as it should have at least.
    pub const SECRET_LEN: usize = 32;

    /// Bytes of a salt. With a secret it is not longer than a key of keyed BLAKE2b may be.
    pub const SALT_LEN: usize = 16;

    fn new(salt: &[u8], secrets: &[Bytes]) -> Self {
        let mut secrets = secrets.iter().map(|secret| secret.to_vec());
        Self { salt: salt.to_vec(), secret: secrets.next().unwrap_or_default(), retired: secrets.collect() }
    }
}

/// Checks serializers that are made by `make`.
///
/// # Panics
/// If something is not as it has to be, with the smallest case that was found.
pub fn check<S: Serializer>(make: impl Fn(&Keys) -> S) {
    crate::__protected_properties!(__all, protected, &make);
}

/// Whoever changes a bit, cuts something off, adds something or joins the halves of two sessions has no session. There is
/// one text for one session: only padding, and white space at the end, may be missing or be added.
pub fn no_change_goes_unnoticed<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), strategies::record(), change());
    property("a change", 2.0, case, |(keys, record, change)| {
        let serializer = make(&keys);
        let bytes = dump(&serializer, &record)?;
        let changed = match &change {
            Change::Other(other, at) => {
                let other = dump(&serializer, other)?;
                let at = at.index(bytes.len().min(other.len()));
                let joined = [&other[..at], &bytes[at..]].concat();
                // Up to there the two may be the same.
                if joined == other { bytes.clone() } else { joined }
            }
            change => change.apply(&bytes),
        };
        is_noticed(&serializer, &changed, &bytes)
    });
    // Every change of every bit, where there is no, one and two bytes over in base64.
    for text in ["\"\"", "\"é\"", "12", "123"] {
        let keys =
            Keys { salt: vec![1; Keys::SALT_LEN], secret: vec![2; Keys::SECRET_LEN], retired: Vec::new() };
        let serializer = make(&keys);
        let time = Timestamp::from_secs(1_700_000_000.25).unwrap_or_default();
        let entries = vec![("key".to_owned(), text.to_owned())];
        let record = PlainRecord { accessed: time, created: time, entries };
        fixed("every change", format_args!("{record:?}"), || {
            let bytes = dump(&serializer, &record)?;
            let noticed = |changed: &[u8]| is_noticed(&serializer, changed, &bytes);
            noticed(&[b"A", &bytes[..]].concat()).map_err(at("A is added in front: "))?;
            noticed(&[&bytes[..], b"A"].concat()).map_err(at("A is added at the end: "))?;
            (0..bytes.len()).try_for_each(|place| {
                noticed(&bytes[..place]).map_err(at(format_args!("cut to {place} bytes: ")))?;
                noticed(&bytes[place + 1..])
                    .map_err(at(format_args!("without the first {}: ", place + 1)))?;
                (0..8).try_for_each(|bit| {
                    let mut changed = bytes.clone();
                    changed[place] ^= 1 << bit;
                    noticed(&changed).map_err(at(format_args!("bit {bit} of byte {place} is flipped: ")))
                })
            })
        });
    }
}

/// What happens to the bytes of a session.
#[derive(Clone)]
enum Change {
    Flip(Index, u8),
    CutAt(Index),
    StartAt(Index),
    Append(Bytes),
    Prepend(Bytes),
    Insert(Index, u8),
    /// The start is that of another session.
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

/// Where it is, as a share of the whole: how long that is depends on the serializer.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |at: &Index| format!("after {} % of the bytes", at.index(100));
        match self {
            Self::Flip(at, bit) => write!(f, "bit {bit} is flipped {}", percent(at)),
            Self::CutAt(at) => write!(f, "cut off {}", percent(at)),
            Self::StartAt(at) => write!(f, "lost from the start to {}", percent(at)),
            Self::Append(added) | Self::Prepend(added) => added.fmt(f),
            Self::Insert(at, byte) => write!(f, "0x{byte:02x} is inserted {}", percent(at)),
            Self::Other(record, at) => {
                write!(f, "the start is that of {record:?}, which ends {}", percent(at))
            }
        }
    }
}

fn is_noticed(serializer: &impl Serializer, changed: &[u8], bytes: &[u8]) -> Outcome {
    fn padded(bytes: &[u8]) -> &[u8] {
        let is_padding = |byte: &u8| b"= \t\r\n".contains(byte);
        let len = bytes.iter().rposition(|byte| !is_padding(byte)).map_or(0, |last| last + 1);
        &bytes[..len]
    }
    if padded(changed) == padded(bytes) {
        return Ok(());
    }
    let read = load(serializer, changed).map(|loaded| loaded.record).or_else(|_| serializer.loads(changed));
    match read {
        Ok(back) => Err(fail(format!("it is not noticed, and read as {:?}", PlainRecord::from(&back)))),
        Err(_) => Ok(()),
    }
}

/// Nobody reads what was written with another secret, be it different in one bit only, and the error is
/// [`is_bad_signature`](LoadError::is_bad_signature).
pub fn other_keys_are_refused<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), secret(), 0..Keys::SECRET_LEN * 8, strategies::record());
    property("another secret", 0.5, case, |(keys, other, bit, record)| {
        let bytes = dump(&make(&keys), &record)?;
        let mut near = keys.secret.clone();
        near[bit / 8] ^= 1 << (bit % 8);
        for (what, secret) in [("another secret", other.to_vec()), ("a secret that differs in one bit", near)]
        {
            prop_assume!(secret != keys.secret);
            let other = make(&Keys { secret, ..keys.clone() });
            is_bad_signature(load(&other, &bytes), what)?;
            is_bad_signature(other.loads::<Record>(&bytes), what)?;
        }
        Ok(())
    });
}

/// Nobody reads what was written for another purpose: with the same secret and another salt.
pub fn the_salt_is_part_of_the_key<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), 0..Keys::SALT_LEN * 8, strategies::record());
    property("another salt", 0.5, case, |(keys, bit, record)| {
        let bytes = dump(&make(&keys), &record)?;
        let mut other = keys.clone();
        other.salt[bit / 8] ^= 1 << (bit % 8);
        is_bad_signature(load(&make(&other), &bytes), "another salt")
    });
}

/// Only the current key writes. A retired one is read, and what it wrote is [`stale`](Loaded::stale); one that was removed
/// is not.
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
            let (seen, expected) = (loaded.stale, place > 0);
            ensure!(seen == expected, "what the {key} wrote: stale is {seen}, expected {expected}");
            let back = PlainRecord::from(&loaded.record);
            ensure!(back.meaning() == record.meaning(), "what the {} wrote comes back as {:?}", key, back);
            let plain = all.loads::<Record>(&bytes);
            ensure!(plain.is_ok(), "loads refuses the {}, loads_record does not", key);
        }
        let bytes = dump(&all, &record)?;
        let alone = load(&with(&secrets[..1]), &bytes);
        ensure!(alone.is_ok(), "the current key does not read what was written with it");
        is_bad_signature(load(&with(&secrets[1..]), &bytes), "a retired key instead of the current one")?;
        let last = secrets.len() - 1;
        let bytes = dump(&with(&secrets[last..]), &record)?;
        is_bad_signature(load(&with(&secrets[..last]), &bytes), "a key that was removed")
    });
}

/// [`is_verified`](LoadError::is_verified) tells what a holder of the key has written, though it is no session, from what
/// anybody can have written. Who is told the wrong thing lets a forgery hide a good session.
pub fn only_what_bears_a_signature_is_called_verified<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), strategies::text(), bytes("forged", 0..100));
    property("something else than a session", 0.25, case, |(keys, text, random)| {
        let serializer = make(&keys);
        let bytes = serializer.dumps(&text).map_err(|error| fail(format!("dumps: {error}")))?;
        match load(&serializer, &bytes) {
            Ok(_) => return Err(fail("a signed text is taken for a session")),
            Err(error) => ensure!(error.is_verified(), "not verified, though it was signed: {}", error),
        }
        let mut near = bytes;
        if let Some(byte) = near.first_mut() {
            *byte ^= 1;
        }
        for forged in [&near, &*random] {
            match load(&serializer, forged) {
                Ok(_) => return Err(fail("a forgery is taken for a session")),
                Err(error) => ensure!(!error.is_verified(), "a forgery is called verified: {}", error),
            }
        }
        Ok(())
    });
}

fn is_bad_signature<T>(loaded: Result<T, LoadError>, what: &str) -> Outcome {
    match loaded {
        Ok(_) => Err(fail(format!("{what} is taken"))),
        Err(error) => {
            ensure!(error.is_bad_signature(), "{}: the error is not a bad signature: {}", what, error);
            Ok(())
        }
    }
}

fn dump(serializer: &impl Serializer, record: &PlainRecord) -> Result<Vec<u8>, TestCaseError> {
    let mut out = Vec::new();
    let dumped = serializer.dumps_record(&record.to_record(), &mut out);
    dumped.map(|()| out).map_err(|error| fail(format!("dumps_record: {error}")))
}

fn load(serializer: &impl Serializer, bytes: &[u8]) -> Result<Loaded, LoadError> {
    serializer.loads_record(Cow::Borrowed(bytes))
}

fn keys() -> impl Strategy<Value = Keys> {
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
