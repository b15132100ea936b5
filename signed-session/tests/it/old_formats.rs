//! Moving sessions from one cookie format to another.

use std::time::Duration;

use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, Builder, CompactJsonSerializer, CookieSession, DumpError,
    EncryptedCookieSessionFactory, HmacSha512, KeyRing, LoadError, ManualClock, OldFormat, Protection,
    Serializer, SetCookies, SignedCookieSessionFactory, SignedSerializer, Signer,
};

use crate::site::{Raw, SECRET, START, at};

const OLD_SECRET: &str = "the old secret, which is long enough as well";

fn old() -> Builder {
    SignedCookieSessionFactory::builder(OLD_SECRET)
}

fn new() -> Builder<impl Protection<Serializer = impl Serializer>> {
    EncryptedCookieSessionFactory::builder(SECRET)
}

fn zoe<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> String {
    mint_cookie(sessions, |session| session.insert("user", "zoe"))
}

fn user<S: Serializer>(session: &CookieSession<S>) -> Option<String> {
    session.get("user").unwrap()
}

fn lines(set_cookies: &SetCookies) -> Vec<String> {
    set_cookies.iter().map(ToString::to_string).collect()
}

#[test]
fn old_session_moves_at_its_next_access() {
    let clock = ManualClock::new(at(START));
    let old = old().clock(clock.clone()).build().unwrap();
    let sessions = new().clock(clock.clone()).also_reads(old.clone()).build().unwrap();
    let cookie = zoe(&old);
    clock.advance(Duration::from_secs(10));

    // A request that does not use its session changes nothing.
    assert!(sessions.load(&*cookie).save().unwrap().is_empty());

    let mut session = sessions.load(&*cookie);
    assert_eq!(user(&session).as_deref(), Some("zoe"));
    assert_eq!((session.created(), session.is_new()), (at(START), false));
    assert_eq!(session.cookie_key().unwrap().to_string(), "old_format:1");
    let saved = session.save().unwrap();
    let [removal, set] = &lines(&saved)[..] else { panic!("{saved:?}") };
    assert!(set.starts_with("__Host-session=") && set.contains("; Secure"), "{set}");
    assert!(removal.starts_with("session=; Max-Age=0; Path=/"), "{removal}");

    // The browser has only the new cookie.
    let pair = set.split(';').next().unwrap();
    let mut session = sessions.load(pair);
    assert_eq!(user(&session).as_deref(), Some("zoe"));
    assert!(session.cookie_key().unwrap().is_current());
    assert!(session.save().unwrap().is_empty());
}

#[test]
fn sign_out_removes_cookies_of_all_formats() {
    let (a, b) = (old().build().unwrap(), old().cookie_name("legacy").build().unwrap());
    let sessions = new().also_reads(a.clone()).also_reads(b.clone()).build().unwrap();
    let current = zoe(&sessions);
    let cookies = format!("{}; {current}; {}", zoe(&a), zoe(&b));
    let mut session = sessions.load(&*cookies);
    assert!(session.cookie_key().unwrap().is_current());
    session.invalidate();
    let saved = session.save().unwrap();
    let names: Vec<&str> = saved.iter().map(|line| line.name()).collect();
    assert_eq!(names, ["session", "legacy", "__Host-session"]);
    assert!(saved.iter().all(|line| line.value().is_empty()));
}

#[test]
fn current_cookie_is_preferred_to_old_ones() {
    let old = old().build().unwrap();
    let sessions = new().also_reads(old.clone()).build().unwrap();
    let stale = mint_cookie(&old, |session| session.insert("user", "old"));
    for cookies in [format!("{stale}; {}", zoe(&sessions)), format!("{}; {stale}", zoe(&sessions))] {
        assert_eq!(user(&sessions.load(cookies)).as_deref(), Some("zoe"));
    }
}

#[test]
fn old_cookie_with_same_name_is_replaced() {
    let old = old().salt("old.").hashalg("sha256").unwrap().build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old.clone()).build().unwrap();
    let mut session = sessions.load(zoe(&old));
    assert_eq!(user(&session).as_deref(), Some("zoe"));
    // The new cookie has the name, domain and path of the old one. So it replaces the old one, and no removal is sent.
    let saved = session.save().unwrap();
    assert_eq!((saved.len(), saved.session_cookie().unwrap().name()), (1, "session"));
}

#[test]
fn old_cookie_of_another_path_and_domain_is_removed() {
    let old = old().domain("example.com").path("/shop").build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old.clone()).build().unwrap();
    let mut session = sessions.load(zoe(&old));
    session.insert("n", 1).unwrap();
    let saved = session.save().unwrap();
    let removal = &lines(&saved)[0];
    assert!(removal.starts_with("session=; Domain=example.com; Max-Age=0; Path=/shop"), "{removal}");
}

