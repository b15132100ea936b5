//! Timeouts, lifetimes, and when an access is recorded.

use session_core::Session as _;
use signed_session::{Builder, Stored, StoredSessionFactory};

use crate::probe::Call::{Create, Delete, Load, Replace, Touch};
use crate::probe::Probe;
use crate::site::{SECRET, START, Session, Site, at, no_access, read, secs};

#[tokio::test]
async fn session_ends_after_timeout() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    site.wait(600.0);
    assert_eq!(site.outcome(&cookie).await, "accepted");
    site.wait(1.0);
    assert_eq!(site.outcome(&cookie).await, "expired");
    let rows = site.store.all().await;
    assert_eq!(rows[0].1.expires, Some(at(START + 660.0)), "the store keeps the row for a minute more");
    site.wait(60.0);
    assert_eq!(site.outcome(&cookie).await, "revoked");
    assert!(site.store.all().await.is_empty());
}

#[tokio::test]
async fn reads_extend_session_up_to_lifetime() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)).lifetime(secs(1800)));
    let cookie = site.sign_in().await;
    for _ in 0..3 {
        site.wait(590.0);
        assert_eq!(site.costs(&cookie, read).await, (0, vec![Load, Touch]));
    }
    let session = site.load(&cookie).await;
    assert_eq!(session.created(), at(START));
    assert_eq!(session.accessed(), at(START + 1770.0));
    assert_eq!(session.expires_at(), Some(at(START + 1800.0)));
    site.wait(30.0);
    assert_eq!(site.outcome(&cookie).await, "accepted");
    site.wait(1.0);
    assert_eq!(site.outcome(&cookie).await, "lifetime_exceeded");
}

#[tokio::test]
async fn access_is_recorded_once_per_reissue_time() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    let mut touches = 0;
    for _ in 0..122 {
        site.wait(1.0);
        touches += site.costs(&cookie, read).await.1.iter().filter(|call| **call == Touch).count();
        site.costs(&cookie, no_access).await;
    }
    assert_eq!(touches, 2);
    // A change records the access, too.
    site.wait(61.0);
    let change = |session: &mut crate::site::Session| session.insert("a", 1).unwrap();
    assert_eq!(site.costs(&cookie, change).await, (0, vec![Load, Replace]));
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load]));
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 183.0));
}

#[tokio::test]
async fn expires_at_counts_only_recorded_accesses() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    for (wait, end) in [(60.0, 600.0), (1.0, 661.0)] {
        site.wait(wait);
        read(&mut session);
        assert_eq!(
            session.expires_at(),
            Some(at(START + end)),
            "an access that is not recorded extends nothing"
        );
    }
    site.wait(1.0);
    session.invalidate();
    assert_eq!((session.created(), session.accessed()), (at(START + 62.0), at(START + 62.0)));
}

#[tokio::test]
async fn touch_does_not_conflict_with_a_change() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    site.wait(61.0);
    let mut changing = site.load(&cookie).await;
    changing.insert("a", 1).unwrap();
    site.wait(1.0);
    assert_eq!(site.costs(&cookie, read).await.1, [Load, Touch]);
    assert!(changing.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace]);
}

#[tokio::test]
async fn reads_without_reissue_time_do_not_extend_session() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(None));
    let cookie = site.sign_in().await;
    site.wait(599.0);
    assert_eq!(site.costs(&cookie, read).await, (0, vec![Load]));
    let session = site.load(&cookie).await;
    read(&mut { session });
    site.wait(2.0);
    assert_eq!(site.outcome(&cookie).await, "expired");
}

#[tokio::test]
async fn session_without_limits_has_no_end() {
    let site = Site::with(|builder| builder.timeout(None).lifetime(None));
    let cookie = site.sign_in().await;
    assert_eq!(site.store.all().await[0].1.expires, None);
    site.wait(1e9);
    let session = site.load(&cookie).await;
    assert_eq!((session.rejection(), session.expires_at()), (None, None));
}

#[tokio::test]
async fn own_limits_of_session_replace_those_of_factory() {
    let site = Site::with(|builder| builder.max_lifetime(secs(30 * 86400)));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    assert!(session.set_timeout(secs(31 * 86400)).unwrap_err().is_unsupported_lifetime());
    session.set_timeout(secs(10 * 86400)).unwrap();
    session.set_lifetime(secs(30 * 86400)).unwrap();
    assert_eq!(session.expires_at(), Some(at(START + 864_000.0)));
    assert_eq!(session.save().await.unwrap().len(), 1);
    assert_eq!(site.store.all().await[0].1.expires, Some(at(START + 864_060.0)));
    site.wait(864_000.0);
    assert_eq!(site.costs(&cookie, read).await, (1, vec![Load, Replace]));
    assert_eq!(site.store.all().await[0].1.expires, Some(at(START + 1_728_060.0)));
    site.wait(864_000.0);
    assert_eq!(site.outcome(&cookie).await, "accepted");
    site.wait(1.0);
    assert_eq!(site.outcome(&cookie).await, "expired");
}

