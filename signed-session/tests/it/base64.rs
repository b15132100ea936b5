//! The base64 of a cookie's value: URL-safe, and only in canonical form (RFC 4648). It is written without padding, and
//! read with or without padding.

use proptest::prelude::*;
use signed_session::parts::session_sign::VerifyError;
use signed_session::{JsonSerializer, KeyRing, Serializer, Sign, SignedSerializer};

use crate::site::Raw;

/// A signer with an empty tag, so that the value is the base64 of the payload alone.
struct NoTag;

impl Sign for NoTag {
    fn tag_len(&self) -> usize {
        0
    }

    fn sign(&self, _: &[u8], _: &mut [u8]) {}

    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), VerifyError> {
        Ok(())
    }
}

fn encode(bytes: &[u8]) -> String {
    let signed = SignedSerializer::new(KeyRing::new(NoTag), Raw(bytes.to_vec()));
    String::from_utf8(signed.dumps(&()).unwrap()).unwrap()
}

/// Returns the payload; `None` if the text is rejected.
fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    let signed = SignedSerializer::new(KeyRing::new(NoTag), JsonSerializer);
    match signed.verify(text.as_ref()) {
        Ok((_, payload)) => Some(payload),
        Err(error) => {
            assert!(error.is_malformed() && !error.is_bad_signature(), "{error}");
            None
        }
    }
}

/// The alphabet of RFC 4648, table 2.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The test vectors of RFC 4648, section 10: bytes, text with padding, text without padding.
const VECTORS: [(&[u8], &str, &str); 7] = [
    (b"", "", ""),
    (b"f", "Zg==", "Zg"),
    (b"fo", "Zm8=", "Zm8"),
    (b"foo", "Zm9v", "Zm9v"),
    (b"foob", "Zm9vYg==", "Zm9vYg"),
    (b"fooba", "Zm9vYmE=", "Zm9vYmE"),
    (b"foobar", "Zm9vYmFy", "Zm9vYmFy"),
];

#[test]
fn rfc_vectors_round_trip() {
    for (bytes, padded, unpadded) in VECTORS {
        assert_eq!(encode(bytes), unpadded);
        assert_eq!(decode(unpadded).as_deref(), Some(bytes), "{unpadded}");
        assert_eq!(decode(padded).as_deref(), Some(bytes), "{padded}");
    }
}

#[test]
fn alphabet_is_url_safe() {
    // Groups of six bits that encode to the characters of the alphabet in order.
    let bytes: Vec<u8> = (0..64_u32)
        .collect::<Vec<_>>()
        .chunks(4)
        .flat_map(|four| four.iter().fold(0, |bits, six| bits << 6 | six).to_be_bytes()[1..].to_vec())
        .collect();
    assert_eq!(encode(&bytes).as_bytes(), ALPHABET);
    assert_eq!(decode(ALPHABET), Some(bytes));
    for (url, standard) in [("-_-_", "+/+/"), ("--__", "++//"), ("Zm9v-A", "Zm9v+A"), ("_w", "/w")] {
        assert!(decode(url).is_some(), "{url}");
        assert_eq!(decode(standard), None);
    }
}

#[test]
fn incorrect_padding_is_rejected() {
    for wrong in [
        "=",
        "==",
        "===",
        "====",
        "Zg=",
        "Zg===",
        "Zg====",
        "Zm8==",
        "Zm8===",
        "Zm9v=",
        "Zm9v==",
        "Zm9v====",
        "Zm9vYg=",
        "Zm9vYmE==",
        "Z===",
        "Z=g=",
        "=Zg=",
        "==Zg",
        "Zg==Zg==",
        "Zm8=Zm8=",
        "Zg%3D%3D",
    ] {
        assert_eq!(decode(wrong), None, "{wrong}");
    }
}

#[test]
fn last_group_of_one_character_is_rejected() {
    for len in [1, 5, 9, 33, 65, 4061] {
        assert_eq!(decode("A".repeat(len)), None, "{len}");
        assert_eq!(decode("A".repeat(len - 1)), Some(vec![0; (len - 1) / 4 * 3]));
    }
}

/// If the last character has unused bits, an encoder sets them to zero. If a decoder ignored these bits, one payload
/// would have many texts.
#[test]
fn nonzero_trailing_bits_are_rejected() {
    let mut accepted = 0;
    // The decoder reads the long text in blocks.
    for before in ["", "Zm9v", &"Zm9v".repeat(40)] {
        for (digits, trailing_bits) in [(2, 4), (3, 2)] {
            for (value, last) in ALPHABET.iter().enumerate() {
                let text = format!("{before}{}{}", &"Zm"[..digits - 1], *last as char);
                let canonical = value % (1 << trailing_bits) == 0;
                assert_eq!(decode(&text).is_some(), canonical, "{text}");
                let padded = format!("{text}{}", &"=="[..4 - digits]);
                assert_eq!(decode(&padded).is_some(), canonical, "{padded}");
                accepted += usize::from(canonical);
            }
        }
    }
    assert_eq!(accepted, 3 * (4 + 16));
}

/// Puts every byte at every position of a text that the decoder reads in blocks.
#[test]
fn byte_outside_alphabet_is_rejected() {
    let text = "Zm9vYmFy".repeat(17);
    let mut accepted = 0;
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text.clone().into_bytes();
            changed[at] = byte;
            // A `=` at the last position is invalid, too: the character before it has nonzero trailing bits.
            let allowed = ALPHABET.contains(&byte);
            assert_eq!(decode(&changed).is_some(), allowed, "{byte:#04x} at {at}");
            accepted += usize::from(allowed);
        }
    }
    assert_eq!(accepted, 64 * text.len());

    for junk in [" ", "\t", "\n", "\r\n", "\0", "\u{a0}", ".", "=", "%20"] {
        for text in ["Zg", "Zm8", "Zm9v", "Zm9vYg", &text] {
            for at in 0..=text.len() {
                let (before, after) = text.split_at(at);
                let changed = format!("{before}{junk}{after}");
                let is_padding = junk == "=" && after.is_empty() && changed.len() % 4 == 0;
                assert_eq!(decode(&changed).is_some(), is_padding, "{changed:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn text_matches_oracle_and_round_trips(bytes: Vec<u8>) {
        use ::base64::Engine as _;
        let text = encode(&bytes);
        prop_assert_eq!(&text, &::base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes));
        prop_assert_eq!(decode(&text), Some(bytes));
    }

    #[test]
    fn accepted_text_is_canonical(text in "[A-Za-z0-9_-]{0,70}") {
        if let Some(bytes) = decode(&text) {
            prop_assert_eq!(encode(&bytes), text);
        }
    }
}
