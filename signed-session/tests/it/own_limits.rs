//! The timeout and the lifetime that a session sets for itself: how they are checked, and how they end.

use std::time::Duration;

use signed_session::Rejection;

use crate::site::{START, Site, at, builder};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

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

/// `clear` removes the session's own limits. The factory's limits then apply, and they may be over.
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
