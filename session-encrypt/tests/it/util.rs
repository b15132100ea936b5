//! Test helpers.

use session_encrypt::{Encrypter, RandomNonceSafe};

/// Returns the envelope of a message.
pub(crate) fn encrypt<A: RandomNonceSafe>(encrypter: &Encrypter<A>, message: &[u8]) -> Vec<u8> {
    let mut envelope = message.to_vec();
    encrypter.encrypt(&mut envelope).unwrap();
    envelope
}

/// Returns a distinct secret for each number.
pub(crate) fn secret(number: u32) -> Vec<u8> {
    [&number.to_be_bytes(), &[7; 28][..]].concat()
}

/// Decodes a hex string. `-` stands for the empty string.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let text = text.trim_matches('-');
    assert!(text.len().is_multiple_of(2), "odd number of hex digits: {text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
