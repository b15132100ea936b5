//! Vulnerabilities of comparable libraries. Each test has the name of a fault, and its comment describes the fault in
//! other libraries. The test shows that this library does not have the fault.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{COOKIE, SET_COOKIE, VARY};
use axum::routing::get;
use serde::Serialize;
use serde::de::DeserializeOwned;
use signed_session::axum::{Session as Handle, SessionError, SessionLayer};
use signed_session::parts::session_core::Record;
use signed_session::parts::session_serde::Loaded;
use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, DumpError, JsonSerializer, LoadError, ManualClock, PickleSerializer, Secret,
    Serializer, SignedCookieSessionFactory, Timestamp,
};
use tower::ServiceExt;

const SECRET: &str = "a secret that is long enough for these tests";
const OTHER: &str = "another secret, and long enough for them too";

fn sessions() -> SignedCookieSessionFactory {
    SignedCookieSessionFactory::builder(SECRET).build().unwrap()
}

fn signed_in(sessions: &SignedCookieSessionFactory) -> String {
    mint_cookie(sessions, |session| session.insert("user", "zoe"))
}

fn user<S: Serializer>(sessions: &BaseCookieSessionFactory<S>, cookies: &[u8]) -> Option<String> {
    sessions.load(cookies).get("user").unwrap()
}

/// Flask: a response that only refreshed the cookie had no `Vary: Cookie`, so a cache could serve it to other users.
#[tokio::test]
async fn cve_2023_30861_missing_vary_cookie() {
    async fn page(session: Handle) -> Result<String, SessionError> {
        Ok(session.get("user")?.unwrap_or_default())
    }
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let sessions = SignedCookieSessionFactory::builder(SECRET).clock(clock.clone()).build().unwrap();
    let good = signed_in(&sessions);
    let app = Router::new().route("/", get(page)).layer(SessionLayer::new(sessions));
    for (cookie, seconds, is_refreshed) in
        [(&*good, 0, false), ("session=forged", 0, false), ("none=1", 0, false), (&*good, 1, true)]
    {
        clock.advance(Duration::from_secs(seconds));
        let request = Request::get("/").header(COOKIE, cookie).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers().get_all(VARY).iter().collect::<Vec<_>>(), ["Cookie"], "{cookie}");
        assert_eq!(response.headers().contains_key(SET_COOKIE), is_refreshed, "{cookie}");
    }
}

/// Flask: if there were fallback keys, the last one signed, instead of the current key.
#[test]
fn cve_2025_47278_retired_key_signs() {
    let rotated = SignedCookieSessionFactory::builder(OTHER).retired_secret(SECRET).build().unwrap();
    let fresh = mint_cookie(&rotated, |session| session.insert("user", "zoe"));
    assert_eq!(user(&sessions(), fresh.as_bytes()), None);

    let old = signed_in(&sessions());
    let mut session = rotated.load(&*old);
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    let resigned =
        rotated.save(&mut session).unwrap().into_session_cookie().expect("the session is signed again");
    let without = SignedCookieSessionFactory::builder(OTHER).build().unwrap();
    assert!(without.load(resigned.as_str().split(';').next().unwrap()).contains("user"));
    assert!(
        without.load(&*old).rejection().unwrap().is_bad_signature(),
        "a cookie signed with the removed secret should be rejected"
    );
}

/// A serializer that records whether it has read anything.
#[derive(Clone, Default)]
struct Watched(Arc<AtomicBool>);

impl Serializer for Watched {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        JsonSerializer.dumps(value)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        self.0.store(true, Ordering::Relaxed);
        JsonSerializer.loads(bytes)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.0.store(true, Ordering::Relaxed);
        JsonSerializer.loads_record(bytes)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        JsonSerializer.dumps_record(record, out)
    }
}

