//! `HashAlg`, compared with CPython's `hashlib`.

use std::collections::BTreeMap;

use session_sign::{HashAlg, HashAlgError};

use crate::util::{WAYS, answers, assert_answer, hmacs};

const LEGACY: [&str; 2] = ["md5", "sha1"];
const HAS_LEGACY: bool = cfg!(feature = "legacy-hashes");

fn parse(name: &str) -> Result<HashAlg, HashAlgError> {
    name.parse()
}

#[test]
fn tags_equal_those_of_python() {
    let mut checked = BTreeMap::new();
    for answer in answers(include_str!("hashlib_hmac.txt")) {
        if LEGACY.contains(&answer.name) && !HAS_LEGACY {
            continue;
        }
        for signer in hmacs(answer.name, &answer.key) {
            assert_answer(&signer, &answer.message, &answer.tag, answer.line);
            *checked.entry(answer.name).or_default() += 1;
        }
        assert_eq!(parse(answer.name).unwrap().tag_len(), answer.tag.len(), "{}", answer.line);
    }
    assert_eq!(checked, HashAlg::names().map(|name| (name, 3 * 3 * WAYS)).collect());
}

#[test]
fn name_round_trips() {
    for name in HashAlg::names() {
        let hashalg = parse(name).unwrap();
        assert_eq!(hashalg.name(), name);
        assert_eq!(hashalg.to_string(), name);
        assert_eq!(format!("{hashalg:?}"), format!("HashAlg({name:?})"));
        assert_eq!(HashAlg::names().filter(|other| parse(other).unwrap() == hashalg).count(), 1);
    }
    assert_eq!(HashAlg::names().count(), if HAS_LEGACY { 12 } else { 10 });
}

/// The expected names are `hashlib.new(alias).name` in CPython 3.11 with OpenSSL 3.0.
#[test]
fn aliases_are_those_of_hashlib() {
    for (alias, name) in [
        ("SHA224", "sha224"),
        ("SHA2-224", "sha224"),
        ("Sha256", "sha256"),
        ("sha-256", "sha256"),
        ("sha2-384", "sha384"),
        ("SHA-384", "sha384"),
        ("SHA512", "sha512"),
        ("SHA-512", "sha512"),
        ("sha3-224", "sha3_224"),
        ("Sha3-256", "sha3_256"),
        ("SHA3-384", "sha3_384"),
        ("sha3-512", "sha3_512"),
        ("BLAKE2B512", "blake2b"),
        ("blake2b-512", "blake2b"),
        ("BLAKE2s256", "blake2s"),
        ("BLAKE2S-256", "blake2s"),
    ] {
        assert_eq!(parse(alias).unwrap().name(), name, "{alias}");
    }
    for unknown in [
        "",
        " sha512",
        "sha512 ",
        "sha512\n",
        "sha512\0",
        "sha",
        "SHA",
        "sha_512",
        "sha2_224",
        "sha3224",
        "SHA3_256",
        "BLAKE2b",
        "BLAKE2B",
        "BLAKE2S",
        "blake2",
        "blake2-512",
        "md-5",
        "sha_1",
        "RSA-SHA512",
        "ſha512",
        "シャ",
    ] {
        assert!(parse(unknown).unwrap_err().is_unknown(), "{unknown:?}");
    }
}

#[test]
fn legacy_hash_needs_feature() {
    for (alias, name) in [("md5", "md5"), ("MD5", "md5"), ("sha1", "sha1"), ("Sha-1", "sha1")] {
        match parse(alias) {
            Ok(hashalg) => assert!(HAS_LEGACY && hashalg.name() == name, "{alias}"),
            Err(error) => {
                assert!(
                    !HAS_LEGACY && error.is_legacy() && !error.is_unknown() && !error.is_xof(),
                    "{alias}"
                );
                assert!(error.to_string().contains("`legacy-hashes`"), "{error}");
            }
        }
    }
}

#[test]
fn error_lists_supported_names() {
    let names = HashAlg::names().collect::<Vec<_>>().join(", ");
    let shake = parse("shake_128").unwrap_err();
    assert!(shake.to_string().contains("no fixed output length"), "{shake}");
    for error in [shake, parse("SHAKE256").unwrap_err(), parse("SHAKE-128").unwrap_err()] {
        assert!(error.is_xof() && !error.is_unknown() && !error.is_legacy(), "{error}");
        assert!(error.to_string().ends_with(&format!("; available: {names}")), "{error}");
    }
    let unknown = parse("sha12\n").unwrap_err();
    assert_eq!(unknown.to_string(), format!("unknown hash \"sha12\\n\"; available: {names}"));
}
