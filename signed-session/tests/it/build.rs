//! The options of a builder. For an invalid option, `build()` or the option's method returns an error that says how to
//! fix it.

use std::time::Duration;

use hmac::{Hmac, SimpleHmac};
use sha2::Digest;
use signed_session::{
    BaseCookieSessionFactory, BuildError, CookieSession, JsonSerializer, KeyRing, SameSite,
    SignedCookieSessionFactory, SignedSerializer, Signer,
};

use crate::site::{SECRET, Site, builder};

#[track_caller]
fn assert_refused(result: Result<impl Sized, BuildError>, option: &str, advice: &str) {
    let error = result.err().expect("an invalid option is refused");
    assert_eq!(error.option(), option);
    assert!(error.to_string().contains(advice), "{error}");
}

#[test]
fn weak_secret_is_refused() {
    let (short, enough) = ("31 bytes are not enough here ..", "32 bytes are quite enough here .");
    assert_eq!((short.len(), enough.len()), (31, 32));
    assert_refused(SignedCookieSessionFactory::builder(short).build(), "secret", "32");
    assert_refused(builder().retired_secret(short).build(), "retired_secret", "32");
    assert_refused(builder().retired_secret(short).build(), "retired_secret", "remove it");
    assert!(SignedCookieSessionFactory::builder(short).allow_weak_secret().build().is_ok());
    assert!(SignedCookieSessionFactory::builder(enough).build().is_ok());
    assert_refused(SignedCookieSessionFactory::builder("").allow_weak_secret().build(), "secret", "empty");
}

#[test]
fn allow_weak_retired_secrets_still_checks_current_secret() {
    let (old, new) = ("itsaseekreet", "changeme");
    let rotated = |secret: &str| SignedCookieSessionFactory::builder(secret).retired_secret(old);
    assert!(rotated(SECRET).allow_weak_retired_secrets().build().is_ok());
    assert_refused(rotated(new).allow_weak_retired_secrets().build(), "secret", "allow_weak_secret()");
    assert_refused(
        rotated(new).allow_weak_secret().build(),
        "retired_secret",
        "allow_weak_retired_secrets()",
    );
    assert!(rotated(new).allow_weak_secret().allow_weak_retired_secrets().build().is_ok());
    assert_refused(
        builder().retired_secret("").allow_weak_retired_secrets().build(),
        "retired_secret",
        "empty",
    );

    // `hashalg` and `serializer` change the builder's type. Both `allow_weak_…` settings stay.
    let by_name = rotated(new).allow_weak_secret().allow_weak_retired_secrets().hashalg("sha256").unwrap();
    assert!(by_name.serializer(JsonSerializer).build().is_ok());
    let by_name = rotated(new).allow_weak_secret().hashalg("sha256").unwrap();
    assert_refused(by_name.build(), "retired_secret", "12 bytes");
}

#[test]
fn errors_and_debug_hide_secret() {
    let secret = "hunter2";
    let error = SignedCookieSessionFactory::builder(secret).build().unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret));
    let builder = SignedCookieSessionFactory::builder(secret).retired_secret(secret);
    let builder = builder.allow_weak_secret().allow_weak_retired_secrets();
    assert!(!format!("{builder:?}").contains(secret));
    assert!(!format!("{:?}", builder.build().unwrap()).contains(secret));
}

#[test]
fn debug_shows_options_and_hides_values() {
    let builder = builder().reissue_time(Duration::from_secs(60));
    assert!(
        format!("{builder:?}").contains("timeout: Some(1200s), reissue_time: Some(60s), lifetime: None"),
        "{builder:?}"
    );
    let sessions = builder.build().unwrap();
    let debug = format!("{sessions:?}");
    assert!(debug.starts_with("BaseCookieSessionFactory { cookie_name: \"session\", times: "), "{debug}");
    assert!(debug.contains("timeout: Some(1200s), reissue_time: Some(60s)"), "{debug}");

    let mut session = sessions.load(None::<&str>);
    assert!(format!("{session:?}").starts_with("CookieSession { state: None"), "{session:?}");
    session.insert("user", "zoe").unwrap();
    let debug = format!("{session:?}");
    assert!(debug.starts_with("CookieSession { state: Some({\"user\": "), "{debug}");
    assert!(!debug.contains("zoe"), "{debug}");

    let signer = Signer::<Hmac<sha2::Sha256>>::new(b"key").unwrap();
    let signed = SignedSerializer::new(KeyRing::new(signer), JsonSerializer);
    assert_eq!(format!("{signed:?}"), "SignedSerializer { inner: JsonSerializer, .. }");
}

