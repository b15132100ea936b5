//! Checks that an edited cookie is refused, unless the edits leave it unchanged or only add correct padding.
//!
//! Input, decoded by `arbitrary`: the payload to sign, and the edits.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use hmac::Hmac;
use libfuzzer_sys::fuzz_target;
use session_fuzz::edit::Edit;
use session_fuzz::signed::{Opened, open, sign, signed};
use session_serde::JsonSerializer;
use session_sign::{KeyId, Signer};
use sha2::Sha512;
use signed_session::SignedSerializer;

static SIGNED: LazyLock<SignedSerializer<Signer<Hmac<Sha512>>, JsonSerializer>> =
    LazyLock::new(|| signed(JsonSerializer));

#[derive(Arbitrary, Debug)]
struct Forgery<'a> {
    edits: Vec<Edit>,
    payload: &'a [u8],
}

fuzz_target!(|forgery: Forgery<'_>| {
    let original = sign(forgery.payload);
    let mut text = original.clone().into_bytes();
    forgery.edits.iter().take(8).for_each(|edit| edit.apply(&mut text));

    let mut padded = original.clone().into_bytes();
    Edit::Pad.apply(&mut padded);
    let is_the_same = text == original.as_bytes() || text == padded;

    match SIGNED.verify(&text) {
        Ok((key, payload)) => {
            assert!(is_the_same, "a forged cookie must be refused");
            assert_eq!((key, payload.as_slice()), (KeyId::Current, forgery.payload));
        }
        Err(error) => {
            assert!(!is_the_same, "a valid cookie must be accepted: {error}");
            assert!(!error.is_verified());
            assert_eq!(error.is_malformed(), open(&text) == Opened::NotBase64, "{error}");
            assert_eq!(error.is_bad_signature(), open(&text) == Opened::BadSignature, "{error}");
        }
    }
});
