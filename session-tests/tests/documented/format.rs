//! Checks the worked examples and the table of lengths in `docs/format.md`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use session_core::Record;
use session_encrypt::aead::{AeadInOut, KeyInit, Nonce};
use session_encrypt::{Aes256GcmSiv, Encrypter, EnvelopeParts, RandomNonceSafe, XChaCha20Poly1305};
use session_sign::{Key, Salt, Secret};
use sha2::Sha256;
use signed_session::SignedCookieSessionFactory;

const FORMAT: &str = include_str!("../../../docs/format.md");
const PURPOSE: &str = "session";
const NAME: &str = "__Host-session";
const MESSAGE: &[u8] = b"[1700000000,1700000000.5,{\"user\":\"ada\"}]";

/// Returns `len` bytes: `start`, `start + 1` …
fn seq(start: u8, len: usize) -> Vec<u8> {
    (start..).take(len).collect()
}

/// Returns the bytes in the row `label` of a table in `docs/format.md`.
fn shown(label: &str) -> Vec<u8> {
    let mut rows =
        FORMAT.lines().filter_map(|line| line.strip_prefix("| ")?.strip_prefix(label)?.strip_prefix(" | `"));
    let row = rows.next().unwrap_or_else(|| panic!("docs/format.md has no row {label}"));
    let digits: Vec<_> = row.chars().map_while(|char| char.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// Returns the parts, each preceded by its length.
fn encode(parts: &[&[u8]]) -> Vec<u8> {
    parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
}

/// Decrypts an envelope with the secret, purpose and name of the worked example.
fn decrypt<A: RandomNonceSafe>(mut envelope: Vec<u8>) -> Vec<u8> {
    let encrypter = Encrypter::<A>::new(&seq(0, 32), PURPOSE, NAME).unwrap();
    encrypter.decrypt(&mut envelope).unwrap().message().to_vec()
}

/// Regression: the document said that all text is UTF-8. An implementation that followed the document rejected all
/// cookies if the secret was latin-1 text with a non-ASCII character, such as `é`.
#[test]
fn document_shows_keys_and_cookies_of_signed_sessions() {
    for (label, secret) in [("latin-1: `clé`", "clé"), ("UTF-8: `clé €`", "clé €")] {
        let key = Key::derive(&Salt::from("pyramid.session."), &Secret::from(secret)).unwrap();
        assert_eq!(shown(label), key.as_ref(), "{secret}");

        let sessions = SignedCookieSessionFactory::builder(secret).allow_weak_secret().build().unwrap();
        let record = Record::from_json(b"[1700000000, 1699999000.5, {\"a\": 1}]".to_vec()).unwrap();
        let cookie = format!("session={}\n", sessions.write_record(&record).unwrap().value());
        assert!(FORMAT.contains(&cookie), "docs/format.md should show {cookie}");
    }
}

#[test]
fn document_shows_derivation_of_key() {
    let (prk, info) = (shown("`PRK`"), shown("`info`"));
    assert_eq!(shown("secret"), seq(0, 32));
    assert_eq!(
        info,
        encode(&[b"session-encrypt-v1", b"AES-256-GCM-SIV", PURPOSE.as_bytes(), NAME.as_bytes()])
    );
    assert_eq!(prk, hmac(&[0; 32], &shown("secret")));
    let key = hmac(&prk, &[&info[..], &[1]].concat());
    assert_eq!(shown("key"), key);
    assert_eq!(shown("key id"), hmac(&prk, &[&key[..], &info, &[2]].concat())[..4]);
}

#[test]
fn document_shows_envelope() {
    let (data, nonce) = (shown("associated data"), seq(0xa0, 12));
    let header = [&[1], &shown("key id")[..]].concat();
    assert_eq!(shown("nonce"), nonce);
    assert_eq!(shown("message"), MESSAGE);
    assert_eq!(data, encode(&[&header, PURPOSE.as_bytes(), NAME.as_bytes()]));
    let mut ciphertext = MESSAGE.to_vec();
    let nonce = Nonce::<Aes256GcmSiv>::try_from(&nonce[..]).unwrap();
    let cipher = Aes256GcmSiv::new_from_slice(&shown("key")).unwrap();
    let tag = cipher.encrypt_inout_detached(&nonce, &data, ciphertext.as_mut_slice().into()).unwrap();
    assert_eq!((shown("ciphertext"), shown("tag")), (ciphertext, tag.to_vec()));
    assert_eq!(shown("envelope"), [header, shown("nonce"), shown("ciphertext"), shown("tag")].concat());
    let cookie = format!("{NAME}={}\n", URL_SAFE_NO_PAD.encode(shown("envelope")));
    assert!(FORMAT.contains(&cookie), "docs/format.md should show {cookie}");
}

#[test]
fn shown_envelope_decrypts() {
    assert_eq!(decrypt::<Aes256GcmSiv>(shown("envelope")), MESSAGE);
    let envelope = shown("envelope, XChaCha20-Poly1305");
    assert_eq!(EnvelopeParts::split::<XChaCha20Poly1305>(&envelope).unwrap().nonce(), seq(0xa0, 24));
    assert_eq!(decrypt::<XChaCha20Poly1305>(envelope), MESSAGE);
}

#[test]
fn document_shows_lengths() {
    assert_eq!((Encrypter::<Aes256GcmSiv>::PREFIX_LEN, Encrypter::<Aes256GcmSiv>::OVERHEAD), (17, 33));
    assert!(FORMAT.contains("| AES-256-GCM-SIV | `AES-256-GCM-SIV` | 32 | 12 | 16 | 33 |"));
    assert_eq!(Encrypter::<XChaCha20Poly1305>::OVERHEAD, 45);
    assert!(FORMAT.contains("| XChaCha20-Poly1305 | `XChaCha20-Poly1305` | 32 | 24 | 16 | 45 |"));
}