#[test]
fn retired_secret_of_old_format_is_read() {
    let older = SignedCookieSessionFactory::builder(SECRET).salt("a.").build().unwrap();
    let old = old().salt("a.").retired_secret(SECRET).build().unwrap();
    let sessions = new().also_reads(old).build().unwrap();
    let session = sessions.load(zoe(&older));
    assert_eq!(session.cookie_key().unwrap().to_string(), "old_format:1:retired:1");
}

#[test]
fn old_format_is_not_read_from_its_end_date_on() {
    let clock = ManualClock::new(at(START));
    let old = old().timeout(None).clock(clock.clone()).build().unwrap();
    let cookie = zoe(&old);
    let until = OldFormat::from(old).until(at(START + 60.0));
    let debug = format!("{until:?}");
    assert!(debug.starts_with("OldFormat { cookie_name: \"session\", until: Some(Timestamp("), "{debug}");
    assert!(!debug.contains(OLD_SECRET), "{debug}");
    let sessions = new().clock(clock.clone()).also_reads(until).build().unwrap();
    clock.advance(Duration::from_secs(59));
    assert_eq!(user(&sessions.load(&*cookie)).as_deref(), Some("zoe"));
    clock.advance(Duration::from_secs(1));
    assert!(sessions.load(&*cookie).rejection().unwrap().is_missing());
}

/// The old format and the current one have the same cookie name. Before the end date, an expired cookie of the old
/// format is rejected as `expired`, which the layers log at the debug level. From that date on, the cookie is rejected
/// as `bad_signature`, which the layers log as a warning.
#[test]
fn old_cookie_after_end_date_is_rejected_as_bad_signature() {
    let clock = ManualClock::new(at(START));
    let old = old().clock(clock.clone()).build().unwrap();
    let cookie = zoe(&old);
    let until = OldFormat::from(old).until(at(START + 3600.0));
    let sessions = SignedCookieSessionFactory::builder(SECRET).clock(clock.clone()).also_reads(until);
    let sessions = sessions.build().unwrap();
    let kind = || sessions.load(&*cookie).rejection().unwrap().kind();
    clock.advance(Duration::from_secs(3599));
    assert_eq!(kind(), "expired");
    clock.advance(Duration::from_secs(1));
    assert_eq!(kind(), "bad_signature");
}

#[test]
fn timeout_of_the_current_factory_applies_to_old_sessions() {
    let clock = ManualClock::new(at(START));
    let old = old().timeout(None).clock(clock.clone()).build().unwrap();
    let sessions = new().clock(clock.clone()).also_reads(old.clone()).build().unwrap();
    let cookie = zoe(&old);
    clock.advance(Duration::from_secs(1201));
    let rejection = sessions.load(cookie).rejection().unwrap().clone();
    assert_eq!(rejection.kind(), "expired");
}

#[test]
fn session_too_large_for_new_format_is_not_moved() {
    let clock = ManualClock::new(at(START));
    let old = || old().hashalg("sha256").unwrap().clock(clock.clone());
    let sessions = SignedCookieSessionFactory::builder(OLD_SECRET).clock(clock.clone());
    let sessions = sessions.also_reads(old().build().unwrap()).build().unwrap();
    let old = old().build().unwrap();
    let value_len = |cookie: &str| cookie.len() - "session=".len();
    let record = r#"[1700000000, 1700000000.0, {"a": ""}]"#.len();
    for (payload, value, moves) in [(2984, 4022, true), (2985, 4023, false), (3016, 4064, false)] {
        let cookie = mint_cookie(&old, |session| session.insert("a", "x".repeat(payload - record)));
        assert_eq!(value_len(&cookie), value, "{payload} bytes");
        let mut session = sessions.load(&*cookie);
        assert!(session.get::<String>("a").unwrap().is_some(), "{payload} bytes");
        let saved = session.save();
        assert_eq!(saved.is_ok(), moves, "{payload} bytes");
        assert!(saved.err().is_none_or(|error| error.is_too_large()), "{payload} bytes");
    }
}

/// A serializer of an application that protects its own output.
struct OwnProtection(SignedSerializer);

impl Serializer for OwnProtection {
    fn dumps<T: serde::Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        self.0.dumps(value)
    }

    fn loads<T: serde::de::DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        self.0.loads(bytes)
    }
}

#[test]
fn self_protected_format_is_read_and_its_forgeries_are_rejected() {
    let factory = |key: &[u8]| {
        let keys = KeyRing::new(Signer::new(key).unwrap());
        let serializer = OwnProtection(SignedSerializer::new(keys, signed_session::JsonSerializer));
        BaseCookieSessionFactory::with_serializer(serializer).build().unwrap()
    };
    let old = OldFormat::self_protected(factory(b"key"));
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old).build().unwrap();
    let session = sessions.load(zoe(&factory(b"key")));
    assert_eq!(user(&session).as_deref(), Some("zoe"));
    assert_eq!(session.cookie_key().unwrap().to_string(), "old_format:1");
    let forged = sessions.load(zoe(&factory(b"another key")));
    assert!(forged.rejection().unwrap().is_bad_signature());
}

