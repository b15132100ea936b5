//! The oracle for `session-encrypt`: writes and reads envelopes as docs/format.md describes, with only the AEADs,
//! `hmac`, `sha2` and `base64`.

use aead::array::typenum::Unsigned;
use aead::{Aead, AeadCore, Key, KeyInit, Nonce, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use session_encrypt::{Aes256GcmSiv, Encrypter, RandomNonceSafe};
use sha2::Sha256;

use crate::signed::Opened;

pub const PURPOSE: &str = "session";
pub const NAME: &str = "__Host-session";

/// The numbers of the key ring's secrets, which [`secret`] turns into bytes. The first and the last secret have the
/// same key id under AES-256-GCM-SIV.
pub const RING: [u32; 3] = [14613, 9, 54994];

/// Returns the secret with this number: 32 bytes, of which the first four are the number.
pub fn secret(number: u32) -> Vec<u8> {
    [&number.to_be_bytes(), &[7; 28][..]].concat()
}

/// Returns the library's encrypter with the secrets of [`RING`]. The first one is the current secret.
pub fn encrypter<A: RandomNonceSafe>() -> Encrypter<A> {
    let current = Encrypter::new(&secret(RING[0]), PURPOSE, NAME);
    let with_retired = |encrypter: Encrypter<A>, number: &u32| encrypter.with_retired(&secret(*number));
    current.and_then(|current| RING[1..].iter().try_fold(current, with_retired)).expect("32 bytes are enough")
}

fn list(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
}

/// Derives the key from the secret with this number. Returns the header of the key's envelopes (version and key id),
/// and the cipher with the key.
fn derive<A: RandomNonceSafe>(number: u32) -> (Vec<u8>, A) {
    let hmac = |key: &[u8], parts: &[&[u8]]| {
        let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts any key");
        parts.iter().fold(mac, |mac, part| mac.chain_update(part)).finalize().into_bytes()
    };
    let info = list(&[b"session-encrypt-v1", A::NAME.as_bytes(), PURPOSE.as_bytes(), NAME.as_bytes()]);
    let prk = hmac(&[0; 32], &[&secret(number)]);
    let key = hmac(&prk, &[&info, &[1]]);
    let id = hmac(&prk, &[&key, &info, &[2]]);
    let key = <&Key<A>>::try_from(&key[..]).expect("session-encrypt's AEADs have keys of 32 bytes");
    ([&[1], &id[..4]].concat(), A::new(key))
}

fn associated_data(header: &[u8]) -> Vec<u8> {
    list(&[header, PURPOSE.as_bytes(), NAME.as_bytes()])
}

/// Encrypts a message with the secret that has this number, and with this nonce. Returns the envelope.
pub fn encrypt<A: RandomNonceSafe + Aead>(number: u32, nonce: &Nonce<A>, message: &[u8]) -> Vec<u8> {
    let (header, cipher) = derive::<A>(number);
    let payload = Payload { msg: message, aad: &associated_data(&header) };
    let ciphertext = cipher.encrypt(nonce, payload).expect("the message is short enough");
    [&header, &nonce[..], &ciphertext].concat()
}

/// Decrypts an envelope. Returns the index of its secret in [`RING`], and the message.
pub fn decrypt<A: RandomNonceSafe + Aead>(envelope: &[u8]) -> Option<(usize, Vec<u8>)> {
    let (header, rest) = envelope.split_at_checked(5)?;
    let (nonce, ciphertext) = rest.split_at_checked(<A as AeadCore>::NonceSize::USIZE)?;
    let nonce = <&Nonce<A>>::try_from(nonce).ok()?;
    RING.iter().enumerate().find_map(|(place, number)| {
        let (own, cipher) = derive::<A>(*number);
        let payload = Payload { msg: ciphertext, aad: &associated_data(header) };
        if own == header { Some((place, cipher.decrypt(nonce, payload).ok()?)) } else { None }
    })
}

/// Decrypts a cookie's value, which is an AES-256-GCM-SIV envelope in strict base64, with or without padding.
pub fn open(text: &[u8]) -> Opened {
    match URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)) {
        Ok(envelope) => match decrypt::<Aes256GcmSiv>(&envelope) {
            Some((_, payload)) => Opened::Verified(payload),
            None => Opened::BadSignature,
        },
        Err(_) => Opened::NotBase64,
    }
}
