//! Factories that encrypt their cookies.

use std::time::Duration;

use signed_session::parts::session_encrypt::Encrypter;
use signed_session::testing::mint_cookie;
use signed_session::{
    Aes256GcmSiv, CompactJsonSerializer, EncryptedCookieSessionFactory, EncryptedSerializer, JsonSerializer,
    KeyId, ManualClock, Secret, Serializer, Timestamp, UnverifiedEnvelope,
};

use crate::site::SECRET;

const OTHER_SECRET: &str = "a second secret of thirty-two and more bytes";

fn value(cookie: &str) -> &str {
    cookie.split_once('=').unwrap().1
}

#[test]
fn defaults_are_those_of_production() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let debug = format!("{sessions:?}");
    for option in ["timeout: Some(1200s)", "reissue_time: Some(120s)", "lifetime: Some(43200s)"] {
        assert!(debug.contains(option), "{debug}");
    }
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let set_cookie = session.save().unwrap().into_session_cookie().unwrap();
    let line = set_cookie.as_str();
    assert!(line.starts_with("__Host-session="), "{line}");
    assert!(line.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
}

#[test]
fn cookie_hides_its_contents() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, value(&cookie));
    let bytes = bytes.unwrap();
    for plain in ["user", "zoe", "\"zoe\""] {
        assert!(!bytes.windows(plain.len()).any(|window| window == plain.as_bytes()), "{plain}");
    }
    // Every cookie has a nonce of its own, so equal entries give different cookies.
    let again = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    assert_ne!(cookie, again);
    assert_eq!(sessions.load(&*again).get("user").unwrap(), Some("zoe"));
}

/// Cookies in use, and implementations in other languages, depend on the format in `docs/format.md`.
#[test]
fn cookie_has_documented_purpose_name_and_payload() {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.5).unwrap());
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).clock(clock).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "ada"));
    let documented = Encrypter::new(SECRET.as_bytes(), "session", "__Host-session").unwrap();
    let documented = EncryptedSerializer::<Aes256GcmSiv, _>::new(documented, CompactJsonSerializer);
    let (_, payload) = documented.decrypt(value(&cookie).as_bytes()).unwrap();
    assert_eq!(payload, br#"[1700000000,1700000000.5,{"user":"ada"}]"#);
}

#[test]
fn cookie_under_another_name_is_rejected() {
    let named =
        |name: &str| EncryptedCookieSessionFactory::builder(SECRET).cookie_name(name).build().unwrap();
    let (a, b) = (named("__Host-a"), named("__Host-b"));
    let cookie = mint_cookie(&a, |session| session.insert("user", "zoe"));
    let renamed = cookie.replace("__Host-a", "__Host-b");
    assert!(b.load(renamed).rejection().unwrap().is_bad_signature());
    assert!(a.load(cookie).rejection().is_none());
}

#[test]
fn changed_or_truncated_cookie_is_rejected() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let (name, value) = cookie.split_once('=').unwrap();
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for at in 0..value.len() {
        for &other in alphabet.iter().filter(|&&other| other != value.as_bytes()[at]) {
            let mut forged = value.as_bytes().to_vec();
            forged[at] = other;
            let forged = format!("{name}={}", String::from_utf8(forged).unwrap());
            assert!(sessions.load(forged).rejection().is_some(), "byte {at} changed");
        }
        let truncated = format!("{name}={}", &value[..at]);
        assert!(sessions.load(truncated).rejection().is_some(), "truncated to {at} bytes");
        assert!(
            sessions.load(format!("{name}={}", &value[at + 1..])).rejection().is_some(),
            "without bytes 0 to {at}"
        );
    }
    for longer in ["A", "AA", "AAAA"] {
        assert!(sessions.load(format!("{cookie}{longer}")).rejection().is_some());
    }
    assert!(sessions.load(&*cookie).rejection().is_none());
}

#[test]
fn serializer_can_be_changed() {
    let json = EncryptedCookieSessionFactory::builder(SECRET).serializer(JsonSerializer).build().unwrap();
    let cookie = mint_cookie(&json, |session| session.insert("user", "zoe"));
    assert_eq!(json.load(&*cookie).get("user").unwrap(), Some("zoe"));
    // The compact JSON serializer reads what `JsonSerializer` writes.
    let compact = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    assert_eq!(compact.load(&*cookie).get("user").unwrap(), Some("zoe"));
}

#[cfg(feature = "xchacha20poly1305")]
#[test]
fn aead_can_be_changed() {
    let builder = || EncryptedCookieSessionFactory::builder(SECRET);
    let xchacha = builder().aead::<signed_session::XChaCha20Poly1305>().build().unwrap();
    let cookie = mint_cookie(&xchacha, |session| session.insert("user", "zoe"));
    assert_eq!(xchacha.load(&*cookie).get("user").unwrap(), Some("zoe"));
    let aes = builder().build().unwrap();
    assert!(aes.load(&*cookie).rejection().unwrap().is_bad_signature());
    let both = builder().also_reads(xchacha).build().unwrap();
    assert_eq!(both.load(cookie).get("user").unwrap(), Some("zoe"));
}

