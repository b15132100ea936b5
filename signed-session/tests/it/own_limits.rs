//! The timeout and the lifetime that a session sets for itself: how they are checked, and how they end.

use std::time::Duration;

use signed_session::{Rejection, Serializer};

use crate::site::{START, Site, at, builder};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

const NEXT_SECRET: &str = "the next secret, and also one that is long";
const LAST_SECRET: &str = "the last secret, no shorter than the others";

/// Returns the `Max-Age` of the cookie that the response to a read sends.
fn max_age_after_read<S: Serializer>(site: &mut Site<S>) -> Option<u64> {
    let (_, sent) = site.request(|session| assert!(session.contains("user")));
    let line = sent?.to_string();
    let (_, max_age) = line.split_once("; Max-Age=")?;
    max_age.split(';').next()?.parse().ok()
}

/// Regression: the check counted the fraction of a second that is not stored. At an age of 10.5 s, a lifetime of 10.9 s
/// was accepted and stored as 10 s, so the next request got a new session.
#[test]
fn fraction_of_own_lifetime_does_not_count() {
    let mut site = Site::new(builder().max_lifetime(DAY));
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(10.5);
    site.request(|session| {
        let error = session.set_lifetime(Duration::from_millis(10_900)).unwrap_err();
        assert!(error.is_unsupported_lifetime(), "{error}");
        assert!(error.to_string().contains("its lifetime would be 10 s"), "{error}");
        session.set_lifetime(Duration::from_millis(11_900)).unwrap();
        assert_eq!(session.expires_at(), Some(at(START + 11.0)));
    });
    assert!(site.load().contains("user"));
}

/// Regression: `Max-Age` was counted from the recorded access. If `reissue_time` is `None`, a read re-issues the cookie
/// of a retired secret without recording an access. The browser then kept the cookie longer than the session lived.
#[test]
fn max_age_of_reissued_cookie_ends_with_session() {
    let mut site = Site::new(builder().reissue_time(None).max_lifetime(30 * DAY));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(5 * DAY).unwrap();
        session.set_lifetime(7 * DAY).unwrap();
    });
    site.wait(4.0 * 86400.0 + 0.25);
    assert_eq!(max_age_after_read(&mut site), None, "the cookie is not re-issued");
    site.sessions.rotate(NEXT_SECRET).unwrap();
    // The rest of a second is rounded up.
    assert_eq!(max_age_after_read(&mut site), Some(86400));
    site.wait(86400.0 - 0.25);
    site.sessions.rotate(LAST_SECRET).unwrap();
    assert_eq!(max_age_after_read(&mut site), Some(1), "a Max-Age of 0 would remove the cookie");
    site.wait(1.0);
    assert_eq!(site.load().rejection().map(Rejection::kind), Some("expired"));
}

/// If the clock was set back, the recorded access is in the future. This does not extend the life of the session.
#[test]
fn max_age_after_clock_was_set_back_is_at_most_own_timeout() {
    let mut site = Site::new(builder().reissue_time(None).max_lifetime(30 * DAY));
    site.request(|session| {
        session.insert("user", "zoe").unwrap();
        session.set_timeout(5 * DAY).unwrap();
    });
    site.sessions.rotate(NEXT_SECRET).unwrap();
    site.clock.set(at(START - 3600.0));
    assert_eq!(max_age_after_read(&mut site), Some(5 * 86400));
}

/// `clear` removes the session's own limits. The factory's limits then apply, and the session may already exceed them.
#[test]
fn cleared_session_has_limits_of_the_factory() {
    let mut site = Site::new(builder().lifetime(HOUR).max_lifetime(30 * DAY));
    site.request(|session| {
        session.set_lifetime(30 * DAY).unwrap();
        session.set_timeout(30 * DAY).unwrap();
    });
    site.wait(86400.0);
    let remembered = site.cookie.clone();
    let (_, sent) = site.request(|session| {
        session.clear();
        assert!(session.is_empty() && !session.is_new());
        session.insert("user", "zoe").unwrap();
        assert_eq!(session.expires_at(), Some(at(START + 3600.0)), "in the past");
    });
    assert!(!sent.unwrap().as_str().contains("Max-Age"));
    assert_eq!(site.load().rejection().map(Rejection::kind), Some("lifetime_exceeded"));

    // The session goes on if it sets its limits again. The timeout is refused before the lifetime is set.
    site.cookie = remembered;
    site.request(|session| {
        session.clear();
        session.insert("user", "zoe").unwrap();
        assert!(session.set_timeout(30 * DAY).unwrap_err().is_unsupported_lifetime());
        session.set_lifetime(30 * DAY).unwrap();
        session.set_timeout(30 * DAY).unwrap();
    });
    site.wait(28.0 * 86400.0);
    assert!(site.load().contains("user"));
}