#[test]
fn cookie_that_browsers_reject_is_refused() {
    for (result, advice) in [
        (builder().cookie_name("no spaces").build(), "name"),
        (builder().cookie_name("").build(), "name"),
        (builder().cookie_name("a;b").build(), "name"),
        (builder().path("no/slash").build(), "/"),
        (builder().path("/a;Domain=evil").build(), "path"),
        (builder().path("/a\r\nSet-Cookie: b=c").build(), "path"),
        (builder().domain("exa mple.com").build(), "domain"),
        (builder().samesite(SameSite::None).build(), "secure"),
        (builder().partitioned(true).build(), "secure"),
        (builder().cookie_name("__Secure-session").build(), "secure"),
        (builder().cookie_name("__Host-session").secure(true).path("/app").build(), "__Host-"),
        (builder().cookie_name("__host-session").secure(true).domain("example.com").build(), "__Host-"),
        (builder().max_age(Duration::from_millis(10)).build(), "second"),
    ] {
        assert_refused(result, "cookie", advice);
    }
    assert!(builder().cookie_name("__Host-session").secure(true).build().is_ok());
    assert!(builder().samesite(SameSite::None).secure(true).build().is_ok());
    assert!("sideways".parse::<SameSite>().is_err());
}

#[test]
fn invalid_times_and_sizes_are_refused() {
    let secs = Duration::from_secs;
    assert_refused(builder().timeout(Duration::ZERO).build(), "timeout", "None");
    assert_refused(builder().timeout(secs(60)).reissue_time(secs(60)).build(), "reissue_time", "less");
    assert!(builder().timeout(secs(60)).reissue_time(secs(58)).build().is_ok());
    assert!(builder().timeout(None).reissue_time(secs(60)).build().is_ok());
    assert_refused(builder().max_len(4090).build(), "max_len", "4089");
    assert!(builder().max_len(4089).build().is_ok());
}

/// Regression: with a timeout of one second, a session that began at the end of a second expired after a few
/// milliseconds, because an access is recorded in whole seconds.
#[test]
fn timeout_under_two_seconds_is_refused() {
    for millis in [1000, 1999] {
        let timeout = Duration::from_millis(millis);
        assert_refused(builder().timeout(timeout).build(), "timeout", "at least two seconds");
    }
    let mut site = Site::new(builder().timeout(Duration::from_secs(2)));
    site.wait(0.999);
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(1.0);
    assert!(site.load().contains("user"));
}

/// Regression: `build()` accepted a re-issue time of 1199 s with a timeout of 1200 s. A read then re-issued the cookie
/// only exactly 1200 s after the last access. Earlier reads did not re-issue it, and a later read found the session
/// expired.
#[test]
fn reissue_time_one_second_below_timeout_is_refused() {
    let times = |reissue_millis| {
        builder().timeout(Duration::from_secs(60)).reissue_time(Duration::from_millis(reissue_millis))
    };
    for reissue_millis in [59_000, 59_999] {
        assert_refused(times(reissue_millis).build(), "reissue_time", "more than one second less");
    }
    let mut site = Site::new(times(58_999));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(59.5);
    assert!(site.sends(|session| assert!(session.contains("user"))));
}

/// A read at 60 s re-issues the cookie.
#[test]
fn reissue_time_before_last_whole_second_of_timeout_is_accepted() {
    let times = builder().timeout(Duration::from_millis(60_500)).reissue_time(Duration::from_millis(59_600));
    let mut site = Site::new(times);
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(60.0);
    assert!(site.sends(|session| assert!(session.contains("user"))));
}

/// Regression: `build()` accepted a re-issue time close to `max_age` or over it, so the browser dropped the cookie
/// before a read re-issued the cookie.
#[test]
fn reissue_time_one_second_below_max_age_is_refused() {
    let secs = Duration::from_secs;
    let times = |reissue_time: Option<Duration>| builder().max_age(secs(60)).reissue_time(reissue_time);
    for reissue_time in [59, 60, 600] {
        assert_refused(times(Some(secs(reissue_time))).build(), "reissue_time", "less than max_age");
    }
    assert!(times(Some(secs(58))).build().is_ok());
    // The cookie has whole seconds.
    let max_age = Duration::from_millis(60_999);
    assert_refused(times(Some(secs(59))).max_age(max_age).build(), "reissue_time", "less than max_age");
    // As in Pyramid, two values are allowed with any `max_age`: with `None`, reads never re-issue the cookie. With
    // zero, the default, they re-issue it as often as they can.
    assert!(times(None).build().is_ok());
    assert!(builder().max_age(secs(60)).build().is_ok());
    assert!(builder().timeout(None).max_age(secs(60)).build().is_ok());
    assert!(builder().max_age(secs(1)).build().is_ok());
}

#[test]
fn reissue_time_over_max_age_is_accepted_if_lifetime_ends_first() {
    let secs = Duration::from_secs;
    let with_lifetime = |lifetime| {
        let times = builder().timeout(None).max_age(secs(60)).reissue_time(secs(600));
        times.lifetime(secs(lifetime)).build()
    };
    for lifetime in [59, 60] {
        assert!(with_lifetime(lifetime).is_ok(), "{lifetime}");
    }
    assert_refused(with_lifetime(61), "reissue_time", "less than max_age");
}

