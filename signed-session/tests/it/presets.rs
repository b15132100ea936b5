//! The presets: `production()`, whose options are the defaults of encrypted cookies, and `development()`.

use std::time::Duration;

use signed_session::testing::mint_cookie;
use signed_session::{
    BaseCookieSessionFactory, EncryptedCookieSessionFactory, SameSite, Serializer, SignedCookieSessionFactory,
};

use crate::log::Log;
use crate::site::{SECRET, Site, builder};

fn attributes<S: Serializer>(sessions: &BaseCookieSessionFactory<S>) -> String {
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let set_cookie = session.save().unwrap().into_session_cookie().unwrap().to_string();
    let (name, rest) = set_cookie.split_once('=').unwrap();
    format!("{name}; {}", rest.split_once("; ").unwrap().1)
}

#[test]
fn production_gives_signed_cookies_the_attributes_of_encrypted_ones() {
    let expected = "__Host-session; Path=/; Secure; HttpOnly; SameSite=Lax";
    let signed = builder().domain("example.com").path("/shop").samesite(SameSite::Strict);
    assert_eq!(attributes(&signed.production().build().unwrap()), expected);
    assert_eq!(attributes(&EncryptedCookieSessionFactory::builder(SECRET).build().unwrap()), expected);
    let debug = format!("{:?}", builder().production().build().unwrap());
    for option in ["timeout: Some(1200s)", "reissue_time: Some(120s)", "lifetime: Some(43200s)"] {
        assert!(debug.contains(option), "{debug}");
    }
}

#[test]
fn presets_keep_cookie_name_except_prefix() {
    let named = |name: &str| builder().cookie_name(name).production();
    assert_eq!(named("admin").build().unwrap().cookie_name(), "__Host-admin");
    assert_eq!(named("admin").development().build().unwrap().cookie_name(), "admin");
}

#[test]
fn cookie_name_set_after_a_preset_is_unchanged() {
    for name in ["admin", "__Host-admin", "__Secure-admin"] {
        let encrypted = || EncryptedCookieSessionFactory::builder(SECRET).cookie_name(name);
        assert_eq!(encrypted().build().unwrap().cookie_name(), name);
        assert_eq!(encrypted().production().build().unwrap().cookie_name(), "__Host-admin");
    }
    // A cookie for several hosts needs a name without `__Host-`.
    let hosts =
        EncryptedCookieSessionFactory::builder(SECRET).cookie_name("__Secure-a").domain("example.com");
    assert_eq!(hosts.build().unwrap().cookie_name(), "__Secure-a");
    let host = EncryptedCookieSessionFactory::builder(SECRET).domain("example.com").build().unwrap_err();
    assert!(host.option() == "cookie" && host.to_string().contains("__Host-"), "{host}");
}

/// Regression: the preset had a fixed re-issue time. If an application set a timeout that was not longer than the
/// re-issue time, `build()` returned an error about the re-issue time.
#[test]
fn reissue_time_of_the_preset_follows_the_timeout() {
    let minute = EncryptedCookieSessionFactory::builder(SECRET).timeout(Duration::from_secs(60));
    assert!(format!("{:?}", minute.build().unwrap()).contains("reissue_time: Some(6s)"));
    let own = EncryptedCookieSessionFactory::builder(SECRET).reissue_time(Duration::from_secs(1));
    assert!(format!("{:?}", own.build().unwrap()).contains("reissue_time: Some(1s)"));
    let none = EncryptedCookieSessionFactory::builder(SECRET).reissue_time(None).timeout(None);
    assert!(format!("{:?}", none.build().unwrap()).contains("reissue_time: None"));
}

/// Regression: the preset ignored `max_age`. A browser dropped the cookie of an active user after `max_age`, because a
/// read re-issued the cookie only after a tenth of the longer timeout, or never if there was no timeout.
#[test]
fn reissue_time_of_the_preset_follows_max_age() {
    let minute = Duration::from_secs(60);
    let encrypted = || EncryptedCookieSessionFactory::builder(SECRET);
    for (builder, reissue_time) in [
        (encrypted().max_age(minute), "6s"),
        (encrypted().timeout(None).max_age(60 * minute), "360s"),
        (encrypted().timeout(None).max_lifetime(60 * minute).max_age(10 * minute), "60s"),
        (encrypted().max_age(60 * minute), "120s"),
    ] {
        let debug = format!("{:?}", builder.build().unwrap());
        assert!(debug.contains(&format!("reissue_time: Some({reissue_time})")), "{debug}");
    }
    let mut site = Site::new(encrypted().max_age(minute));
    site.request(|session| session.insert("user", "zoe").unwrap());
    let mut age = 0;
    for _ in 0..30 {
        site.wait(5.0);
        age = if site.sends(|session| assert!(session.contains("user"))) { 0 } else { age + 5 };
        assert!(age < 60, "a read should re-issue the cookie before the browser drops it");
    }
}

/// Regression: with a `max_age` or a `max_lifetime` of 20 years, a read re-issued the cookie only after two years.
/// Browsers keep a cookie for at most 400 days, so they dropped the cookie of an active user.
#[test]
fn reissue_time_of_the_preset_is_at_most_a_tenth_of_400_days() {
    let year = Duration::from_secs(365 * 86400);
    let encrypted = || EncryptedCookieSessionFactory::builder(SECRET).timeout(None).lifetime(None);
    for (builder, reissue_time) in [
        (encrypted().max_age(20 * year), "3456000s"),
        (encrypted().max_lifetime(20 * year), "3456000s"),
        (encrypted().timeout(20 * year).max_age(20 * year), "3456000s"),
        (encrypted().max_age(year), "3153600s"),
    ] {
        let debug = format!("{:?}", builder.build().unwrap());
        assert!(debug.contains(&format!("reissue_time: Some({reissue_time})")), "{debug}");
    }
}

#[test]
fn development_works_over_http() {
    let sessions = EncryptedCookieSessionFactory::builder(SECRET).development().build().unwrap();
    assert_eq!(attributes(&sessions), "session; Path=/; HttpOnly; SameSite=Lax");
    // The key depends on the cookie name, so production rejects a development cookie even if it is renamed.
    let production = EncryptedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let renamed = cookie.replacen("session", "__Host-session", 1);
    assert!(production.load(renamed).rejection().unwrap().is_bad_signature());
}

#[test]
fn development_warns_once_per_factory() {
    let (log, guard) = Log::capture();
    let sessions = SignedCookieSessionFactory::builder(SECRET).development().build().unwrap();
    let mut session = sessions.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let _ = session.save().unwrap();
    builder().build().unwrap();
    drop(guard);
    let lines = log.take();
    let [line] = &lines[..] else { panic!("expected one line: {lines:?}") };
    for part in ["WARN", "development", "cookie=\"session\""] {
        assert!(line.contains(part), "{line}");
    }
}

/// Regression: `build()` logged that browsers send the cookie over http, even if a call after `development()` had made
/// the cookie `Secure`. `build()` also logged this if it then returned an error.
#[test]
fn development_warns_only_after_build_and_not_about_http() {
    let (log, _guard) = Log::capture();
    SignedCookieSessionFactory::builder(SECRET).development().secure(true).build().unwrap();
    let lines = log.take();
    assert!(lines.len() == 1 && !lines[0].contains("http"), "{lines:?}");
    let old = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let builder = SignedCookieSessionFactory::builder(SECRET).development();
    assert_eq!(builder.also_reads(old).build().unwrap_err().option(), "also_reads");
    assert_eq!(log.take(), [""; 0]);
}
