//! `Debug` and errors show no secrets and no messages. Keys and the ciphertext of a refused envelope are wiped.

use aes::Aes256;
use session_encrypt::{Aes256GcmSiv, Encrypter, MIN_SECRET_LEN};
use zeroize::ZeroizeOnDrop;

use crate::util::{encrypt, secret};

#[test]
fn debug_shows_no_key_and_no_message() {
    let secret = b"hunter2 hunter2 hunter2 hunter2!";
    let encrypter: Encrypter =
        Encrypter::new(secret, "session", "__Host-session").unwrap().with_retired(secret).unwrap();
    let shown = "Encrypter { algorithm: \"AES-256-GCM-SIV\", purpose: \"session\", name: \"__Host-session\", retired: 1, .. }";
    assert_eq!(format!("{encrypter:?}"), shown);

    let mut envelope = encrypt(&encrypter, b"a private message");
    assert_eq!(format!("{:?}", encrypter.decrypt(&mut envelope).unwrap()), "Decrypted { key_index: 0, .. }");
}

#[test]
fn decrypt_error_does_not_say_why() {
    let encrypter: Encrypter = Encrypter::new(&secret(1), "session", "s").unwrap();
    let mut forged = encrypt(&encrypter, b"a private message");
    forged[30] ^= 1;
    let errors = [&mut forged[..], &mut []].map(|envelope| encrypter.decrypt(envelope).unwrap_err());
    for error in errors {
        assert_eq!(format!("{error} {error:?}"), "decryption failed DecryptError(())");
    }
}

#[test]
fn ciphertext_of_refused_envelope_is_wiped() {
    let encrypter: Encrypter = Encrypter::new(&secret(1), "session", "s").unwrap();
    let message = [b'm'; 40];
    let mut forged = encrypt(&encrypter, &message);
    *forged.last_mut().unwrap() ^= 1;
    encrypter.decrypt(&mut forged).unwrap_err();
    assert!(forged[17..][..40].iter().all(|byte| *byte == 0));
}

fn assert_wiped_on_drop<T: ZeroizeOnDrop>() {}

/// `Aes256GcmSiv` does not implement `ZeroizeOnDrop` itself. It only contains an `Aes256`.
#[test]
fn key_of_aes_gcm_siv_is_wiped_on_drop() {
    assert_wiped_on_drop::<Aes256>();
    let _: fn(Aes256) -> Aes256GcmSiv = Aes256GcmSiv::from;
    assert_eq!(size_of::<Aes256GcmSiv>(), size_of::<Aes256>());
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn key_of_xchacha20poly1305_is_wiped_on_drop() {
    assert_wiped_on_drop::<session_encrypt::XChaCha20Poly1305>();
}

#[test]
fn short_secret_error_shows_only_length() {
    let short = b"hunter2 hunter2 hunter2 hunter2";
    assert_eq!(short.len(), MIN_SECRET_LEN - 1);
    let error = <Encrypter>::new(short, "session", "s").unwrap_err();
    assert_eq!(error.to_string(), "secret is 31 bytes, need at least 32 random bytes");
    assert!(!format!("{error:?}").contains("hunter2"));

    let encrypter = <Encrypter>::new(&secret(1), "session", "s").unwrap();
    assert_eq!(
        encrypter.with_retired(b"").unwrap_err().to_string(),
        "secret is 0 bytes, need at least 32 random bytes"
    );
}
