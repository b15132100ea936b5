//! When the store records an access, and when a row expires.

use session_core::SessionHandle;
use session_store::Row;
use signed_session::RevocableSession;

use crate::*;

/// Returns the time at which a session's row expires.
async fn expiry(site: &Site, handle: &SessionHandle) -> Option<Timestamp> {
    site.store.rows.load(handle).await.unwrap().unwrap().0.expires
}

#[tokio::test]
async fn access_with_shorter_timeout_keeps_later_expiry_of_the_row() {
    let site = site(|builder| builder.max_lifetime(Duration::from_secs(7200)).max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    let mut remembered = site.sessions.load(&*cookie).await.unwrap();
    let handle = remembered.handle().unwrap();
    remembered.set_timeout(Duration::from_secs(3600)).unwrap();
    let remembered_cookie = cookie_of(remembered.save().await.unwrap());
    let later = expiry(&site, &handle).await.unwrap();
    assert!(later.secs_since(site.clock.now()) >= 3600.0);

    // This request still has the cookie with the timeout of 20 minutes.
    site.clock.advance(Duration::from_secs(150));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.insert("page", "old").unwrap();
    let _ = session.save().await.unwrap();
    let sessions = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(sessions[0].accessed, site.clock.now());
    assert_eq!(expiry(&site, &handle).await, Some(later));
    site.clock.advance(Duration::from_secs(3400));
    assert_eq!(user(&site, &remembered_cookie).await.as_deref(), Some("zoe"));
}

/// Regression: recording an access replaced the row's expiry with the one in this process's cache. So a session that
/// another process had extended expired early.
#[tokio::test]
async fn access_keeps_later_expiry_set_by_another_process() {
    const HOUR: Duration = Duration::from_secs(3600);
    let site = site(|builder| builder.max_lifetime(10 * HOUR).max_stale(HOUR));
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(150));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    let handle = session.handle().unwrap();
    // Another process gives the session a longer timeout. This process still has the old row in its cache.
    let (mut row, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
    let later = Some(site.clock.now() + 5 * HOUR);
    row.expires = later;
    assert!(site.store.rows.replace(&handle, version, &row).await.unwrap().is_some());

    session.insert("page", "old").unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(expiry(&site, &handle).await, later);
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap()[0].accessed, site.clock.now());
}

/// Saves the sessions of several requests at once, so that all of them read the row before one writes it. Returns the
/// number of calls to the store.
async fn save_at_once(site: &Site, sessions: Vec<RevocableSession<EncryptedSerializer, Watched>>) -> usize {
    site.store.take_calls();
    site.store.set_slow(true);
    let saves = sessions.into_iter().map(|mut session| tokio::spawn(async move { session.save().await }));
    for save in saves.collect::<Vec<_>>() {
        assert!(save.await.unwrap().unwrap().into_session_cookie().is_some());
    }
    site.store.take_calls()
}

/// Regression: each of the requests replaced the row, although another one had recorded the access. So the others had
/// to try again, and some failed.
#[tokio::test]
async fn many_requests_at_once_record_one_access() {
    let limits = [Some(Duration::from_secs(36_000)), None];
    for max_lifetime in limits {
        let site = site(|builder| {
            let builder = builder.max_stale(Duration::ZERO);
            match max_lifetime {
                Some(limit) => builder.max_lifetime(limit),
                None => builder.timeout(None).lifetime(None).reissue_time(None),
            }
        });
        let cookie = sign_in(&site, "zoe").await;
        site.clock.advance(Duration::from_secs(150));
        let mut sessions = Vec::new();
        for n in 0..40 {
            let mut session = site.sessions.load(&*cookie).await.unwrap();
            session.insert("n", n).unwrap();
            sessions.push(session);
        }
        // Each request reads the row, and tries to write it. All but one read it again.
        assert_eq!(save_at_once(&site, sessions).await, 40 + 40 + 39);
    }
}

#[tokio::test]
async fn recorded_access_moves_expiry_of_the_row() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    let handle = session.handle().unwrap();
    let first = expiry(&site, &handle).await.unwrap();
    site.clock.advance(Duration::from_secs(150));
    session.insert("n", 1).unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(expiry(&site, &handle).await.unwrap().secs_since(first), 150.0);
}

