//! The timeout and the lifetime that a factory sets for its sessions, and those that a session sets for itself.

use std::time::Duration;

use signed_session::{
    CookieSession, EncryptedCookieSessionFactory, EncryptedSerializer, Rejection, Serializer,
    SignedCookieSessionFactory,
};

use crate::site::{SECRET, START, Site, at, builder};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A site that remembers users for up to ten days.
fn site() -> Site<EncryptedSerializer> {
    Site::new(EncryptedCookieSessionFactory::builder(SECRET).max_lifetime(10 * DAY))
}

fn why(site: &Site<EncryptedSerializer>) -> Option<&'static str> {
    site.load().rejection().map(Rejection::kind)
}

/// Reads the session `times` times, `interval` seconds apart, and expects the user to be still signed in.
fn read_repeatedly<S: Serializer>(site: &mut Site<S>, times: u32, interval: f64) {
    for _ in 0..times {
        site.wait(interval);
        site.request(|session| assert_eq!(session.get::<String>("user").unwrap().as_deref(), Some("zoe")));
    }
}

fn remember(session: &mut CookieSession<EncryptedSerializer>) {
    session.insert("user", "zoe").unwrap();
    session.set_timeout(5 * DAY).unwrap();
    session.set_lifetime(7 * DAY).unwrap();
}

#[test]
fn remembered_session_has_its_own_limits_and_max_age() {
    let mut site = site();
    let (_, sent) = site.request(remember);
    assert!(sent.unwrap().as_str().contains("; Max-Age=432000;"));
    site.wait(4.0 * 86400.0);
    let (_, sent) = site.request(|session| {
        assert_eq!(session.get("user").unwrap(), Some("zoe"));
        assert_eq!(session.age(), 4 * DAY);
        assert_eq!(session.expires_at(), Some(at(START) + 7 * DAY));
    });
    // Three days are left of the lifetime.
    assert!(sent.unwrap().as_str().contains("; Max-Age=259200;"));
    site.wait(3.0 * 86400.0);
    assert_eq!(why(&site), None);
    site.wait(1.0);
    assert_eq!(why(&site), Some("lifetime_exceeded"));
}

#[test]
fn remembered_session_ends_at_its_own_timeout() {
    let mut site = site();
    site.request(remember);
    site.wait(5.0 * 86400.0);
    assert_eq!(why(&site), None);
    site.wait(1.0);
    assert_eq!(why(&site), Some("expired"));
}

#[test]
fn session_without_own_limits_has_those_of_the_factory() {
    let mut site = site();
    let (_, sent) = site.request(|session| session.insert("user", "zoe").unwrap());
    assert!(!sent.unwrap().as_str().contains("Max-Age"));
    assert_eq!(site.load().expires_at(), Some(at(START + 1200.0)));
    site.wait(1201.0);
    assert_eq!(why(&site), Some("expired"));
}

#[test]
fn own_limits_over_max_lifetime_are_refused() {
    let mut site = site();
    site.request(|session| {
        let error = session.set_timeout(11 * DAY).unwrap_err();
        assert!(error.is_unsupported_lifetime() && error.to_string().contains("at most 864000 s"), "{error}");
        assert!(session.set_lifetime(11 * DAY).unwrap_err().is_unsupported_lifetime());
        // Regression: the error showed whole seconds, so it said that 864000 s is over the maximum of 864000 s.
        let error = session.set_timeout(10 * DAY + Duration::from_millis(500)).unwrap_err().to_string();
        assert!(error.contains("864000.5 s is over the maximum; use at most 864000 s"), "{error}");
        assert!(session.set_timeout(Duration::from_millis(999)).is_err());
        assert!(session.set_timeout(10 * DAY).is_ok());
    });
}

/// Regression: a session with a timeout of one second could expire a moment later, because an access is recorded in
/// whole seconds.
#[test]
fn own_timeout_under_two_seconds_is_refused() {
    let mut site = site();
    site.request(|session| {
        let error = session.set_timeout(Duration::from_millis(1999)).unwrap_err();
        assert!(
            error.is_unsupported_lifetime() && error.to_string().contains("at least two seconds"),
            "{error}"
        );
    });
    site.wait(0.95);
    site.request(|session| session.set_timeout(Duration::from_secs(2)).unwrap());
    site.wait(1.0);
    assert_eq!(why(&site), None);
}