/// If a format authenticates a cookie but cannot decode it, no further cookie is tried.
#[test]
fn authentic_malformed_cookie_ends_the_search() {
    let signer = || Signer::<HmacSha512>::new(b"key").unwrap();
    let malformed = SignedSerializer::new(KeyRing::new(signer()), Raw(b"[1, 2, 3]".to_vec()));
    let malformed = BaseCookieSessionFactory::with_serializer(malformed).build().unwrap();
    let mut session = malformed.load(None::<&str>);
    session.insert("any", "value").unwrap();
    let malformed = session.save().unwrap().into_session_cookie().unwrap();
    let later = old().build().unwrap();
    let cookies = format!("{}; session={}", zoe(&later), malformed.value());
    let first = SignedSerializer::new(KeyRing::new(signer()), signed_session::JsonSerializer);
    let first = BaseCookieSessionFactory::with_serializer(first).build().unwrap();
    let formats = [OldFormat::from(first), OldFormat::from(later.clone())];
    // Check both orders of the formats. In the second order, the format that is tried first does not authenticate the
    // malformed cookie.
    for order in [[0, 1], [1, 0]] {
        let [one, two] = order.map(|index| formats[index].clone());
        let sessions = new().also_reads(one).also_reads(two).build().unwrap();
        let session = sessions.load(&*cookies);
        assert!(session.rejection().unwrap().is_malformed());
        assert_eq!(user(&session), None);
        // The last cookie is tried first. With the cookies in the other order, the last one holds a valid session.
        let session = sessions.load(format!("session={}; {}", malformed.value(), zoe(&later)));
        assert_eq!(user(&session).as_deref(), Some("zoe"));
    }
}

#[test]
fn expired_cookie_of_second_old_format_is_rejected_as_expired() {
    let clock = ManualClock::new(at(START));
    let other = old().salt("a.").build().unwrap();
    let old = old().clock(clock.clone()).build().unwrap();
    let sessions = new().clock(clock.clone()).also_reads(other).also_reads(old.clone()).build().unwrap();
    let cookie = zoe(&old);
    clock.advance(Duration::from_secs(1201));
    assert_eq!(sessions.load(cookie).rejection().unwrap().kind(), "expired");
}

#[test]
fn forged_cookies_of_old_format_are_rejected() {
    let old = old().build().unwrap();
    let sessions = new().also_reads(old.clone()).build().unwrap();
    for forged in [zoe(&old).replacen('=', "=A", 1), "session=forged".into()] {
        let mut session = sessions.load(&*forged);
        assert_eq!(user(&session), None);
        assert!(session.rejection().is_some_and(|why| !why.is_missing()));
        assert!(session.save().unwrap().is_empty());
    }
    // A factory ignores a cookie whose name is neither its own nor that of an old format it reads.
    let only_new = new().build().unwrap();
    assert!(only_new.load(zoe(&old)).rejection().unwrap().is_missing());
}

/// Regression: the `Set-Cookie` line that removes an old cookie without a path came after the line that sets the
/// new cookie. If a line has no path, the browser uses the directory of the request's path. If that directory was the
/// path of the new cookie, the browser removed the new cookie.
#[test]
fn removal_does_not_delete_the_new_cookie() {
    let old = old().path(None).build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old.clone()).build().unwrap();
    let mut session = sessions.load(zoe(&old));
    session.insert("n", 1).unwrap();
    let lines = lines(&session.save().unwrap());
    assert!(lines[0].starts_with("session=; Max-Age=0") && !lines[0].contains("Path"), "{lines:?}");
    assert!(lines[1].contains("; Path=/") && !lines[1].contains("Max-Age=0"), "{lines:?}");
}

/// Regression: if a request had two cookies with the same name, the last one was used, even if it was in an old
/// format and the other one in the current format.
#[test]
fn current_format_is_preferred_under_the_same_name() {
    let old = old().build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old.clone()).build().unwrap();
    let attacker = mint_cookie(&old, |session| session.insert("user", "attacker"));
    let victim = zoe(&sessions);
    for cookies in [format!("{victim}; {attacker}"), format!("{attacker}; {victim}")] {
        assert_eq!(user(&sessions.load(cookies)).as_deref(), Some("zoe"));
    }
}