#[test]
fn weak_secrets_are_refused() {
    for weak in ["short", "", "passwordpasswordpasswordpassword"] {
        let error = EncryptedCookieSessionFactory::builder(weak).build().unwrap_err();
        assert_eq!(error.option(), "secret");
        let error = EncryptedCookieSessionFactory::builder(SECRET).retired_secret(weak).build().unwrap_err();
        assert_eq!(error.option(), "retired_secret");
    }
}

#[test]
fn cookie_of_retired_secret_is_read_and_reissued() {
    let old = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    let new = EncryptedCookieSessionFactory::builder(OTHER_SECRET).retired_secret(SECRET).build().unwrap();
    let mut session = new.load(&*cookie);
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    assert_eq!(session.cookie_key().unwrap().to_string(), "retired:1");
    let reissued = session.save().unwrap().into_session_cookie().unwrap();
    let reissued = format!("{}={}", reissued.name(), reissued.value());
    assert!(new.load(&*reissued).cookie_key().unwrap().is_current());
    assert!(old.load(reissued).rejection().unwrap().is_bad_signature());
}

#[test]
fn activity_does_not_extend_session_beyond_lifetime() {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.5).unwrap());
    let sessions = EncryptedCookieSessionFactory::builder(Secret::from(SECRET))
        .lifetime(Duration::from_secs(3600))
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    for _ in 0..6 {
        clock.advance(Duration::from_secs(600));
        let mut session = sessions.load(&*cookie);
        assert_eq!(session.get("user").unwrap(), Some("zoe"));
        let set_cookie = session.save().unwrap().into_session_cookie().unwrap();
        cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
    }
    assert!(
        sessions.load(&*cookie).rejection().is_none(),
        "a session whose age equals its lifetime is valid"
    );
    clock.advance(Duration::from_millis(500));
    assert!(sessions.load(&*cookie).rejection().unwrap().is_expired());
}

#[test]
fn secret_appears_in_no_debug_output() {
    let builder = EncryptedCookieSessionFactory::builder(SECRET).retired_secret(OTHER_SECRET);
    let shown = format!("{builder:?}");
    let shown = format!("{shown} {:?}", builder.build().unwrap());
    assert!(!shown.contains(SECRET) && !shown.contains(OTHER_SECRET));
    for part in ["Encryption { serializer: CompactJsonSerializer, ", "retired: 1"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn serializer_encrypts_any_value() {
    let encrypter: Encrypter = Encrypter::new(SECRET.as_bytes(), "purpose", "name").unwrap();
    let encrypted = EncryptedSerializer::new(encrypter, CompactJsonSerializer);
    let text = encrypted.dumps(&("any", 1)).unwrap();
    assert_eq!(encrypted.loads::<(String, u8)>(&text).unwrap(), ("any".to_owned(), 1));
    assert_eq!(encrypted.decrypt(&text).unwrap(), (KeyId::Current, br#"["any",1]"#.to_vec()));
    let debug = format!("{encrypted:?}");
    assert!(debug.starts_with("EncryptedSerializer { encrypter: Encrypter {"), "{debug}");
    assert!(debug.contains("inner: CompactJsonSerializer") && !debug.contains(SECRET), "{debug}");
}

#[test]
fn envelope_is_taken_apart_without_secret() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let payload_len = sessions.inspect(&*cookie).cookies()[0].parts().unwrap().payload().len();
    // Padding is optional.
    let padding = "=".repeat((4 - value(&cookie).len() % 4) % 4);
    for text in [value(&cookie).to_owned(), value(&cookie).to_owned() + &padding] {
        let envelope = UnverifiedEnvelope::decode(text.as_bytes()).unwrap();
        let parts = envelope.parts::<Aes256GcmSiv>().unwrap();
        assert_eq!((parts.version(), parts.ciphertext().len()), (1, payload_len));
        assert_eq!(
            format!("{envelope:?}"),
            format!("UnverifiedEnvelope {{ len: {}, .. }}", 33 + payload_len)
        );
    }
    assert!(UnverifiedEnvelope::decode(b"AQAA").unwrap().parts::<Aes256GcmSiv>().is_none());
    for (value, why) in [("a b", "URL-safe base64"), (&*"A".repeat(4097), "longer than any")] {
        let error = UnverifiedEnvelope::decode(value.as_bytes()).unwrap_err();
        assert!(error.is_malformed() && error.to_string().contains(why), "{error}");
    }
}
