//! A custom AEAD.

use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, Error, Key, KeyInit, KeySizeUser, Nonce, Tag, TagPosition};
use aes_gcm_siv::Aes128GcmSiv;
use session_encrypt::{Encrypter, RandomNonceSafe};

use crate::util::{encrypt, secret};

/// AES-128-GCM-SIV for messages up to 100 bytes. A failed decryption fills the buffer with exclamation marks.
#[derive(Clone)]
struct Custom(Aes128GcmSiv);

impl KeySizeUser for Custom {
    type KeySize = <Aes128GcmSiv as KeySizeUser>::KeySize;
}

impl KeyInit for Custom {
    fn new(key: &Key<Self>) -> Self {
        Self(Aes128GcmSiv::new(key))
    }
}

impl AeadCore for Custom {
    type NonceSize = <Aes128GcmSiv as AeadCore>::NonceSize;
    type TagSize = <Aes128GcmSiv as AeadCore>::TagSize;
    const TAG_POSITION: TagPosition = TagPosition::Prefix;
}

impl AeadInOut for Custom {
    fn encrypt_inout_detached(
        &self,
        nonce: &Nonce<Self>,
        associated_data: &[u8],
        buffer: InOutBuf<'_, '_, u8>,
    ) -> Result<Tag<Self>, Error> {
        if buffer.len() > 100 {
            return Err(Error);
        }
        self.0.encrypt_inout_detached(nonce, associated_data, buffer)
    }

    fn decrypt_inout_detached(
        &self,
        nonce: &Nonce<Self>,
        associated_data: &[u8],
        mut buffer: InOutBuf<'_, '_, u8>,
        tag: &Tag<Self>,
    ) -> Result<(), Error> {
        let decrypted = self.0.decrypt_inout_detached(nonce, associated_data, buffer.reborrow(), tag);
        if decrypted.is_err() {
            buffer.get_out().fill(b'!');
        }
        decrypted
    }
}

impl RandomNonceSafe for Custom {
    const NAME: &str = "AES-128-GCM-SIV";
}

#[test]
fn custom_aead_encrypts() {
    let encrypter = Encrypter::<Custom>::new(&secret(1), "session", "s").unwrap();
    let mut envelope = encrypt(&encrypter, b"message");
    assert_eq!(envelope.len(), Encrypter::<Custom>::OVERHEAD + 7);
    assert_eq!(encrypter.decrypt(&mut envelope).unwrap().message(), b"message");
}

#[test]
fn bytes_left_by_failed_aead_are_wiped() {
    let encrypter = Encrypter::<Custom>::new(&secret(1), "session", "s").unwrap();
    let mut envelope = encrypt(&encrypter, b"message");
    envelope[20] ^= 1;
    encrypter.decrypt(&mut envelope).unwrap_err();
    assert_eq!(envelope[17..][..7], [0; 7]);
}

#[test]
fn message_over_limit_of_aead_is_error() {
    let encrypter = Encrypter::<Custom>::new(&secret(1), "session", "s").unwrap();
    let error = encrypter.encrypt(&mut vec![0; 101]).unwrap_err();
    assert!(error.is_too_long() && !error.is_random_unavailable());
    assert_eq!(error.to_string(), "message is longer than the algorithm accepts; encrypt a shorter one");
}

#[test]
fn second_key_with_same_id_gets_original_ciphertext() {
    // A search found these two secrets, whose keys have the same id. The decryption with the first key fails and
    // overwrites the ciphertext.
    let secrets = [10920, 57851].map(secret);
    let [first, second] =
        secrets.each_ref().map(|secret| Encrypter::<Custom>::new(secret, "session", "s").unwrap());
    let mut envelope = encrypt(&second, b"message");
    assert_eq!(encrypt(&first, b"")[..5], envelope[..5]);

    let ring = first.with_retired(&secrets[1]).unwrap();
    let decrypted = ring.decrypt(&mut envelope).unwrap();
    assert_eq!((decrypted.key_index(), decrypted.message()), (1, &b"message"[..]));
}
