//! Cookies that only an attacker sends, and copies of the store.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use signed_session::testing::mint_cookie;
use signed_session::{EncryptedCookieSessionFactory, SignedCookieSessionFactory, StoredSessionFactory, hmac};

use crate::site::{SECRET, START, Site, at, cookie, value};

const NAME: &str = "__Host-session";

/// Checks that a cookie is rejected without a call to the store.
async fn check_rejected(site: &Site, value: &str) {
    site.store.calls();
    let outcome = site.outcome(&format!("{NAME}={value}")).await;
    assert!(["bad_signature", "malformed"].contains(&outcome), "{outcome}: {value}");
    assert!(site.store.calls().is_empty(), "{value}");
}

#[tokio::test]
async fn forged_cookie_does_not_call_store() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let value = value(&cookie);
    for at in 0..value.len() {
        for other in ["A", "B", "-", "_", "=", "*", "%41", ""] {
            if &value[at..=at] != other {
                check_rejected(&site, &format!("{}{other}{}", &value[..at], &value[at + 1..])).await;
            }
        }
        check_rejected(&site, &value[..at]).await;
        check_rejected(&site, &value[at + 1..]).await;
    }
    for other in ["A", "AA", "AAAA", "=", value] {
        check_rejected(&site, &format!("{value}{other}")).await;
    }
    check_rejected(&site, &"A".repeat(5000)).await;
    assert_eq!(site.outcome("").await, "missing");
    assert_eq!(site.outcome(&format!("session={value}")).await, "missing");
    assert!(site.store.calls().is_empty());
    assert_eq!(site.outcome(&cookie).await, "accepted");
}

#[tokio::test]
async fn cookie_of_another_factory_does_not_call_store() {
    let site = Site::new();
    let foreign = |secret: &str, name: &str| {
        StoredSessionFactory::builder(secret.to_owned(), site.store.clone())
            .cookie_name(name)
            .build()
            .unwrap()
    };
    for (secret, name) in [
        (SECRET, "__Host-admin"),
        (SECRET, "session"),
        (SECRET, "__Host-sessio"),
        (SECRET, "__Host-session2"),
        ("another secret that is long enough for tests", NAME),
    ] {
        let mut session = foreign(secret, name).load("").await.unwrap();
        session.insert("user", "mallory").unwrap();
        let cookie = cookie(&session.save().await.unwrap());
        check_rejected(&site, value(&cookie)).await;
    }
    let encrypted = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let signed = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    check_rejected(&site, value(&mint_cookie(&encrypted, |session| session.insert("user", "mallory")))).await;
    check_rejected(&site, value(&mint_cookie(&signed, |session| session.insert("user", "mallory")))).await;
}

/// Returns the id in a cookie: the last 32 bytes of its decoded value.
fn id(cookie: &str) -> [u8; 32] {
    URL_SAFE_NO_PAD.decode(value(cookie)).unwrap()[32..].try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[tokio::test]
async fn copy_of_store_opens_no_session() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.request(&cookie, |session| session.set_owner("zoe").unwrap()).await;
    let id = id(&cookie);
    let rows = site.store.all().await;
    let [(handle, row)] = &rows[..] else { panic!("expected one row") };
    assert_eq!(handle.as_bytes(), &*Sha256::digest(id), "the key of the row is the SHA-256 of the id");

    let text = String::from_utf8_lossy(&row.data).into_owned();
    let encodings = [hex(&id), STANDARD.encode(id), URL_SAFE_NO_PAD.encode(id), value(&cookie).to_owned()];
    for encoding in encodings {
        assert!(!text.contains(&encoding));
    }
    assert!(!row.data.windows(8).any(|window| id.windows(8).any(|part| part == window)));

    let copied =
        [&handle.as_bytes()[..], handle.to_string().as_bytes(), &row.data, b"zoe"].map(<[u8]>::to_vec);
    for bytes in copied {
        check_rejected(&site, &String::from_utf8_lossy(&bytes).replace([';', ',', '"', ' '], "")).await;
        check_rejected(&site, &hex(&bytes)).await;
        check_rejected(&site, &STANDARD.encode(&bytes)).await;
        check_rejected(&site, &URL_SAFE_NO_PAD.encode(&bytes)).await;
        for tag in sign_without_secret(&bytes, &bytes) {
            check_rejected(&site, &URL_SAFE_NO_PAD.encode([&tag[..], &bytes].concat())).await;
        }
    }
}