/// Regression: a sign-out removed only the old cookies that were in the request. The browser does not send a
/// cookie whose path does not match, so such a cookie was not removed.
#[test]
fn sign_out_removes_old_cookie_of_another_path() {
    let old = old().cookie_name("old").path("/shop").build().unwrap();
    let sessions = new().also_reads(old).build().unwrap();
    let mut session = sessions.load(zoe(&sessions));
    session.insert("n", 1).unwrap();
    assert_eq!(session.save().unwrap().len(), 1, "without a sign-out, only the current cookie is sent");
    session.invalidate();
    let lines = lines(&session.save().unwrap());
    assert!(lines[0].starts_with("old=; Max-Age=0; Path=/shop"), "{lines:?}");
    assert!(lines[1].starts_with("__Host-session=; Max-Age=0"), "{lines:?}");
}

#[test]
fn partitioned_old_cookie_is_removed() {
    let old = old().secure(true).partitioned(true).build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).secure(true).also_reads(old.clone());
    let sessions = sessions.build().unwrap();
    let mut session = sessions.load(zoe(&old));
    session.invalidate();
    let lines = lines(&session.save().unwrap());
    assert!(
        lines.len() == 2 && lines[0].contains("Partitioned") && !lines[1].contains("Partitioned"),
        "{lines:?}"
    );
}

/// Checks that `build()` fails because the builder's one old format shares a key with the current format.
#[track_caller]
fn assert_refused<P: Protection>(builder: Builder<P>) {
    let error = builder.build().map(|_| ()).unwrap_err();
    assert_eq!(error.option(), "also_reads");
    let text = error.to_string();
    assert!(text.contains("format 1 shares a key with the current format"), "{text}");
    assert!(text.contains("give the current format another secret"), "{text}");
}

#[test]
fn formats_that_share_a_key_are_refused() {
    let signed = || old().build().unwrap();
    assert_refused(old().serializer(CompactJsonSerializer).also_reads(signed()));
    assert_refused(old().path("/shop").also_reads(signed()));
    assert_refused(old().domain("example.com").also_reads(signed()));
    // The current key of one format is a retired key of the other one.
    let retiring = || SignedCookieSessionFactory::builder(SECRET).retired_secret(OLD_SECRET);
    assert_refused(retiring().serializer(CompactJsonSerializer).also_reads(signed()));
    assert_refused(old().serializer(CompactJsonSerializer).also_reads(retiring().build().unwrap()));

    let encrypted = |name: &str| EncryptedCookieSessionFactory::builder(SECRET).cookie_name(name);
    let old = encrypted("__Host-session").serializer(signed_session::JsonSerializer).build().unwrap();
    assert_refused(new().also_reads(old));
}

/// Regression: the error advised another secret for the current format, although only the old formats shared a key.
#[test]
fn old_formats_that_share_a_key_are_refused() {
    let compact = old().serializer(CompactJsonSerializer).build().unwrap();
    let unrelated = old().salt("b.").build().unwrap();
    let builder = new().also_reads(unrelated).also_reads(old().build().unwrap()).also_reads(compact);
    let error = builder.build().map(|_| ()).unwrap_err();
    assert_eq!(error.option(), "also_reads");
    let text = error.to_string();
    assert!(
        text.contains("old format 3 shares a key with old format 2") && text.contains("remove"),
        "{text}"
    );
    assert!(!text.contains("another secret"), "{text}");
}

#[test]
fn formats_that_do_not_read_each_others_cookies_are_accepted() {
    let signed = || old().build().unwrap();
    assert!(old().salt("b.").path("/shop").also_reads(signed()).build().is_ok());
    assert!(old().hashalg("sha256").unwrap().also_reads(signed()).build().is_ok());
    // Formats with different cookie names can share a key, because a cookie is read only in formats with its name.
    assert!(old().cookie_name("other").also_reads(signed()).build().is_ok());
    // The two formats share only a retired key. Both decode the cookies of this key in the same way, and neither format
    // writes cookies with it.
    let retiring = |secret| {
        SignedCookieSessionFactory::builder(secret).retired_secret("a secret of long ago, and retired")
    };
    let first = retiring(OLD_SECRET).build().unwrap();
    assert!(retiring(SECRET).also_reads(first).build().is_ok());
}

#[test]
fn secret_of_old_format_cannot_become_current() {
    let old = old().serializer(CompactJsonSerializer).build().unwrap();
    let sessions = SignedCookieSessionFactory::builder(SECRET).also_reads(old).build().unwrap();
    let cookie = zoe(&sessions);
    assert_eq!(sessions.rotate(OLD_SECRET).unwrap_err().option(), "also_reads");
    assert_eq!(sessions.set_secrets(OLD_SECRET).unwrap_err().option(), "also_reads");
    assert!(sessions.load(cookie).cookie_key().unwrap().is_current());
    sessions.rotate("another secret, which no old format uses").unwrap();
}
