//! What several test files need.

use session_sign::Sign;

/// The bytes of a hex string.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte in {text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// A fresh tag.
pub(crate) fn tag(signer: &impl Sign, message: &[u8]) -> Vec<u8> {
    let mut tag = vec![0; signer.tag_len()];
    signer.sign(message, &mut tag);
    tag
}
