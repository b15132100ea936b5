//! An AEAD of the application's own.

use aead::inout::InOutBuf;
use aead::{AeadCore, AeadInOut, Error, Key, KeyInit, KeySizeUser, Nonce, Tag, TagPosition};
use aes_gcm_siv::Aes128GcmSiv;
use session_encrypt::{Encrypter, RandomNonceSafe};

use crate::util::{encrypt, secret};

/// AES-GCM-SIV with a shorter key. It leaves what it has decrypted in the buffer, authentic or not.
#[derive(Clone)]
struct Short(Aes128GcmSiv);

impl KeySizeUser for Short {
    type KeySize = <Aes128GcmSiv as KeySizeUser>::KeySize;
}

impl KeyInit for Short {
    fn new(key: &Key<Self>) -> Self {
        Self(Aes128GcmSiv::new(key))
    }
}

impl AeadCore for Short {
    type NonceSize = <Aes128GcmSiv as AeadCore>::NonceSize;
    type TagSize = <Aes128GcmSiv as AeadCore>::TagSize;
    const TAG_POSITION: TagPosition = TagPosition::Prefix;
}

impl AeadInOut for Short {
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

impl RandomNonceSafe for Short {
    const NAME: &str = "AES-128-GCM-SIV";
}

#[test]
fn custom_aead_encrypts() {
    let encrypter = Encrypter::<Short>::new(&secret(1), "session", "s").unwrap();
    let mut envelope = encrypt(&encrypter, b"message");
    assert_eq!(envelope.len(), Encrypter::<Short>::OVERHEAD + 7);
    assert_eq!(encrypter.decrypt(&mut envelope).unwrap().message(), b"message");
}

#[test]
fn what_a_custom_aead_leaves_behind_is_wiped() {
    let encrypter = Encrypter::<Short>::new(&secret(1), "session", "s").unwrap();
    let mut envelope = encrypt(&encrypter, b"message");
    envelope[20] ^= 1;
    encrypter.decrypt(&mut envelope).unwrap_err();
    assert_eq!(envelope[Encrypter::<Short>::PREFIX_LEN..][..7], [0; 7]);
}

#[test]
fn message_beyond_the_limit_of_the_aead_is_an_error() {
    let encrypter = Encrypter::<Short>::new(&secret(1), "session", "s").unwrap();
    let error = encrypter.encrypt(&mut vec![0; Encrypter::<Short>::PREFIX_LEN + 101]).unwrap_err();
    assert!(error.is_too_long() && !error.is_random_unavailable());
    assert_eq!(error.to_string(), "message is longer than the algorithm can encrypt");
}

#[test]
fn second_key_of_an_id_gets_the_ciphertext_that_was_sent() {
    // Found by trying secrets until two keys had one id. With both in the ring, the first key fails and overwrites the
    // ciphertext.
    let secrets = [10920, 57851].map(secret);
    let [first, second] =
        secrets.each_ref().map(|secret| Encrypter::<Short>::new(secret, "session", "s").unwrap());
    let mut envelope = encrypt(&second, b"message");
    assert_eq!(encrypt(&first, b"")[..5], envelope[..5]);

    let ring = first.with_retired(&secrets[1]).unwrap();
    let decrypted = ring.decrypt(&mut envelope).unwrap();
    assert_eq!((decrypted.key_index(), decrypted.message()), (1, &b"message"[..]));
}
