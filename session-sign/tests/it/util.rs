//! Helpers for several test files.

use blake2::{Blake2b512, Blake2s256};
use digest::{KeyInit, Mac};
use hmac::{Hmac, SimpleHmac};
use session_sign::{Algorithm, MacAlgorithm, Sign};

/// Number of signers that [`hmacs`] returns.
pub(crate) const WAYS: usize = if cfg!(feature = "hashlib") { 2 } else { 1 };

/// Returns signers for the HMAC over `hash`, a hash name of Python's hashlib: one signer chosen by type and, with the
/// feature `hashlib`, a second one chosen by name.
pub(crate) fn hmacs(hash: &str, key: &[u8]) -> Vec<Box<dyn Sign>> {
    let by_type = match hash {
        "sha224" => signer::<Hmac<sha2::Sha224>>(key),
        "sha256" => signer::<Hmac<sha2::Sha256>>(key),
        "sha384" => signer::<Hmac<sha2::Sha384>>(key),
        "sha512" => signer::<Hmac<sha2::Sha512>>(key),
        "sha3_224" => signer::<SimpleHmac<sha3::Sha3_224>>(key),
        "sha3_256" => signer::<SimpleHmac<sha3::Sha3_256>>(key),
        "sha3_384" => signer::<SimpleHmac<sha3::Sha3_384>>(key),
        "sha3_512" => signer::<SimpleHmac<sha3::Sha3_512>>(key),
        "blake2b" => signer::<SimpleHmac<Blake2b512>>(key),
        "blake2s" => signer::<SimpleHmac<Blake2s256>>(key),
        #[cfg(feature = "legacy-hashes")]
        "md5" => signer::<Hmac<md5::Md5>>(key),
        #[cfg(feature = "legacy-hashes")]
        "sha1" => signer::<Hmac<sha1::Sha1>>(key),
        _ => panic!("no type for {hash}"),
    };
    #[cfg(feature = "hashlib")]
    let by_name = Some(hash.parse::<session_sign::HashAlg>().unwrap().signer(key).unwrap());
    #[cfg(not(feature = "hashlib"))]
    let by_name = None;
    [by_type].into_iter().chain(by_name).collect()
}

/// Returns a signer for the MAC `M`.
pub(crate) fn signer<M: Mac + KeyInit + Clone + Send + Sync + 'static>(key: &[u8]) -> Box<dyn Sign> {
    Box::new(MacAlgorithm::<M>::new().signer(key).unwrap())
}

/// Asserts that `expected` is the tag of `message`, and that the tag does not verify if it is truncated or has an
/// additional byte.
#[track_caller]
pub(crate) fn assert_answer(signer: &impl Sign, message: &[u8], expected: &[u8], id: &str) {
    assert_eq!(signer.tag_len(), expected.len(), "{id}");
    assert_eq!(tag(signer, message), expected, "{id}");
    assert!(signer.verify(message, expected).is_ok(), "{id}");
    // These lengths include those of the truncated tags that the RFCs permit for HMAC: half of the tag, 96 or 128 bits.
    for len in 0..expected.len() {
        assert!(
            signer.verify(message, &expected[..len]).is_err(),
            "{id}: {len} bytes of the tag must not verify"
        );
    }
    assert!(
        signer.verify(message, &[expected, &[0]].concat()).is_err(),
        "{id}: a longer tag must not verify"
    );
}

/// Decodes a hex string.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "the number of hex digits must be even: {text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// Returns the bytes 0, 1, 2 … 255, 0, 1 …
pub(crate) fn seq(len: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(len).collect()
}

/// A test vector that CPython has computed, and the line of the file that contains it.
pub(crate) struct Answer {
    pub(crate) line: &'static str,
    pub(crate) name: &'static str,
    pub(crate) key: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// Reads test vectors from lines of `name key_len message_len tag`. The key and the message have the bytes of [`seq`].
pub(crate) fn answers(file: &'static str) -> impl Iterator<Item = Answer> {
    file.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let [name, key_len, message_len, tag] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let seq = |len: &str| seq(len.parse().unwrap());
        Answer { line, name, key: seq(key_len), message: seq(message_len), tag: hex(tag) }
    })
}

/// Returns the tag of `message`.
pub(crate) fn tag(signer: &impl Sign, message: &[u8]) -> Vec<u8> {
    let mut tag = vec![0; signer.tag_len()];
    signer.sign(message, &mut tag);
    tag
}