/// Regression: `build()` accepted a `max_len` of 102 bytes, in which no session fits, because it measured a session
/// with times of one digit.
#[test]
fn max_len_too_small_for_empty_session_is_refused() {
    // The payload `[1700000000, 1700000000.123456, {}]` and a tag of 64 bytes take 132 characters of base64.
    assert_refused(builder().max_len(0).build(), "max_len", "at least 132");
    assert_refused(builder().max_len(131).build(), "max_len", "at least 132");
    let site = Site::new(builder().max_len(132));
    site.wait(0.123_456);
    let mut session = site.load();
    session.changed();
    assert_eq!(session.encoded_len().unwrap(), 132);
    assert_refused(builder().cookie_name("n".repeat(4000)).build(), "max_len", "shorter name");
    assert!(builder().cookie_name("n".repeat(3964)).build().is_ok());
    // Unencoded JSON is invalid in a cookie's value.
    let invalid = BaseCookieSessionFactory::with_serializer(JsonSerializer).build();
    assert_refused(invalid, "serializer", "sign or encode");
}

#[test]
fn key_too_long_for_mac_is_refused() {
    type Keyed = blake2::Blake2bMac512;
    // The key is the salt followed by the secret.
    let fits = "six or more different bytes, and 48 of them all.".to_owned();
    assert_eq!("pyramid.session.".len() + fits.len(), 64);
    assert!(SignedCookieSessionFactory::builder(&*fits).mac::<Keyed>().build().is_ok());
    assert_refused(
        SignedCookieSessionFactory::builder(format!("{fits}s")).mac::<Keyed>().build(),
        "mac",
        "key",
    );
}

#[test]
fn hmac_accepts_key_longer_than_block() {
    // HMAC hashes a key that is longer than a block, so the key and its digest are equivalent.
    let secret: Vec<u8> = (0..16_u8).flat_map(|block| sha2::Sha512::digest([block])).collect();
    let digest = sha2::Sha512::digest(&secret).to_vec();
    let mut long = Site::new(SignedCookieSessionFactory::builder(secret).salt(""));
    let mut short = Site::new(SignedCookieSessionFactory::builder(digest).salt(""));
    let write = |session: &mut CookieSession| session.insert("a", 1).unwrap();
    assert_eq!(long.request(write).1.unwrap(), short.request(write).1.unwrap());
    assert!(long.load().contains("a"));
}

#[test]
fn unknown_hash_is_refused() {
    for name in ["sha3", "shake_128", "", "crc32"] {
        assert_refused(builder().hashalg(name), "hashalg", "sha512");
    }
}

#[test]
fn hash_by_name_equals_hash_by_type() {
    fn compatible<A: signed_session::Protection, B: signed_session::Protection>(
        one: signed_session::Builder<A>,
        other: signed_session::Builder<B>,
    ) {
        let (mut one, mut other) = (Site::new(one), Site::new(other));
        one.request(|session| session.insert("a", 1).unwrap());
        other.cookie = one.cookie;
        assert!(other.load().contains("a"));
    }
    compatible(builder().hashalg("sha512").unwrap(), builder());
    compatible(builder().hashalg("sha256").unwrap(), builder().mac::<Hmac<sha2::Sha256>>());
    compatible(builder().hashalg("sha3_256").unwrap(), builder().mac::<SimpleHmac<sha3::Sha3_256>>());
    compatible(builder().hashalg("blake2b").unwrap(), builder().mac::<SimpleHmac<blake2::Blake2b512>>());
}

#[test]
fn cookie_attributes_have_pyramids_order() {
    let mut site = Site::new(
        SignedCookieSessionFactory::builder(SECRET)
            .cookie_name("s")
            .domain("example.com")
            .max_age(Duration::from_secs(3600))
            .path("/app")
            .secure(true)
            .httponly(true)
            .samesite(SameSite::Strict),
    );
    let sent = site.request(|session| session.insert("a", 1).unwrap()).1.unwrap();
    let (_, attributes) = sent.as_str().split_once("; ").unwrap();
    assert_eq!(attributes, "Domain=example.com; Max-Age=3600; Path=/app; Secure; HttpOnly; SameSite=Strict");
}

#[test]
fn build_error_has_component_error_as_source() {
    use std::error::Error;
    let error = builder().cookie_name("a b").build().unwrap_err();
    let cookie = error.source().unwrap().downcast_ref::<signed_session::parts::session_cookie::CookieError>();
    assert!(cookie.unwrap().is_invalid_name());
    let error = SignedCookieSessionFactory::builder("short").build().unwrap_err();
    assert!(error.source().unwrap().downcast_ref::<signed_session::SecretError>().unwrap().is_weak());
    assert!(builder().timeout(std::time::Duration::ZERO).build().unwrap_err().source().is_none());
}