#[test]
fn lowered_max_lifetime_applies_to_existing_sessions() {
    let mut wide = site();
    wide.request(remember);
    let mut narrow = Site::new(EncryptedCookieSessionFactory::builder(SECRET).max_lifetime(HOUR));
    narrow.cookie = wide.cookie.clone();
    narrow.wait(3600.0);
    assert_eq!(why(&narrow), None);
    narrow.wait(1.0);
    assert!(why(&narrow).is_some());
}

/// Without `max_lifetime`, `_timeout_` is an ordinary key, which an application may use for an entry of its own.
#[test]
fn without_max_lifetime_own_limits_are_refused() {
    let mut site = Site::new(builder());
    site.request(|session| {
        let error = session.set_lifetime(HOUR).unwrap_err();
        assert!(error.is_unsupported_lifetime() && error.to_string().contains("max_lifetime"), "{error}");
        session.insert("_timeout_", 1).unwrap();
    });
    site.wait(60.0);
    let (seen, sent) = site.request(|session| session.get::<u64>("_timeout_").unwrap());
    assert_eq!(seen, Some(1));
    assert!(!sent.unwrap().as_str().contains("Max-Age"));
}

#[test]
fn renewed_session_keeps_entries_and_starts_new_lifetime() {
    let mut site = site();
    site.request(|session| {
        remember(session);
        session.insert("cart", ["tea"]).unwrap();
        session.csrf_token().unwrap();
    });
    site.wait(60.0);
    let (_, sent) = site.request(|session| {
        let token = session.csrf_token().unwrap();
        session.renew();
        assert_eq!((session.created(), session.is_new()), (at(START + 60.0), true));
        assert!(!session.check_csrf_token(&token));
        assert_ne!(session.csrf_token().unwrap(), token);
        assert_eq!(session.get::<Vec<String>>("cart").unwrap().unwrap(), ["tea"]);
    });
    // The renewed session has no limits of its own, so the cookie has no Max-Age.
    assert!(!sent.unwrap().as_str().contains("Max-Age"));
    assert_eq!(site.load().created(), at(START + 60.0));
    site.wait(1201.0);
    assert_eq!(why(&site), Some("expired"));
}

#[test]
fn session_without_factory_limits_never_expires() {
    let builder = SignedCookieSessionFactory::builder(SECRET).timeout(None).reissue_time(None);
    let mut site = Site::new(builder);
    site.request(|session| session.insert("user", "zoe").unwrap());
    assert_eq!(site.load().expires_at(), None);
    site.wait(1e9);
    assert!(site.load().rejection().is_none());
}

#[test]
fn factory_limits_under_one_second_are_refused() {
    let short = Duration::from_millis(999);
    let check = |builder: signed_session::Builder, option| {
        let error = builder.build().unwrap_err();
        assert!(error.option() == option && error.to_string().contains("at least one second"), "{error}");
    };
    check(builder().lifetime(short), "lifetime");
    check(builder().max_lifetime(short), "max_lifetime");
}

#[test]
fn access_moves_expiry_only_if_cookie_is_sent() {
    let mut site = site();
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(60.0);
    // A read within the re-issue time of two minutes does not extend the session.
    let (expires_at, sent) = site.request(|session| {
        session.get::<String>("user").unwrap();
        session.expires_at()
    });
    assert!(sent.is_none() && expires_at == Some(at(START + 1200.0)));
    let (expires_at, sent) = site.request(|session| {
        session.insert("n", 1).unwrap();
        session.expires_at()
    });
    assert!(sent.is_some() && expires_at == Some(at(START + 1260.0)));
}

/// Regression: reads re-issued the cookie every two minutes, so a session with a timeout of one minute ended
/// while its user was active.
#[test]
fn short_own_timeout_is_extended_by_reads() {
    let mut site = site();
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(Duration::from_secs(60)).unwrap();
    });
    read_repeatedly(&mut site, 10, 30.0);
}

