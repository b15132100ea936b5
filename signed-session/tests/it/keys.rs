//! Replacing the secrets of a factory while it runs.

use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, BuildError, EncryptedCookieSessionFactory, JsonSerializer, KeyRing, Secrets,
    Serializer, SignedCookieSessionFactory, SignedSerializer, Signer,
};

use crate::site::SECRET;

const NEW: &str = "the new secret, which has more than 32 bytes";
const NEWER: &str = "an even newer secret than the new one is, 1";

fn key<S: Serializer>(sessions: &BaseCookieSessionFactory<S>, cookie: &str) -> Option<String> {
    sessions.load(cookie).cookie_key().map(|key| key.to_string())
}

fn rotation_keeps_sessions<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) {
    let clone = sessions.clone();
    let cookie = mint_cookie(sessions, |session| session.insert("user", "zoe"));
    // A session that was loaded before the rotation is written with the new secret.
    let mut loaded = clone.load(&*cookie);
    loaded.insert("hits", 1).unwrap();

    sessions.rotate(NEW).unwrap();
    assert_eq!(key(&clone, &cookie).as_deref(), Some("retired:1"));
    let set_cookie = loaded.save().unwrap().into_session_cookie().unwrap();
    let reissued = format!("{}={}", set_cookie.name(), set_cookie.value());
    assert_eq!(key(&clone, &reissued).as_deref(), Some("current"));

    clone.rotate(NEWER).unwrap();
    assert_eq!(key(sessions, &cookie).as_deref(), Some("retired:2"));
    assert_eq!(key(sessions, &reissued).as_deref(), Some("retired:1"));

    sessions.set_secrets(NEWER).unwrap();
    assert!(clone.load(&*reissued).rejection().unwrap().is_bad_signature());
}

/// A session that was loaded before the secrets were replaced is written with the new secret.
fn replacement_keeps_loaded_session<S: Serializer>(
    sessions: &BaseCookieSessionFactory<S>,
    only_new: &BaseCookieSessionFactory<S>,
) {
    let cookie = mint_cookie(sessions, |session| session.insert("user", "zoe"));
    let mut loaded = sessions.load(&*cookie);
    loaded.insert("hits", 1).unwrap();
    sessions.set_secrets(NEW).unwrap();
    let set_cookie = loaded.save().unwrap().into_session_cookie().unwrap();
    let written = only_new.load(format!("{}={}", set_cookie.name(), set_cookie.value()));
    assert!(written.cookie_key().unwrap().is_current());
    assert_eq!(written.get::<String>("user").unwrap().as_deref(), Some("zoe"));
    assert_eq!(written.get("hits").unwrap(), Some(1));
    assert!(sessions.load(&*cookie).rejection().unwrap().is_bad_signature());
}

#[test]
fn loaded_session_survives_replacement_of_secret() {
    let signed = |secret| SignedCookieSessionFactory::builder(secret).build().unwrap();
    replacement_keeps_loaded_session(&signed(SECRET), &signed(NEW));
    let encrypted = |secret| EncryptedCookieSessionFactory::builder(secret).build().unwrap();
    replacement_keeps_loaded_session(&encrypted(SECRET), &encrypted(NEW));
}

#[test]
fn signed_sessions_survive_rotation() {
    rotation_keeps_sessions(&SignedCookieSessionFactory::builder(SECRET).build().unwrap());
    let by_name = SignedCookieSessionFactory::builder(SECRET).hashalg("sha256").unwrap();
    rotation_keeps_sessions(&by_name.build().unwrap());
}

#[test]
fn encrypted_sessions_survive_rotation() {
    rotation_keeps_sessions(&EncryptedCookieSessionFactory::builder(SECRET).build().unwrap());
}

#[test]
fn builder_accepts_current_with_retired_secrets() {
    let mut secrets = Secrets::from(SECRET);
    secrets.rotate(NEW);
    let sessions = SignedCookieSessionFactory::builder(secrets).build().unwrap();
    let old = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    assert_eq!(key(&sessions, &cookie).as_deref(), Some("retired:1"));
}

#[test]
fn refused_secret_changes_nothing() {
    let sessions = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let check = |error: BuildError, option| assert_eq!(error.option(), option);
    check(sessions.rotate("weak").unwrap_err(), "secret");
    check(sessions.rotate("").unwrap_err(), "secret");
    let mut secrets = Secrets::from(NEW);
    secrets.push_retired("weak");
    check(sessions.set_secrets(secrets).unwrap_err(), "retired_secret");
    assert_eq!(key(&sessions, &cookie).as_deref(), Some("current"));
}

/// A rotation keeps the old secret valid as a retired one. If the old secret is weak, `rotate` returns an error unless
/// the builder has allowed weak retired secrets.
#[test]
fn weak_current_secret_retires_only_if_allowed() {
    let weak = || SignedCookieSessionFactory::builder("weak").allow_weak_secret();
    weak().allow_weak_retired_secrets().build().unwrap().rotate(NEW).unwrap();

    let sessions = weak().build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let error = sessions.rotate(NEW).unwrap_err();
    assert_eq!(error.option(), "retired_secret");
    let error = error.to_string();
    for part in [
        "4 bytes",
        "call allow_weak_retired_secrets()",
        "makes the current secret a retired one",
        "set_secrets()",
    ] {
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(key(&sessions, &cookie).as_deref(), Some("current"));
    // If the caller passes the weak secret as a retired one, the error does not mention `rotate()`.
    let mut secrets = Secrets::from(NEW);
    secrets.push_retired("weak");
    assert!(!sessions.set_secrets(secrets).unwrap_err().to_string().contains("rotate()"));

    sessions.set_secrets(NEW).unwrap();
    assert!(sessions.load(cookie).rejection().unwrap().is_bad_signature());
}

#[test]
fn factory_without_secret_cannot_rotate() {
    let serializer = SignedSerializer::new(KeyRing::new(Signer::new(b"key").unwrap()), JsonSerializer);
    let sessions = BaseCookieSessionFactory::<SignedSerializer>::with_serializer(serializer).build().unwrap();
    let error = sessions.rotate(NEW).unwrap_err();
    assert!(error.option() == "secret" && error.to_string().contains("built with a serializer"), "{error}");
}
