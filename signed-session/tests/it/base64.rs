//! The text of a cookie: unpadded URL-safe base64 (RFC 4648), in its canonical form only.

use proptest::prelude::*;
use signed_session::parts::session_sign::VerifyError;
use signed_session::{JsonSerializer, KeyRing, Serializer, Sign, SignedSerializer};

use crate::site::Raw;

/// A signer whose tag is nothing, so that the text is that of the payload alone.
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

/// The payload; `None` if the text is refused.
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

/// RFC 4648, table 2.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// RFC 4648, section 10: the text with and without its padding.
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
fn the_vectors_of_the_rfc() {
    for (bytes, padded, unpadded) in VECTORS {
        assert_eq!(encode(bytes), unpadded);
        assert_eq!(decode(unpadded).as_deref(), Some(bytes), "{unpadded}");
        assert_eq!(decode(padded).as_deref(), Some(bytes), "{padded}");
    }
}

#[test]
fn the_alphabet_is_the_one_for_urls() {
    // Six bits for each character, in the order of the alphabet.
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
fn padding_is_complete_or_left_out() {
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
fn no_length_leaves_a_single_character() {
    for len in [1, 5, 9, 33, 65, 4061] {
        assert_eq!(decode("A".repeat(len)), None, "{len}");
        assert_eq!(decode("A".repeat(len - 1)), Some(vec![0; (len - 1) / 4 * 3]));
    }
}

/// What an encoder never sets: with these bits, there would be many texts for one payload.
#[test]
fn bits_that_are_left_over_are_zero() {
    let mut taken = 0;
    // Short texts, and some that are read in blocks.
    for before in ["", "Zm9v", &"Zm9v".repeat(40)] {
        for (digits, left_over) in [(2, 4), (3, 2)] {
            for (value, last) in ALPHABET.iter().enumerate() {
                let text = format!("{before}{}{}", &"Zm"[..digits - 1], *last as char);
                let canonical = value % (1 << left_over) == 0;
                assert_eq!(decode(&text).is_some(), canonical, "{text}");
                let padded = format!("{text}{}", &"=="[..4 - digits]);
                assert_eq!(decode(&padded).is_some(), canonical, "{padded}");
                taken += usize::from(canonical);
            }
        }
    }
    assert_eq!(taken, 3 * (4 + 16));
}

/// White space and all else, at each place of texts that are read in blocks.
#[test]
fn no_other_byte_is_taken_or_skipped() {
    let text = "Zm9vYmFy".repeat(17);
    let mut taken = 0;
    for at in 0..text.len() {
        for byte in 0..=u8::MAX {
            let mut changed = text.clone().into_bytes();
            changed[at] = byte;
            // A `=` in the last place is no padding either: the character before it has bits left over.
            let allowed = ALPHABET.contains(&byte);
            assert_eq!(decode(&changed).is_some(), allowed, "{byte:#04x} at {at}");
            taken += usize::from(allowed);
        }
    }
    assert_eq!(taken, 64 * text.len());

    for junk in [" ", "\t", "\n", "\r\n", "\0", "\u{a0}", ".", "=", "%20"] {
        for text in ["Zg", "Zm8", "Zm9v", "Zm9vYg", &text] {
            for at in 0..=text.len() {
                let (before, after) = text.split_at(at);
                let spoiled = format!("{before}{junk}{after}");
                let is_padding = junk == "=" && after.is_empty() && spoiled.len() % 4 == 0;
                assert_eq!(decode(&spoiled).is_some(), is_padding, "{spoiled:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn every_payload_has_one_text(bytes: Vec<u8>) {
        use ::base64::Engine as _;
        let text = encode(&bytes);
        prop_assert_eq!(&text, &::base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes));
        prop_assert_eq!(decode(&text), Some(bytes));
    }

    #[test]
    fn every_text_that_is_taken_is_the_one_that_is_written(text in "[A-Za-z0-9_-]{0,70}") {
        if let Some(bytes) = decode(&text) {
            prop_assert_eq!(encode(&bytes), text);
        }
    }
}