/// Regression: `max_lifetime` did not end a session in use that had its own timeout and no lifetime of its own.
#[test]
fn accesses_do_not_extend_session_beyond_max_lifetime() {
    let builder = builder().max_lifetime(HOUR);
    let mut site = Site::new(builder);
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(HOUR).unwrap();
    });
    read_repeatedly(&mut site, 6, 600.0);
    site.wait(1.0);
    assert_eq!(site.load().rejection().map(Rejection::kind), Some("lifetime_exceeded"));
}

/// Regression: if a request had the cookies of two sessions, and the newer session had expired, the older one was
/// accepted. The older session was still valid, because it had a longer timeout of its own.
#[test]
fn older_cookie_before_expired_newer_one_is_not_accepted() {
    let mut older = site();
    older.request(remember);
    older.wait(86400.0);
    let (_, newer) = {
        let mut newer = Site { cookie: None, sessions: older.sessions.clone(), clock: older.clock.clone() };
        newer.request(|session| session.insert("user", "ann").unwrap())
    };
    let newer = newer.unwrap();
    let newer = format!("{}={}", newer.name(), newer.value());
    let older_cookie = older.cookie.clone().unwrap();
    older.wait(1201.0);
    for cookies in [format!("{older_cookie}; {newer}"), newer.clone()] {
        let session = older.sessions.load(&*cookies);
        assert_eq!(session.rejection().map(Rejection::kind), Some("expired"), "{cookies}");
    }
    // Without the newer cookie, the older session is still valid.
    assert!(older.sessions.load(&*older_cookie).rejection().is_none());
}

/// Regression: if the factory's lifetime was longer than `max_lifetime`, `max_lifetime` did not end a session
/// with its own timeout.
#[test]
fn max_lifetime_ends_session_before_longer_factory_lifetime() {
    let mut site = Site::new(EncryptedCookieSessionFactory::builder(SECRET).max_lifetime(HOUR));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(HOUR).unwrap();
    });
    read_repeatedly(&mut site, 6, 600.0);
    site.wait(1.0);
    assert_eq!(why(&site), Some("lifetime_exceeded"));
}

/// Regression: if the factory had no timeout, reads did not extend a session with its own timeout.
#[test]
fn own_timeout_is_extended_without_factory_timeout() {
    let builder = EncryptedCookieSessionFactory::builder(SECRET).timeout(None).lifetime(None);
    let mut site = Site::new(builder.max_lifetime(30 * DAY));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(HOUR).unwrap();
    });
    read_repeatedly(&mut site, 10, 600.0);
}

#[test]
fn session_with_huge_own_limits_does_not_expire() {
    let builder = EncryptedCookieSessionFactory::builder(SECRET).max_lifetime(Duration::MAX);
    let mut site = Site::new(builder);
    let (_, sent) = site.request(|session| {
        session.set_timeout(Duration::MAX).unwrap();
        session.set_lifetime(Duration::MAX).unwrap();
    });
    assert!(sent.unwrap().as_str().contains("; Max-Age=34560000;"), "Max-Age is cut to 400 days");
    site.wait(1e9);
    assert!(site.load().rejection().is_none());
}

#[test]
fn session_with_huge_factory_limits_does_not_expire() {
    let builder = builder().timeout(Duration::MAX).lifetime(Duration::MAX).max_age(Duration::MAX);
    let mut site = Site::new(builder.reissue_time(Duration::MAX - HOUR));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(1e9);
    assert!(site.load().contains("user"));
    assert!(site.load().expires_at().is_some());
}

#[test]
fn timeout_over_the_lifetime_is_refused() {
    let error = EncryptedCookieSessionFactory::builder(SECRET).timeout(DAY).build().unwrap_err();
    assert!(error.option() == "timeout" && error.to_string().contains("set a longer lifetime"), "{error}");
    let longer = EncryptedCookieSessionFactory::builder(SECRET).timeout(DAY).lifetime(DAY);
    assert!(longer.build().is_ok());
}