/// Regression: after another request had set a longer timeout for the session, a slow read touched the row. The touch
/// moved the row's expiry back to the time that the slow read had computed from the old timeout.
#[tokio::test]
async fn slow_read_does_not_shorten_extended_life() {
    let site = Site::with(|builder| builder.lifetime(None).max_lifetime(secs(30 * 86400)));
    let cookie = site.sign_in().await;
    site.wait(121.0);
    let mut slow = site.load(&cookie).await;
    read(&mut slow);
    site.request(&cookie, |session| session.set_timeout(secs(86400)).unwrap()).await;
    site.store.calls();
    assert!(slow.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace, Load]);
    assert!(!slow.is_new() && slow.rejection().is_none());
    site.wait(86400.0);
    assert_eq!(site.outcome(&cookie).await, "accepted");

    // Now the read is saved before the slow request. The store records the access, and the slow request's timeout is
    // merged into the row.
    let cookie = site.sign_in().await;
    site.wait(121.0);
    let mut slow = site.load(&cookie).await;
    slow.set_timeout(secs(86400)).unwrap();
    let mut session = site.load(&cookie).await;
    read(&mut session);
    site.store.calls();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace], "the read is recorded");
    session.insert("a", 1).unwrap();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace], "no `Load`: the first save returned the row's version");
    assert_eq!(slow.save().await.unwrap().len(), 1);
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","a":1,"_timeout_":86400}"#, "merged");
    site.wait(86400.0);
    assert_eq!(site.outcome(&cookie).await, "accepted");
}

#[tokio::test]
async fn session_over_a_lowered_limit_can_be_read() {
    let site = Site::with(|builder| builder.max_lifetime(secs(86400)));
    let mut session = site.visit().await;
    session.insert("user", "x".repeat(1000)).unwrap();
    let cookie = crate::site::cookie(&session.save().await.unwrap());
    let builder = StoredSessionFactory::builder(crate::site::SECRET, site.store.clone());
    let builder = builder.clock(site.clock.clone()).max_lifetime(secs(86400)).max_bytes(500);
    let sessions = builder.build().unwrap();
    site.wait(121.0);
    let mut session = sessions.load(&*cookie).await.unwrap();
    read(&mut session);
    site.store.calls();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Touch]);
}

/// Regression: the limits were accepted, and the next request found that the session had reached its lifetime.
#[tokio::test]
async fn own_limits_that_would_end_session_are_refused() {
    let site = Site::with(|builder| builder.timeout(None).lifetime(None).max_lifetime(secs(100)));
    let cookie = site.sign_in().await;
    site.wait(101.0);
    let mut session = site.load(&cookie).await;
    for refused in [session.set_timeout(secs(50)), session.set_lifetime(secs(100))] {
        let error = refused.unwrap_err();
        assert!(
            error.is_unsupported_lifetime() && error.to_string().contains("call renew() first"),
            "{error}"
        );
    }
    session.renew();
    session.set_timeout(secs(50)).unwrap();
}

#[tokio::test]
async fn setting_own_limits_without_max_lifetime_is_an_error() {
    let site = Site::new();
    let mut session = site.visit().await;
    assert!(session.set_timeout(secs(60)).unwrap_err().is_unsupported_lifetime());
    assert!(session.set_lifetime(secs(60)).unwrap_err().is_unsupported_lifetime());
    assert!(session.save().await.unwrap().is_empty());
}

#[tokio::test]
async fn clock_that_was_set_back_ends_no_session() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.clock.set(at(START - 3600.0));
    let session = site.load(&cookie).await;
    assert!(!session.is_new());
    assert_eq!(session.age(), secs(0));
    assert_eq!(site.costs(&cookie, |session| session.insert("a", 1).unwrap()).await.0, 0);
    assert_eq!(site.outcome(&cookie).await, "accepted");
}

/// Regression: after the clock was set back, a session that was renewed in a slow request kept the later access of the
/// old session.
#[tokio::test]
async fn slow_renewal_after_clock_was_set_back_records_its_own_access() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    site.clock.set(at(START - 3600.0));
    let mut slow = site.load(&cookie).await;
    slow.renew();
    site.wait(61.0);
    let renewed = crate::site::cookie(&slow.save().await.unwrap());
    assert_eq!(site.load(&renewed).await.accessed(), at(START - 3600.0));
}

/// Regression: if the session of the last cookie in the header had reached its lifetime, the session of an earlier
/// cookie was accepted. But the last access to the accepted session was before the last access to the expired one.
#[tokio::test]
async fn idle_session_does_not_replace_expired_one() {
    let site = Site::with(|builder| builder.timeout(secs(1000)).lifetime(secs(1000)));
    let expired = site.sign_in().await;
    site.wait(500.0);
    let idle = site.sign_in().await;
    site.wait(400.0);
    site.request(&expired, read).await;
    site.wait(101.0);
    assert_eq!(site.outcome(&idle).await, "accepted");
    assert_eq!(site.outcome(&format!("{idle}; {expired}")).await, "lifetime_exceeded");
    assert_eq!(site.outcome(&format!("{expired}; {idle}")).await, "accepted");
}

