//! Faults that were found and fixed, and related cases.

use session_store::Row;
use signed_session::{SessionFactory, StoredSessionFactory};

use crate::log::Log;
use crate::recorder::Recorder;
use crate::*;

/// Regression: a slow request gave an ended session a new id, and so brought it back.
#[tokio::test]
async fn slow_renewal_does_not_revive_ended_session() {
    let changes: [fn(&mut Session); 4] = [
        |session| session.renew(),
        |session| {
            session.renew();
            session.set_owner("zoe").unwrap();
        },
        |session| session.set_owner("max").unwrap(),
        |session| assert!(session.discard("_id_")),
    ];
    for change in changes {
        let site = site(|builder| builder);
        let cookie = sign_in(&site, "zoe").await;
        let mut slow = site.sessions.load(&*cookie).await.unwrap();
        site.store.rows.end_all("zoe").await.unwrap();
        change(&mut slow);
        assert!(slow.save().await.unwrap().is_empty());
        for owner in ["zoe", "max"] {
            assert_eq!(site.store.rows.sessions_of(owner).await.unwrap(), []);
        }
    }
}

/// Regression: after `renew`, `handle` returned the handle of an id that was not saved yet. With this handle,
/// `end_others` ended no session.
#[tokio::test]
async fn renewed_session_has_no_handle_until_it_is_saved() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    let old = session.handle().unwrap();
    session.renew();
    session.set_owner("zoe").unwrap();
    assert_eq!(session.handle(), None);
    let _ = session.save().await.unwrap();
    assert!(session.handle().is_some_and(|new| new != old));
    assert!(site.store.rows.end_others(&old).await.unwrap_err().is_no_owner());
}

/// Regression: the row expired after the factory's timeout, although the session had a longer timeout of its own.
#[tokio::test]
async fn row_expires_with_the_limits_of_its_session() {
    const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let store = MemoryStore::new().with_clock(clock.clone());
    let sessions = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap())
        .clock(clock.clone())
        .max_lifetime(MONTH)
        .revocable(store)
        .build()
        .unwrap();
    let mut session = sessions.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let mut session = sessions.load(&*cookie).await.unwrap();
    session.set_timeout(MONTH).unwrap();
    session.set_lifetime(MONTH).unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    clock.advance(MONTH / 2);
    assert!(sessions.load(&*cookie).await.unwrap().rejection().is_none());
}

/// Regression: after `set_owner` and `clear`, the store listed a session whose cookie had no id.
#[tokio::test]
async fn clear_after_set_owner_registers_nothing() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    session.clear();
    session.insert("cart", 1).unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
}

/// Returns a factory that moves the site's sessions into the site's store.
fn stored(site: &Site) -> StoredSessionFactory<Watched> {
    StoredSessionFactory::builder(Secret::generate().unwrap(), site.store.clone())
        .clock(site.clock.clone())
        .cookie_name("__Host-stored")
        .also_reads(site.sessions.clone())
        .build()
        .unwrap()
}

/// Regression: a factory that moves revocable sessions into its store accepted sessions that had been ended.
#[tokio::test]
async fn ended_session_does_not_move_into_a_store() {
    let site = site(|builder| builder);
    let (ended, kept) = (sign_in(&site, "zoe").await, sign_in(&site, "max").await);
    site.store.rows.end_all("zoe").await.unwrap();
    let sessions = stored(&site);
    assert!(sessions.load(&*ended).await.unwrap().rejection().unwrap().is_revoked());

    let mut session = sessions.load(&*kept).await.unwrap();
    assert_eq!(session.get("user").unwrap(), Some("max"));
    assert!(!session.contains("_id_"));
    assert_eq!(session.save().await.unwrap().iter().count(), 2);
    // The owner and the label move with the session, and the old cookie is no longer accepted.
    let moved = site.store.rows.sessions_of("max").await.unwrap();
    assert_eq!((moved.len(), moved[0].label.as_deref()), (1, Some("Firefox")));
    assert_eq!(Some(moved[0].handle), session.handle());
    site.clock.advance(Duration::from_secs(6));
    assert_eq!(user(&site, &kept).await, None);
}

