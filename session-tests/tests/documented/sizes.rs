//! Checks the table of sizes in `docs/options.md`.

use signed_session::{
    BaseCookieSessionFactory, EncryptedCookieSessionFactory, ManualClock, Serializer,
    SignedCookieSessionFactory, Timestamp, XChaCha20Poly1305,
};

const OPTIONS: &str = include_str!("../../../docs/options.md");
const SECRET: &str = "a secret that is long enough for the tests";

/// Checks the overhead, the maximum payload, and the longest ASCII text that fits into a session whose only entry has
/// the key `text`.
#[test]
fn documented_sizes_are_exact() {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.123_456).unwrap());
    let signed = || SignedCookieSessionFactory::builder(SECRET).clock(clock.clone());
    let encrypted = || EncryptedCookieSessionFactory::builder(SECRET).clock(clock.clone());
    let sha256 = signed().mac::<hmac::Hmac<sha2::Sha256>>();
    let xchacha = encrypted().aead::<XChaCha20Poly1305>();

    let python = r#"[1700000000, 1700000000.123456, {"text": ""}]"#.len();
    let compact = r#"[1700000000,1700000000.123456,{"text":""}]"#.len();
    for (row, text_len, record_len) in [
        ("signed, SHA-512 (its default)", longest_text(&signed().build().unwrap()), python),
        ("signed, SHA-256", longest_text(&sha256.build().unwrap()), python),
        ("encrypted, AES-256-GCM-SIV (its default)", longest_text(&encrypted().build().unwrap()), compact),
        ("encrypted, XChaCha20-Poly1305", longest_text(&xchacha.build().unwrap()), compact),
    ] {
        let payload_len = text_len + record_len;
        // A cookie's value of 4064 characters is base64 of 3048 bytes.
        let overhead = 3048 - payload_len;
        let row = format!("| {row} | {overhead} | {payload_len} | {text_len} |");
        assert!(OPTIONS.contains(&row), "docs/options.md should have the row {row}");
    }
}

/// Returns the length of the longest text that a session of the factory can hold.
fn longest_text(sessions: &BaseCookieSessionFactory<impl Serializer>) -> usize {
    let fits = |len: &usize| {
        let mut session = sessions.load(None::<&str>);
        session.insert("text", "x".repeat(*len)).unwrap();
        session.save().is_ok()
    };
    (2900..3100).take_while(fits).last().unwrap()
}
