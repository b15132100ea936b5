//! The choice among several keys, and the separation of the keys of different algorithms.

use session_encrypt::{Encrypter, RandomNonceSafe};

use crate::util::{encrypt, secret};

fn encrypter<A: RandomNonceSafe>(secrets: &[&[u8]]) -> Encrypter<A> {
    let (current, retired) = secrets.split_first().unwrap();
    let encrypter = Encrypter::new(current, "session", "s").unwrap();
    retired.iter().fold(encrypter, |encrypter, secret| encrypter.with_retired(secret).unwrap())
}

#[test]
fn secret_added_twice_decrypts_as_current_key() {
    let ring: Encrypter = encrypter(&[&secret(1), &secret(1)]);
    assert_eq!(ring.decrypt(&mut encrypt(&ring, b"message")).unwrap().key_index(), 0);
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn algorithms_do_not_share_a_key() {
    let secret = secret(1);
    let siv = encrypt(&encrypter::<session_encrypt::Aes256GcmSiv>(&[&secret]), b"message");
    let chacha = encrypt(&encrypter::<session_encrypt::XChaCha20Poly1305>(&[&secret]), b"message");
    // The keys are not accessible, so compare their ids. HKDF derives each id together with its key.
    assert_ne!(siv[1..5], chacha[1..5]);
}