#[tokio::test]
async fn concurrent_requests_move_session_with_owner_once() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let sessions = stored(&site);
    let (mut one, mut other) =
        (sessions.load(&*cookie).await.unwrap(), sessions.load(&*cookie).await.unwrap());
    one.insert("a", 1).unwrap();
    other.insert("b", 1).unwrap();
    assert!(!one.save().await.unwrap().is_empty());
    assert!(other.save().await.unwrap().is_empty(), "the second save drops its changes, and sends no cookie");
    let moved = sessions.sessions_of("zoe").await.unwrap();
    assert_eq!(moved.iter().map(|session| Some(session.handle)).collect::<Vec<_>>(), [one.handle()]);
}

/// If the store cannot be reached during a renewal, the old session stays valid, and the new session is not
/// listed.
#[tokio::test]
async fn renewal_during_outage_keeps_old_session() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let old = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*old).await.unwrap();
    let handle = session.handle();
    session.renew();
    session.set_owner("zoe").unwrap();
    site.store.set_down(true);
    assert!(session.save().await.is_err());
    site.store.set_down(false);
    assert_eq!(user(&site, &old).await.as_deref(), Some("zoe"));
    let listed = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(listed.iter().map(|listed| Some(listed.handle)).collect::<Vec<_>>(), [handle]);
    assert_eq!(user(&site, &cookie_of(session.save().await.unwrap())).await.as_deref(), Some("zoe"));
    assert_eq!(user(&site, &old).await, None);
}

/// Regression: recording an access reset the age of the cached answer. So the old id of a renewed session stayed valid.
#[tokio::test]
async fn recorded_access_does_not_reset_age_of_cached_answer() {
    const STEP: Duration = Duration::from_secs(130);
    let site = site(|builder| builder.max_stale(4 * STEP + STEP / 2));
    let mut cookie = sign_in(&site, "zoe").await;
    let handle = site.sessions.load(&*cookie).await.unwrap().handle().unwrap();
    let (row, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
    // Another process has renewed the session. It has replaced the old row with a marker, and could not delete the
    // marker.
    let marker = Row { label: Some("superseded 0".to_owned()), ..Row::new(Vec::new(), row.created) };
    assert!(site.store.rows.replace(&handle, version, &marker).await.unwrap().is_some());
    for _ in 0..4 {
        site.clock.advance(STEP);
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        assert_eq!(session.get("user").unwrap(), Some("zoe"));
        cookie = cookie_of(session.save().await.unwrap());
    }
    site.clock.advance(STEP);
    assert_eq!(user(&site, &cookie).await, None);
}

/// Regression: if a label was set after the session had ended, the label was dropped without a log line, and the cookie
/// was sent again.
#[tokio::test]
async fn label_set_after_end_of_session_sends_no_cookie() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    // Another process ends the session. This process still has the answer of the store in its cache.
    site.store.rows.end_all("zoe").await.unwrap();
    session.set_label("Safari").unwrap();
    let (log, _guard) = Log::capture();
    assert!(session.save().await.unwrap().is_empty());
    let lines = log.take();
    assert!(lines.len() == 1 && lines[0].contains("session changes dropped"), "{lines:?}");
    assert!(session.rejection().unwrap().is_revoked());
    assert_eq!(user(&site, &cookie).await, None);
}