#[tokio::test]
async fn access_of_session_without_expiry_is_recorded_once_a_minute() {
    let site =
        site(|builder| builder.timeout(None).lifetime(None).reissue_time(None).max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    let mut calls = Vec::new();
    for _ in 0..4 {
        site.clock.advance(Duration::from_secs(25));
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        assert_eq!(expiry(&site, &session.handle().unwrap()).await, None);
        session.insert("n", 1).unwrap();
        let _ = session.save().await.unwrap();
        calls.push(site.store.take_calls());
    }
    // Each request loads the row. The third one, after 75 seconds, also records its access in the row, by two calls.
    assert_eq!(calls, [1, 1, 3, 1]);
}

/// Regression: a renewal replaces the old row by a marker for a moment. Another process, whose cache still had the old
/// row, recorded its access in the marker. The marker then stayed in the store forever.
#[tokio::test]
async fn access_of_session_without_expiry_is_not_recorded_in_marker() {
    const HOUR: Duration = Duration::from_secs(3600);
    let site = site(|builder| builder.timeout(None).lifetime(None).reissue_time(None).max_stale(HOUR));
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(75));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    let handle = session.handle().unwrap();
    // Another process has renewed the session. It has replaced the old row with a marker, and could not delete the
    // marker.
    let expires = Some(site.clock.now() + Duration::from_secs(60));
    let label = Some("superseded 0".to_owned());
    let marker = Row { label, expires, ..Row::new(Vec::new(), site.clock.now()) };
    let (_, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
    assert!(site.store.rows.replace(&handle, version, &marker).await.unwrap().is_some());

    session.insert("n", 1).unwrap();
    assert!(session.save().await.unwrap().is_empty());
    assert!(session.rejection().unwrap().is_revoked());
    assert_eq!(expiry(&site, &handle).await, expires);
}

#[tokio::test]
async fn row_has_created_and_accessed_times() {
    let site = site(|builder| builder);
    let start = site.clock.now();
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("cart", 3).unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    site.clock.advance(Duration::from_secs(100));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.set_owner("zoe").unwrap();
    let _ = session.save().await.unwrap();
    let sessions = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!((sessions[0].created, sessions[0].accessed), (start, site.clock.now()));
}

/// Regression: each of the requests wrote the label, even if the row already had it, and some gave up.
#[tokio::test]
async fn many_requests_at_once_set_one_label() {
    for label in ["Firefox", "Safari"] {
        let site = site(|builder| builder.max_stale(Duration::ZERO));
        let cookie = sign_in(&site, "zoe").await;
        let mut sessions = Vec::new();
        for _ in 0..40 {
            let mut session = site.sessions.load(&*cookie).await.unwrap();
            session.set_label(label).unwrap();
            sessions.push(session);
        }
        let calls = save_at_once(&site, sessions).await;
        let expected = if label == "Firefox" { 40 } else { 40 + 40 + 39 };
        assert_eq!(
            calls, expected,
            "each request reads the row and tries to write a new label; all but one read the row again"
        );
    }
}

/// Regression: a slow request set the row's expiry to an earlier time. So the row expired earlier than a cookie of the
/// session that another request had sent.
#[tokio::test]
async fn slow_request_does_not_set_earlier_expiry() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(121));
    let mut slow = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(slow.get("user").unwrap(), Some("zoe"));
    site.clock.advance(Duration::from_secs(600));
    let mut other = site.sessions.load(&*cookie).await.unwrap();
    other.insert("n", 1).unwrap();
    let newer = cookie_of(other.save().await.unwrap());
    let mut last = site.sessions.load(&*newer).await.unwrap();
    last.insert("n", 2).unwrap();
    let _ = slow.save().await.unwrap();
    let newest = cookie_of(last.save().await.unwrap());
    site.clock.advance(Duration::from_secs(1000));
    assert!(site.sessions.load(&*newest).await.unwrap().rejection().is_none());
}

/// Regression: after the timeout was raised, a row kept its old expiry until the new, longer re-issue time had passed.
/// By then the row had expired, so active users were signed out.
#[tokio::test]
async fn longer_timeout_applies_to_sessions_in_use() {
    let secret = Secret::generate().unwrap();
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let store = Watched::new(MemoryStore::new().with_clock(clock.clone()));
    let builder = || {
        EncryptedCookieSessionFactory::builder(secret.clone()).clock(clock.clone()).revocable(store.clone())
    };
    let mut session = builder().build().unwrap().load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    let mut cookie = cookie_of(session.save().await.unwrap());
    let sessions = builder().timeout(Duration::from_secs(8 * 3600)).build().unwrap();
    for _ in 0..12 {
        clock.advance(Duration::from_secs(300));
        let mut session = sessions.load(&*cookie).await.unwrap();
        assert!(session.rejection().is_none() && session.keys().next().is_some());
        let sent = session.save().await.unwrap();
        if !sent.is_empty() {
            cookie = cookie_of(sent);
        }
        assert!(session.keys().next().is_some());
        assert!(session.save().await.unwrap().is_empty(), "the row already has its later expiry");
    }
    clock.advance(Duration::from_secs(3600));
    assert!(sessions.load(&*cookie).await.unwrap().rejection().is_none());
}
