//! Tests that docs/format.md shows the correct bytes in its worked example.

use aead::Nonce;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use sha2::Sha256;

use crate::key::{DerivedKey, info};
use crate::{Aes256GcmSiv, Encrypter, RandomNonceSafe};

const FORMAT: &str = include_str!("../../docs/format.md");
const PURPOSE: &str = "session";
const NAME: &str = "__Host-session";
const MESSAGE: &[u8] = b"[1700000000,1700000000.5,{\"user\":\"ada\"}]";

/// Returns the bytes `start`, `start + 1` …
fn seq(start: u8, len: usize) -> Vec<u8> {
    (start..).take(len).collect()
}

fn envelope<A: RandomNonceSafe>(nonce: &[u8]) -> Vec<u8> {
    let encrypter = Encrypter::<A>::new(&seq(0, 32), PURPOSE, NAME).unwrap();
    let mut envelope = MESSAGE.to_vec();
    encrypter.encrypt_with_nonce(&Nonce::<A>::try_from(nonce).unwrap(), &mut envelope).unwrap();
    envelope
}

/// Asserts that the document's table row for `label` shows these bytes in hex, separated by spaces.
fn assert_shown(label: &str, bytes: &[u8]) {
    let mut rows =
        FORMAT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_prefix(label)?.strip_prefix(" | "));
    let row = rows.next().unwrap_or_else(|| panic!("docs/format.md has no row {label}"));
    let shown: String = row.chars().filter(char::is_ascii_hexdigit).collect();
    let expected: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown, expected, "{label}");
}

#[test]
fn document_shows_every_step() {
    let (secret, nonce) = (seq(0, 32), seq(0xa0, 12));
    let info = info::<Aes256GcmSiv>(PURPOSE, NAME);
    let (prk, hkdf) = Hkdf::<Sha256>::extract(None, &secret);
    let mut derived = [0; 36];
    hkdf.expand(&info, &mut derived).unwrap();
    let key = DerivedKey::<Aes256GcmSiv>::new(&secret, PURPOSE, NAME).unwrap();
    let envelope = envelope::<Aes256GcmSiv>(&nonce);
    let (ciphertext, tag) = envelope[17..].split_at(MESSAGE.len());

    assert_shown("secret", &secret);
    assert_shown("`info`", &info);
    assert_shown("`PRK`", &prk);
    assert_shown("key", &derived[..32]);
    assert_shown("key id", &derived[32..]);
    assert_shown("associated data", &key.associated_data);
    assert_shown("nonce", &nonce);
    assert_shown("message", MESSAGE);
    assert_shown("ciphertext", ciphertext);
    assert_shown("tag", tag);
    assert_shown("envelope", &envelope);
    let cookie = format!("{NAME}={}\n", URL_SAFE_NO_PAD.encode(&envelope));
    assert!(FORMAT.contains(&cookie), "docs/format.md does not show {cookie}");
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn document_shows_xchacha20_poly1305() {
    let envelope = envelope::<crate::XChaCha20Poly1305>(&seq(0xa0, 24));
    assert_shown("envelope, XChaCha20-Poly1305", &envelope);
}

#[test]
fn document_shows_lengths() {
    assert_eq!((Encrypter::<Aes256GcmSiv>::PREFIX_LEN, Encrypter::<Aes256GcmSiv>::OVERHEAD), (17, 33));
    assert!(FORMAT.contains("| AES-256-GCM-SIV | `AES-256-GCM-SIV` | 32 | 12 | 16 | 33 |"));
    #[cfg(feature = "xchacha20poly1305")]
    {
        assert_eq!(Encrypter::<crate::XChaCha20Poly1305>::OVERHEAD, 45);
        assert!(FORMAT.contains("| XChaCha20-Poly1305 | `XChaCha20-Poly1305` | 32 | 24 | 16 | 45 |"));
    }
}