/// Regression: `saved` was called before the call to the store, so the observer counted failed saves, and also each
/// repetition.
#[tokio::test]
async fn failed_save_is_not_observed() {
    let events = Recorder::default();
    let observer = events.clone();
    let site = site(|builder| builder.observer(observer));
    for by_factory in [false, true] {
        let mut session = site.sessions.load(None::<&str>).await.unwrap();
        session.set_owner("zoe").unwrap();
        events.take();
        site.store.set_down(true);
        assert!(session.save().await.is_err());
        assert!(events.take().iter().all(|event| !event.starts_with("saved")), "{by_factory}");
        site.store.set_down(false);
        let saved = match by_factory {
            true => SessionFactory::save(&site.sessions, &mut session).await,
            false => session.save().await,
        };
        assert_eq!(saved.unwrap().len(), 1);
        assert_eq!(
            events.take().iter().filter(|event| event.starts_with("saved")).count(),
            1,
            "{by_factory}"
        );
    }
}

/// Regression: the cookie of an ended session ended the search. So a sibling domain could sign a user out by planting
/// one after the user's own cookie.
#[tokio::test]
async fn planted_cookie_of_ended_session_does_not_hide_session() {
    let events = Recorder::default();
    let observer = events.clone();
    let site = site(|builder| builder.max_stale(Duration::ZERO).observer(observer));
    let own = sign_in(&site, "zoe").await;
    let mut ended = Vec::new();
    for _ in 0..5 {
        ended.push(sign_in(&site, "mallory").await);
    }
    site.sessions.end_all("mallory").await.unwrap();
    site.store.take_calls();
    events.take();
    for header in [format!("{}; {own}", ended[0]), format!("{own}; {}", ended[0])] {
        assert_eq!(user(&site, &header).await.as_deref(), Some("zoe"));
        assert_eq!(events.take().len(), 1);
    }
    assert_eq!(site.store.take_calls(), 1 + 2);

    // The number of calls is limited: one for each id, and three at most.
    assert_eq!(user(&site, &[&*ended[0]; 8].join("; ")).await, None);
    assert_eq!(site.store.take_calls(), 1);
    assert_eq!(user(&site, &ended.join("; ")).await, None);
    assert_eq!(site.store.take_calls(), 3);
}

/// Regression: when the search had rejected the cookie of an ended session, it accepted an older cookie of the same
/// browser, from before the sign-in. That cookie has no id, so the server cannot end its session.
#[tokio::test]
async fn cookie_from_before_sign_in_is_not_accepted_after_session_was_ended() {
    let old = SignedCookieSessionFactory::builder(Secret::generate().unwrap()).cookie_name("old");
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let old = old.clock(site.clock.clone()).build().unwrap();
    let sessions = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap())
        .also_reads(old.clone())
        .clock(site.clock.clone())
        .revocable(site.store.clone())
        .max_stale(Duration::ZERO)
        .build()
        .unwrap();
    let mut session = old.load(None::<&str>);
    session.insert("user", "zoe").unwrap();
    let in_old_format = cookie_of(session.save().unwrap());
    let mut session = sessions.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    let without_id = cookie_of(session.save().await.unwrap());
    for before in [in_old_format, without_id] {
        let mut session = sessions.load(&*before).await.unwrap();
        session.set_owner("zoe").unwrap();
        let own = cookie_of(session.save().await.unwrap());
        let both = format!("{before}; {own}");
        assert!(sessions.load(&*both).await.unwrap().handle().is_some());
        sessions.end_all("zoe").await.unwrap();
        let session = sessions.load(&*both).await.unwrap();
        assert!(session.rejection().unwrap().is_revoked());
        assert!(!session.contains("user"));
        // Without the cookie of the ended session, the cookie from before the sign-in is still valid.
        assert!(sessions.load(&*before).await.unwrap().contains("user"));
    }
}

/// Regression: a label that was set before `clear` was the label of the session's next row.
#[tokio::test]
async fn clear_removes_label_that_was_set_before() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.set_label("phone").unwrap();
    session.clear();
    session.set_owner("zoe").unwrap();
    assert!(!session.save().await.unwrap().is_empty());
    let listed = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(listed.iter().map(|listed| &listed.label).collect::<Vec<_>>(), [&None]);
}
