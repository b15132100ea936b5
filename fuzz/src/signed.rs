//! The oracle for signed cookies: signs and verifies them with only the crates `hmac`, `sha2` and `base64`.

use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use session_serde::Serializer;
use session_sign::{KeyRing, Signer};
use sha2::Sha512;
use signed_session::SignedSerializer;

/// The secret of the golden vectors, so that the cookies from Pyramid in the corpora are valid.
pub const SECRET: &str = "an example secret that is long enough for every rule about length";

/// The time at which the golden vectors are read, in Unix seconds.
pub const NOW: f64 = 1_700_000_060.0;

const SALT: &str = "pyramid.session.";
const TAG_LEN: usize = 64;

/// The oracle's verdict on a cookie's value.
#[derive(Debug, PartialEq)]
pub enum Opened {
    NotBase64,
    BadSignature,
    /// The signed or encrypted payload.
    Verified(Vec<u8>),
}

fn mac(payload: &[u8]) -> Hmac<Sha512> {
    let key = [SALT, SECRET].concat();
    Hmac::new_from_slice(key.as_bytes()).expect("HMAC accepts any key").chain_update(payload)
}

/// Returns the cookie's value for this payload.
pub fn sign(payload: &[u8]) -> String {
    let tag = mac(payload).finalize().into_bytes();
    URL_SAFE_NO_PAD.encode([&tag[..], payload].concat())
}

/// Verifies a cookie's value, which is a tag and its payload in strict base64, with or without padding.
pub fn open(text: &[u8]) -> Opened {
    let Ok(envelope) = URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)) else {
        return Opened::NotBase64;
    };
    match envelope.split_at_checked(TAG_LEN) {
        Some((tag, payload)) if mac(payload).verify_slice(tag).is_ok() => Opened::Verified(payload.to_vec()),
        _ => Opened::BadSignature,
    }
}

/// Returns the library's serializer for signed payloads, with the oracle's key.
pub fn signed<S: Serializer>(inner: S) -> SignedSerializer<Signer<Hmac<Sha512>>, S> {
    let signer = Signer::new([SALT, SECRET].concat().as_bytes()).expect("HMAC accepts any key");
    SignedSerializer::new(KeyRing::new(signer), inner)
}