/// If a session is past its timeout and its lifetime, the rejection names the limit that was reached first. If both
/// were reached at the same time, it names the timeout.
#[test]
fn rejection_names_the_limit_that_was_reached_first() {
    let expected =
        [(0, "expired"), (2400, "expired"), (2401, "lifetime_exceeded"), (3000, "lifetime_exceeded")];
    for (last_access, reason) in expected {
        let mut site = Site::new(builder().timeout(HOUR / 3).lifetime(HOUR));
        site.request(|session| session.insert("user", "zoe").unwrap());
        let mut now = 0;
        for access in [1000, 2000, last_access] {
            if access <= last_access {
                site.wait(f64::from(access - now));
                site.request(|session| assert!(session.contains("user")));
                now = access;
            }
        }
        site.wait(f64::from(5000 - now));
        assert_eq!(site.load().rejection().map(Rejection::kind), Some(reason), "last access: {last_access}");
    }
}

/// Regression: `set_timeout` and `set_lifetime` accepted a limit although the session was already too old for it. The
/// response sent a cookie with `Max-Age=1`, and the next request got a new session.
#[test]
fn own_limit_that_would_end_the_session_at_once_is_refused() {
    let mut site = Site::new(builder().timeout(50 * DAY).max_lifetime(30 * DAY));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(40.0 * 86400.0);
    let (_, sent) = site.request(|session| {
        for error in [session.set_timeout(7 * DAY).unwrap_err(), session.set_lifetime(30 * DAY).unwrap_err()]
        {
            assert!(error.is_unsupported_lifetime(), "{error}");
            let text = error.to_string();
            assert!(text.contains("began 3456000 s ago") && text.contains("call renew() first"), "{text}");
        }
    });
    assert!(sent.is_none());
    assert_eq!(site.load().get::<String>("user").unwrap().as_deref(), Some("zoe"));

    let (_, sent) = site.request(|session| {
        session.renew();
        session.set_timeout(7 * DAY).unwrap();
        session.set_lifetime(30 * DAY).unwrap();
    });
    assert!(sent.unwrap().as_str().contains("; Max-Age=604800;"));
    site.wait(7.0 * 86400.0);
    assert_eq!(site.load().get::<String>("user").unwrap().as_deref(), Some("zoe"));
}

/// The factory has no lifetime here. So the age of a session with its own timeout is limited by the session's own
/// lifetime or, if the session has none, by `max_lifetime`.
#[test]
fn own_limit_that_leaves_time_is_accepted() {
    let mut site = Site::new(builder().timeout(50 * DAY).max_lifetime(30 * DAY));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(20.0 * 86400.0);
    site.request(|session| {
        assert!(session.set_lifetime(19 * DAY).is_err());
        session.set_lifetime(21 * DAY).unwrap();
        session.set_timeout(7 * DAY).unwrap();
        assert_eq!(session.expires_at(), Some(at(START) + 21 * DAY));
    });
}

/// A session that is exactly at a limit has not expired.
#[test]
fn own_lifetime_equal_to_age_is_accepted() {
    let mut site = Site::new(builder().timeout(50 * DAY).max_lifetime(30 * DAY));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(20.0 * 86400.0);
    site.request(|session| {
        session.set_lifetime(20 * DAY).unwrap();
        assert_eq!(session.expires_at(), Some(at(START) + 20 * DAY));
    });
    assert!(site.load().contains("user"));
    site.wait(0.001);
    assert!(!site.load().contains("user"));
}

/// The factory's lifetime of ten days would be over.
#[test]
fn own_timeout_is_accepted_within_longer_own_lifetime() {
    let mut site = Site::new(builder().lifetime(10 * DAY).max_lifetime(30 * DAY));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_lifetime(25 * DAY).unwrap();
        session.set_timeout(25 * DAY).unwrap();
    });
    site.wait(20.0 * 86400.0);
    site.request(|session| {
        session.set_timeout(DAY).unwrap();
        assert_eq!(session.expires_at(), Some(at(START) + 21 * DAY));
    });
}