/// Regression: a slow request recorded its own access over a later one. So an active user was signed out.
#[tokio::test]
async fn slow_request_does_not_set_last_access_back() {
    let requests: [fn(&mut Session); 3] =
        [read, |session| session.insert("a", 1).unwrap(), |session| session.renew()];
    for (number, request) in requests.into_iter().enumerate() {
        let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
        let mut cookie = site.sign_in().await;
        site.wait(61.0);
        let mut slow = site.load(&cookie).await;
        request(&mut slow);
        for _ in 0..2 {
            site.wait(310.0);
            site.request(&cookie, read).await;
        }
        let sent = slow.save().await.unwrap();
        if !sent.is_empty() {
            cookie = crate::site::cookie(&sent);
        }
        assert_eq!(site.load(&cookie).await.accessed(), at(START + 681.0), "request {number}");
        site.wait(600.0);
        assert_eq!(site.outcome(&cookie).await, "accepted", "request {number}");
    }
}

#[tokio::test]
async fn slow_request_records_its_access_over_an_earlier_one() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    site.wait(61.0);
    let mut earlier = site.load(&cookie).await;
    read(&mut earlier);
    site.wait(5.0);
    let mut slow = site.load(&cookie).await;
    read(&mut slow);
    let _ = earlier.save().await.unwrap();
    site.wait(61.0);
    let _ = slow.save().await.unwrap();
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 66.0));
}

/// Loading the row again costs a call. So a request does it only if it takes longer than both the re-issue time and a
/// tenth of the timeout, which are 60 seconds here.
#[tokio::test]
async fn last_access_is_loaded_again_only_for_slow_requests() {
    for (wait, calls) in [(60.0, &[Touch][..]), (60.001, &[Load, Touch])] {
        let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
        let cookie = site.sign_in().await;
        site.wait(61.0);
        let mut session = site.load(&cookie).await;
        read(&mut session);
        site.wait(wait);
        site.store.calls();
        let _ = session.save().await.unwrap();
        assert_eq!(site.store.calls(), calls, "{wait} s");
    }
}

#[tokio::test]
async fn ended_session_is_not_loaded_again_for_a_slow_new_one() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.invalidate();
    session.insert("user", "joe").unwrap();
    site.wait(61.0);
    site.store.calls();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.calls(), [Create, Delete]);
}

/// Regression: the save of a slow request ran the closures that redo its changes, although no other request had changed
/// the session.
#[tokio::test]
async fn slow_change_without_conflict_runs_no_closure_again() {
    let site = Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)));
    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    let mut state = slow.state().clone();
    state.insert("order", 1).unwrap();
    slow.replace_state(state, Box::new(|state| state.insert("order", 2)));
    site.wait(61.0);
    let _ = slow.save().await.unwrap();
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","order":1}"#);
}

/// Regression: after the timeout was raised or removed, a read extended the row only if the new, longer re-issue time
/// had passed, and never if there was none. The row expired before that, so active users were signed out.
#[tokio::test]
async fn longer_timeout_applies_to_sessions_in_use() {
    type Options = Builder<Stored<Probe>>;
    let limits: [fn(Options) -> Options; 2] = [
        |builder| builder.timeout(secs(8 * 3600)),
        |builder| builder.timeout(None).lifetime(None).reissue_time(None),
    ];
    for longer in limits {
        let site = Site::new();
        let cookie = site.sign_in().await;
        let builder = StoredSessionFactory::builder(SECRET, site.store.clone()).clock(site.clock.clone());
        let sessions = longer(builder).build().unwrap();
        for _ in 0..12 {
            site.wait(300.0);
            let mut session = sessions.load(&*cookie).await.unwrap();
            read(&mut session);
            let _ = session.save().await.unwrap();
        }
        site.wait(3600.0);
        assert!(sessions.load(&*cookie).await.unwrap().rejection().is_none());
    }
}

/// Regression: if the row expired too early for the new limits, every save with an access touched the row, not only the
/// first save.
#[tokio::test]
async fn row_that_expires_too_early_is_extended_once() {
    type Options = Builder<Stored<Probe>>;
    let limits: [fn(Options) -> Options; 2] =
        [|builder| builder.timeout(secs(8 * 3600)), |builder| builder.timeout(None).lifetime(None)];
    let accesses: [fn(&mut Session); 2] = [read, |session| session.insert("a", 1).unwrap()];
    for (longer, access) in limits.into_iter().flat_map(|longer| accesses.map(|access| (longer, access))) {
        let site = Site::new();
        let cookie = site.sign_in().await;
        let builder = StoredSessionFactory::builder(SECRET, site.store.clone()).clock(site.clock.clone());
        let sessions = longer(builder).build().unwrap();
        let mut session = sessions.load(&*cookie).await.unwrap();
        access(&mut session);
        site.store.calls();
        for _ in 0..3 {
            let _ = session.save().await.unwrap();
            read(&mut session);
        }
        assert_eq!(site.store.calls().len(), 1);
    }
}
