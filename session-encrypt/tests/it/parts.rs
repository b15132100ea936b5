//! `EnvelopeParts`: the parts of an envelope, found without decrypting it.

use proptest::prelude::*;
#[cfg(feature = "xchacha20poly1305")]
use session_encrypt::XChaCha20Poly1305;
use session_encrypt::{Aes256GcmSiv, Encrypter, EnvelopeParts, RandomNonceSafe};

use crate::util::encrypt;

const SECRET: &[u8] = b"a secret of more than 32 bytes, for tests";

fn assert_split<A: RandomNonceSafe>(message: &[u8], nonce_len: usize) {
    let encrypter = || Encrypter::<A>::new(SECRET, "session", "s").unwrap();
    let envelope = encrypt(&encrypter(), message);
    let parts = EnvelopeParts::split::<A>(&envelope).unwrap();
    let header = [&[parts.version()][..], &parts.key_id()].concat();
    assert_eq!([&header, parts.nonce(), parts.ciphertext(), parts.tag()].concat(), envelope);
    assert_eq!((parts.version(), parts.nonce().len(), parts.tag().len()), (1, nonce_len, 16));
    assert_eq!(parts.ciphertext().len(), message.len());
    let same_key = encrypt(&encrypter(), b"other");
    assert_eq!(EnvelopeParts::split::<A>(&same_key).unwrap().key_id(), parts.key_id());
}

proptest! {
    #[test]
    fn parts_are_the_whole_envelope(message in proptest::collection::vec(any::<u8>(), 0..100)) {
        assert_split::<Aes256GcmSiv>(&message, 12);
        #[cfg(feature = "xchacha20poly1305")]
        assert_split::<XChaCha20Poly1305>(&message, 24);
    }

    #[test]
    fn split_checks_minimum_length_and_version(bytes in proptest::collection::vec(0..3_u8, 0..60)) {
        let is_envelope = |overhead| bytes.len() >= overhead && bytes[0] == 1;
        prop_assert_eq!(
            EnvelopeParts::split::<Aes256GcmSiv>(&bytes).is_some(),
            is_envelope(Encrypter::<Aes256GcmSiv>::OVERHEAD)
        );
        #[cfg(feature = "xchacha20poly1305")]
        prop_assert_eq!(
            EnvelopeParts::split::<XChaCha20Poly1305>(&bytes).is_some(),
            is_envelope(Encrypter::<XChaCha20Poly1305>::OVERHEAD)
        );
    }
}

#[test]
fn keys_have_different_ids() {
    let id = |secret: &[u8]| {
        let encrypter: Encrypter = Encrypter::new(secret, "session", "s").unwrap();
        EnvelopeParts::split::<Aes256GcmSiv>(&encrypt(&encrypter, b"")).unwrap().key_id()
    };
    assert_ne!(id(SECRET), id(b"another secret of more than 32 bytes, for tests"));
}

#[test]
fn debug_shows_version_key_id_and_ciphertext_length() {
    let mut bytes = [7; Encrypter::<Aes256GcmSiv>::OVERHEAD + 2];
    bytes[0] = 1;
    let parts = EnvelopeParts::split::<Aes256GcmSiv>(&bytes).unwrap();
    let expected = "EnvelopeParts { version: 1, key_id: [7, 7, 7, 7], ciphertext_len: 2, .. }";
    assert_eq!(format!("{parts:?}"), expected);
}