/// Returns tags of `message` that an attacker can try without the secret. Some of them are
/// MACs with keys that the attacker can guess or already has, such as `known`.
fn sign_without_secret(message: &[u8], known: &[u8]) -> Vec<Vec<u8>> {
    let salt = format!("session-id.v1:{NAME}:").into_bytes();
    let keys = [vec![], vec![0; 32], salt.clone(), known.to_vec(), [&salt, known].concat()];
    let tags = keys.iter().map(|key| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        mac.finalize().into_bytes().to_vec()
    });
    tags.chain([vec![0; 32], vec![], Sha256::digest(message).to_vec()]).collect()
}

#[tokio::test]
async fn new_session_never_adopts_id_from_cookie() {
    let site = Site::new();
    let chosen = [7; 32];
    let forged = format!("{NAME}={}", URL_SAFE_NO_PAD.encode([[0; 32], chosen].concat()));
    let ended = site.sign_in().await;
    site.request(&ended, |session| session.invalidate()).await;
    let expired = site.sign_in().await;
    site.wait(13.0 * 3600.0);
    for cookie in [&forged, &ended, &expired] {
        let mut session = site.load(cookie).await;
        assert!(session.is_new() && session.is_empty() && session.handle().is_none());
        session.insert("user", "zoe").unwrap();
        let new = crate::site::cookie(&session.save().await.unwrap());
        assert!(id(&new) != id(cookie));
        assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
        assert_ne!(site.outcome(cookie).await, "accepted");
    }
}

#[tokio::test]
async fn each_session_has_its_own_id() {
    let site = Site::new();
    let mut ids = Vec::new();
    for _ in 0..50 {
        ids.push(id(&site.sign_in().await));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 50);
}

#[tokio::test]
async fn planted_cookie_does_not_hide_session() {
    let site = Site::new();
    let (own, ended) = (site.sign_in().await, site.sign_in().await);
    site.request(&ended, |session| session.invalidate()).await;
    let forged = format!("{NAME}={}", URL_SAFE_NO_PAD.encode([1; 64]));
    for planted in [&forged, &ended] {
        for header in [format!("{planted}; {own}"), format!("{own}; {planted}")] {
            assert_eq!(site.json(&header).await, r#"{"user":"zoe"}"#);
        }
    }
    assert_eq!(site.outcome(&format!("{forged}; {ended}; {forged}")).await, "revoked");

    // The number of calls is limited: one for each id, and three at most.
    let many = vec![&*ended; 100].join("; ");
    site.store.calls();
    assert_eq!(site.outcome(&many).await, "revoked");
    assert_eq!(site.store.calls().len(), 1);
    let mut others = Vec::new();
    for _ in 0..5 {
        let other = site.sign_in().await;
        site.request(&other, |session| session.invalidate()).await;
        others.push(other);
    }
    site.store.calls();
    assert_eq!(site.outcome(&others.join("; ")).await, "revoked");
    assert_eq!(site.store.calls().len(), 3);
}

#[tokio::test]
async fn debug_shows_no_id_and_no_contents() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.set_owner("owner@example.com").unwrap();
    session.flash("zoe", "").unwrap();
    let load = signed_session::SessionFactory::load(&site.sessions, (&*cookie).into());
    let builder = StoredSessionFactory::builder(SECRET, site.store.clone());
    let save = signed_session::SessionFactory::save(&site.sessions, &mut session);
    let shown = format!("{session:?} {:?} {load:?} {save:?} {builder:?}", site.sessions);
    let id = id(&cookie);
    let encoded_id = [&hex(&id), &URL_SAFE_NO_PAD.encode(id), value(&cookie)];
    for hidden in encoded_id.into_iter().chain(["zoe", "owner@example.com", SECRET]) {
        assert!(!shown.contains(hidden), "{hidden}: {shown}");
    }
    assert!(shown.contains("StoredSession {") && shown.contains("__Host-session"), "{shown}");
    assert!(shown.contains("StoredSessionFactory {") && shown.contains("LoadStored {"), "{shown}");
    let (_, row) = &site.store.all().await[0];
    assert!(!format!("{row:?}").contains("user"));
    assert_eq!(row.created, at(START));
}
