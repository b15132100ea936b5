//! Checks a [`Serializer`] that encrypts.
//!
//! Run this suite in addition to the suite in [`protected`](crate::protected). Both suites create serializers from
//! [`Keys`].
//!
//! ```
//! use session_serde::CompactJsonSerializer;
//! use session_tests::protected::Keys;
//! use signed_session::EncryptedSerializer;
//! use signed_session::parts::session_encrypt::Encrypter;
//!
//! fn encrypted(keys: &Keys) -> EncryptedSerializer {
//!     let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
//!     let (purpose, name) = keys.salt.split_at(Keys::SALT_LEN / 2);
//!     let encrypter: Encrypter = Encrypter::new(&keys.secret, &hex(purpose), &hex(name)).unwrap();
//!     let retired = keys.retired.iter();
//!     let encrypter = retired.fold(encrypter, |encrypter, secret| encrypter.with_retired(secret).unwrap());
//!     EncryptedSerializer::new(encrypter, CompactJsonSerializer)
//! }
//!
//! session_tests::encrypted_serializer_suite!(encrypted_json, encrypted);
//! # session_tests::encrypted::contents_are_hidden(encrypted);
//! ```

use std::collections::HashSet;

use session_core::Timestamp;
use session_serde::Serializer;

use crate::protected::{Keys, keys};
use crate::run::{ensure, fail, fixed, property};
use crate::serializer::dump;
use crate::strategies::{self, PlainRecord, regex};

/// Checks serializers that `make` creates.
///
/// # Panics
/// Panics if a property does not hold. The message has the smallest failing case.
pub fn check<S: Serializer>(make: impl Fn(&Keys) -> S) {
    crate::__encrypted_properties!(__all, encrypted, &make);
}

/// Checks that the output shows neither the keys nor the values of entries, in plain text or as base64.
pub fn contents_are_hidden<S: Serializer>(make: impl Fn(&Keys) -> S) {
    let case = (keys(), regex("[A-Za-z0-9]{40}"), regex("[A-Za-z0-9]{100}"));
    property("hidden contents", 0.5, case, |(keys, key, text)| {
        let bytes = dump(&make(&keys), &record(&key, &text))?;
        let outputs: Vec<_> =
            [bytes.clone()].into_iter().chain((0..4).map(|at| from_base64(&bytes[at..]))).collect();
        for (what, secret) in [("the key", &key), ("the value", &text)] {
            for part in secret.as_bytes().windows(LONG) {
                let is_shown = outputs.iter().any(|output| output.windows(LONG).any(|window| window == part));
                ensure!(!is_shown, "the output shows {} {:?}", what, part.escape_ascii().to_string());
            }
        }
        Ok(())
    });
}

/// Checks that a record has a different output each time it is written, by one serializer or by several with the same
/// keys. Equal outputs would show an observer which sessions are equal. With a stream cipher, they would also mean a
/// repeated key stream.
pub fn equal_records_look_different<S: Serializer>(make: impl Fn(&Keys) -> S) {
    property("equal records", 0.25, (keys(), strategies::record()), |(keys, record)| {
        let mut outputs = HashSet::new();
        for serializer in [make(&keys), make(&keys)] {
            for _ in 0..2 {
                ensure!(outputs.insert(dump(&serializer, &record)?), "two outputs are equal");
            }
        }
        Ok(())
    });
    let serializer = make(&Keys::fixed());
    let record = record("key", "text");
    fixed("many equal records", format_args!("{record:?}"), || {
        let mut outputs = HashSet::new();
        for count in 0..MANY {
            ensure!(outputs.insert(dump(&serializer, &record)?), "output {} repeats an earlier one", count);
        }
        Ok(())
    });
}

/// Checks that no key stream is used twice. With a repeated key stream, the XOR of two outputs would be the XOR of the
/// two unencrypted records.
pub fn key_streams_do_not_repeat<S: Serializer>(make: impl Fn(&Keys) -> S) {
    property("two records of the same length", 0.25, (keys(), 48_usize..200), |(keys, len)| {
        let one = make(&keys);
        let bytes = dump(&one, &record("key", &"a".repeat(len)))?;
        for other in [&one, &make(&keys)] {
            let others = dump(other, &record("key", &"b".repeat(len)))?;
            for (one, other) in [(bytes.clone(), others.clone()), (from_base64(&bytes), from_base64(&others))]
            {
                let differences = one.iter().zip(&other).map(|(one, other)| one ^ other).collect::<Vec<_>>();
                let is_repeated =
                    differences.windows(LONG).any(|run| run.iter().all(|byte| *byte == b'a' ^ b'b'));
                if is_repeated {
                    return Err(fail("two messages are encrypted with the same key stream"));
                }
            }
        }
        Ok(())
    });
}

/// Two texts do not have this many consecutive bytes in common by chance.
const LONG: usize = 12;

/// Among this many outputs, a nonce with fewer than 14 random bits almost certainly repeats.
const MANY: usize = 500;

fn record(key: &str, text: &str) -> PlainRecord {
    let time = Timestamp::from_secs(1_700_000_000.25).unwrap_or_default();
    PlainRecord { accessed: time, created: time, entries: vec![(key.to_owned(), format!("\"{text}\""))] }
}

/// Decodes base64 in the standard or the URL-safe alphabet, and skips all other bytes.
fn from_base64(text: &[u8]) -> Vec<u8> {
    let sextets = text.iter().filter_map(|byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    });
    let sextets: Vec<u32> = sextets.map(u32::from).collect();
    let groups = sextets.chunks_exact(4);
    groups
        .flat_map(|group| {
            let bits = group.iter().fold(0, |bits, sextet| bits << 6 | sextet);
            bits.to_be_bytes().into_iter().skip(1)
        })
        .collect()
}