/// Rack::Session: a cookie that could not be decrypted was passed to another decoder, which accepted it.
#[test]
fn cve_2026_39324_unverified_bytes_are_decoded() {
    let watched = Watched::default();
    let sessions = SignedCookieSessionFactory::builder(SECRET).serializer(watched.clone()).build().unwrap();
    let payload = r#"[1700000000, 1700000000, {"user": "admin"}]"#;
    let unsigned = base64(payload.as_bytes());
    let zeros = base64(&[&[0; 64], payload.as_bytes()].concat());
    for forged in [payload, &*unsigned, &*zeros, "", "=", "e30"] {
        assert_eq!(user(&sessions, format!("session={forged}").as_bytes()), None);
        assert!(!watched.0.load(Ordering::Relaxed), "the forged value {forged:?} should not be deserialized");
    }
    let good = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    assert!(user(&sessions, good.as_bytes()).is_some() && watched.0.load(Ordering::Relaxed));
}

/// A serializer that writes fixed bytes.
struct Raw(&'static [u8]);

impl Serializer for Raw {
    fn dumps<T: Serialize + ?Sized>(&self, _: &T) -> Result<Vec<u8>, DumpError> {
        Ok(self.0.to_vec())
    }

    fn loads<T: DeserializeOwned>(&self, _: &[u8]) -> Result<T, LoadError> {
        Err(LoadError::malformed("this serializer only writes"))
    }
}

/// Pyramid before 2.0, and all other software that unpickles cookies: an attacker who knows the secret can run code.
#[test]
fn pickle_runs_code() {
    // A session with two entries: a text, and the call `os.system('touch pickled')`.
    let raw =
        Raw(b"(F1700000000\nF1700000000\n(S'user'\nS'zoe'\nS'evil'\ncos\nsystem\n(S'touch pickled'\ntRdl.");
    let attacker = SignedCookieSessionFactory::builder(SECRET).serializer(raw).build().unwrap();
    let cookie = mint_cookie(&attacker, |session| session.insert("any", 1));
    let sessions = SignedCookieSessionFactory::builder(SECRET).serializer(PickleSerializer::default());
    let session = sessions.timeout(None).build().unwrap().load(&*cookie);
    assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe"));
    let error = session.get::<String>("evil").unwrap_err();
    assert!(error.to_string().contains("system"), "{error}");
    assert!(!std::path::Path::new("pickled").exists());
}

/// Rack and Ruby's CGI: cookie names were percent-decoded, so a forged cookie passed as one with the prefix `__Host-`.
#[test]
fn cve_2020_8184_cve_2021_41819_encoded_prefix_is_accepted() {
    let builder = || SignedCookieSessionFactory::builder(SECRET).cookie_name("__Host-session").secure(true);
    let sessions = builder().build().unwrap();
    let good = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let value = good.strip_prefix("__Host-session=").unwrap();
    assert!(user(&sessions, good.as_bytes()).is_some());
    for name in [
        "%5f%5fHost-session",
        "__%48ost-session",
        "__Host%2dsession",
        "__host-session",
        "__HOST-SESSION",
        "\u{2000}__Host-session",
        "\u{a0}__Host-session",
        "\u{b}__Host-session",
        "\u{c}__Host-session",
        "__Host-session\0",
        "\0__Host-session",
        "\u{feff}__Host-session",
        "\"__Host-session\"",
        "$__Host-session",
        "lang=en,__Host-session",
        "__Host-session\u{2000}",
        "__Host-session\r",
        "+__Host-session",
    ] {
        assert_eq!(user(&sessions, format!("{name}={value}").as_bytes()), None, "{name:?}");
    }
}

/// Werkzeug: the nameless cookie `=__Host-session=bad` was read as `__Host-session=bad`.
#[test]
fn cve_2023_23934_nameless_cookie_shadows_session() {
    let good = signed_in(&sessions());
    for nameless in [format!("={good}"), format!(" = {good}"), format!("=;={good}"), format!("\t={good}")] {
        assert_eq!(user(&sessions(), nameless.as_bytes()), None, "{nameless:?}");
    }
    assert!(user(&sessions(), format!("={good}; {good}").as_bytes()).is_some());
}

/// cookie (npm): name, path and domain could contain `;`, which starts another attribute. This test also tries control
/// characters, because a line break starts another header.
#[test]
fn cve_2024_47764_name_path_or_domain_injects_attribute() {
    for evil in ["x; Domain=evil.example", "x\r\nSet-Cookie: a=1", "x\n", "x\0", "x;", "x\u{7f}"] {
        let builder = || SignedCookieSessionFactory::builder(SECRET);
        for refused in
            [builder().cookie_name(evil), builder().path(format!("/{evil}")), builder().domain(evil)]
        {
            let error = refused.build().unwrap_err();
            assert_eq!(error.option(), "cookie", "{evil:?}: {error}");
        }
    }
}

/// Some libraries remove a cookie without naming its path and domain, so browsers keep the cookie.
#[test]
fn removal_has_no_path() {
    let builder =
        SignedCookieSessionFactory::builder(SECRET).path("/shop").domain("example.com").secure(true);
    let sessions = builder.build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let mut session = sessions.load(&*cookie);
    session.invalidate();
    let removal = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
    for attribute in ["session=;", "; Path=/shop", "; Domain=example.com", "; Max-Age=0", "; Secure"] {
        assert!(removal.as_str().contains(attribute), "the line `{removal}` should contain `{attribute}`");
    }
}

/// Python's `http.cookies` and other parsers stop at the first syntax error, so they miss the cookies after it.
#[test]
fn malformed_neighbour_hides_session() {
    let good = signed_in(&sessions());
    for neighbour in [
        &b"a=\xff\xfe"[..],
        b"\"",
        b"a=\"",
        b"=",
        b";;",
        b"a",
        b"a=\0",
        b"\xf0\x28",
        b"a=\"\\",
        b",",
        b"a b=c",
    ] {
        for cookies in
            [[neighbour, b"; ", good.as_bytes()].concat(), [good.as_bytes(), b";", neighbour].concat()]
        {
            assert!(user(&sessions(), &cookies).is_some(), "{:?}", cookies.escape_ascii().to_string());
        }
    }
}

/// Some libraries compute the MAC over the cookie's value alone, so the value is valid under any cookie name. Here, a
/// separate salt for each cookie prevents that.
#[test]
fn cookie_is_valid_under_another_name() {
    let admin = SignedCookieSessionFactory::builder(SECRET).cookie_name("admin").salt("shop.admin.");
    let admin = admin.build().unwrap();
    let swapped = signed_in(&sessions()).replacen("session=", "admin=", 1);
    assert!(admin.load(&*swapped).rejection().unwrap().is_bad_signature());
}

/// Some libraries keep the session at sign-in. An attacker who planted the session is then signed in as its user.
#[test]
fn session_fixation() {
    let sessions = sessions();
    let mut attackers = sessions.load(None::<&str>);
    attackers.insert("cart", ["theirs"]).unwrap();
    let known_token = attackers.csrf_token().unwrap();
    let planted = sessions.save(&mut attackers).unwrap().into_session_cookie().unwrap();

    let mut session = sessions.load(planted.as_str().split(';').next().unwrap());
    assert!(session.contains("cart"));
    session.invalidate(); // drops the entries and the CSRF token
    session.insert("user", "zoe").unwrap();
    assert!(session.is_new() && !session.contains("cart") && !session.check_csrf_token(&known_token));
    assert_ne!(session.csrf_token().unwrap(), known_token);
    let set = sessions.save(&mut session).unwrap().into_session_cookie().unwrap();
    let session = sessions.load(set.as_str().split(';').next().unwrap());
    assert!(session.contains("user") && !session.contains("cart"));
}

/// Some libraries accept short secrets, and secrets from the documentation of a framework.
#[test]
fn weak_secret_is_accepted() {
    for secret in [
        "seekrit",
        "itsaseekreet",
        "changeme",
        "secret",
        "",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
        "a-string-secret-at-least-256-bits-long",
        "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz",
        "00000000000000000000000000000000",
    ] {
        let error = SignedCookieSessionFactory::builder(secret).build().unwrap_err();
        assert_eq!(error.option(), "secret", "{secret:?}");
    }
    assert!(SignedCookieSessionFactory::builder(Secret::generate().unwrap()).build().is_ok());
}

fn base64(bytes: &[u8]) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bytes)
}
