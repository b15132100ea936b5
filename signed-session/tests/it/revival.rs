//! A known limit of sessions in cookies: a slow request that reads the session can undo a sign-out.

use std::time::Duration;

use signed_session::Builder;

use crate::site::{Site, builder};

/// Signs in, waits, starts a slow request that only reads, signs out in a second request, and then ends the slow
/// request. Returns whether the browser is signed in afterwards.
fn is_signed_in_after_race(builder: Builder, wait: f64) -> bool {
    let mut site = Site::new(builder);
    site.request(|session| session.insert("user", "zoe").unwrap());
    site.wait(wait);

    let mut slow = site.load();
    assert!(slow.contains("user"));
    site.request(|session| session.invalidate());
    assert!(site.cookie.is_none(), "the browser has removed the cookie");

    if let Some(reissued) = site.sessions.save(&mut slow).unwrap().into_session_cookie() {
        site.cookie = Some(format!("{}={}", reissued.name(), reissued.value()));
    }
    site.load().contains("user")
}

/// The server stores nothing about sessions, so it cannot know that a session has ended.
#[test]
fn slow_read_revives_session_after_sign_out() {
    assert!(is_signed_in_after_race(builder(), 2.0));
}

#[test]
fn slow_read_within_reissue_time_does_not_revive_session() {
    let minute = || builder().reissue_time(Duration::from_secs(60));
    assert!(!is_signed_in_after_race(minute(), 2.0));
    assert!(!is_signed_in_after_race(minute(), 60.0));
    assert!(is_signed_in_after_race(minute(), 61.0), "the race is rare but still possible");
}

#[test]
fn slow_read_never_revives_session_without_reissue_time() {
    assert!(!is_signed_in_after_race(builder().reissue_time(None), 1000.0));
}
