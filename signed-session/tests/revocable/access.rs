//! When a revocable session calls the store, and how its changes show in the store.

use crate::*;

#[tokio::test]
async fn session_can_be_shared_between_threads() {
    fn assert_bounds<T: Send + Sync + 'static>(_: &T) {}
    assert_bounds(&site(|builder| builder).sessions.load(None::<&str>).await.unwrap());
}

#[tokio::test]
async fn session_without_owner_does_not_call_store() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("cart", 3).unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(session.get("cart").unwrap(), Some(3));
    session.insert("cart", 4).unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!((session.handle(), site.store.take_calls()), (None, 0));
}

#[tokio::test]
async fn store_is_not_called_until_cached_answer_is_stale() {
    let site = site(|builder| builder.max_stale(Duration::from_secs(5)));
    let cookie = sign_in(&site, "zoe").await;
    for _ in 0..3 {
        assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    }
    assert_eq!(site.store.take_calls(), 0);
    site.clock.advance(Duration::from_secs(6));
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.take_calls(), 1);
}

#[tokio::test]
async fn simultaneous_loads_with_stale_answer_each_call_store() {
    let site = site(|builder| builder.max_stale(Duration::from_secs(5)));
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(6));
    site.store.set_slow(true);
    let users = tokio::join!(user(&site, &cookie), user(&site, &cookie));
    assert_eq!(users, (Some("zoe".to_owned()), Some("zoe".to_owned())));
    assert_eq!(site.store.take_calls(), 2);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.take_calls(), 0);
}

#[tokio::test]
async fn clock_that_is_set_back_makes_cached_answer_stale() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    site.clock.set(Timestamp::from_secs(1_699_999_000.0).unwrap());
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.take_calls(), 1);
}

#[tokio::test]
async fn zero_max_stale_calls_store_once_per_request() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    for _ in 0..2 {
        assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    }
    assert_eq!(site.store.take_calls(), 2);
}

#[tokio::test]
async fn sensitive_route_with_zero_max_stale_rejects_ended_session_at_once() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let sensitive = site.sessions.with_max_stale(Duration::ZERO);
    site.store.rows.end_all("zoe").await.unwrap();
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    let mut session = sensitive.load(&*cookie).await.unwrap();
    assert!(session.rejection().unwrap().is_revoked());
    // The original factory can save a session that a factory from `with_max_stale` has loaded.
    session.insert("n", 1).unwrap();
    assert!(signed_session::SessionFactory::save(&site.sessions, &mut session).await.is_ok());
}

#[tokio::test]
async fn ended_session_is_rejected_when_cached_answer_is_stale() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    assert_eq!(site.store.rows.end_all("zoe").await.unwrap(), 1);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    site.clock.advance(Duration::from_secs(6));
    assert_eq!(user(&site, &cookie).await, None);
}

#[tokio::test]
async fn sign_out_ends_copies_of_the_cookie_at_once() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.invalidate();
    let set_cookies = session.save().await.unwrap();
    assert!(set_cookies.iter().next().unwrap().as_str().contains("Max-Age=0"));
    assert_eq!(user(&site, &cookie).await, None);
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
}

#[tokio::test]
async fn sessions_of_owner_show_label_and_times() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    sign_in(&site, "zoe").await;
    sign_in(&site, "max").await;
    let sessions = site.sessions.sessions_of("zoe").await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| session.label.as_deref() == Some("Firefox")));
    let now = site.clock.now();
    assert!(sessions.iter().all(|session| session.created == now && session.accessed == now));

    let current = site.sessions.load(&*cookie).await.unwrap().handle().unwrap();
    assert!(sessions.iter().any(|session| session.handle == current));
    assert_eq!(site.sessions.end_others(&current).await.unwrap(), 1);
    let rest = site.sessions.sessions_of("zoe").await.unwrap();
    assert_eq!(rest.iter().map(|session| session.handle).collect::<Vec<_>>(), [current]);
}

#[tokio::test]
async fn row_does_not_contain_session_id() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let session = site.sessions.load(&*cookie).await.unwrap();
    let id: String = session.get("_id_").unwrap().unwrap();
    assert_eq!(id.len(), 43);
    let (row, _) = site.store.rows.load(&session.handle().unwrap()).await.unwrap().unwrap();
    assert_eq!(row.data, b"");
    assert!(!format!("{row:?} {session:?} {:?}", session.handle()).contains(&id));
}

#[tokio::test]
async fn renewal_revokes_the_old_cookie() {
    let site = site(|builder| builder);
    let old = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*old).await.unwrap();
    session.renew();
    session.set_owner("zoe").unwrap();
    let new = cookie_of(session.save().await.unwrap());
    assert_eq!(user(&site, &old).await, None);
    assert_eq!(user(&site, &new).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap().len(), 1);
}

#[tokio::test]
async fn change_of_owner_revokes_the_old_cookie() {
    let site = site(|builder| builder);
    let old = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*old).await.unwrap();
    session.set_owner("max").unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
    assert_eq!(site.store.rows.sessions_of("max").await.unwrap().len(), 1);
    assert_eq!(user(&site, &old).await, None);
}

#[tokio::test]
async fn label_of_a_registered_session_changes() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.set_label("Safari").unwrap();
    let _ = session.save().await.unwrap();
    let sessions = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(sessions[0].label.as_deref(), Some("Safari"));
}

/// Documented at `Session::set_label`: a session without an owner has no row that could hold the label.
#[tokio::test]
async fn label_is_kept_only_if_the_same_request_sets_the_owner() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("cart", 1).unwrap();
    session.set_label("Safari").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.set_owner("zoe").unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap()[0].label, None);

    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.set_label("Firefox").unwrap();
    session.set_owner("max").unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("max").await.unwrap()[0].label.as_deref(), Some("Firefox"));
}

#[tokio::test]
async fn long_label_is_cut() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    session.set_label(&"ö".repeat(10_000)).unwrap();
    let _ = session.save().await.unwrap();
    let sessions = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(sessions[0].label, Some("ö".repeat(512)));
}

#[tokio::test]
async fn long_owner_is_refused() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    let error = session.set_owner(&"ö".repeat(513)).unwrap_err();
    assert!(error.is_owner_too_long() && !error.is_unsupported_owner());
    let text =
        "the owner of the session is too long: it has 1026 bytes, and 1024 is the limit; use the user's id";
    assert_eq!(error.to_string(), text);
    assert!(session.save().await.unwrap().is_empty(), "a refused owner does not change the session");
    session.set_owner(&"ö".repeat(512)).unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.sessions.sessions_of(&"ö".repeat(512)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn cleared_session_is_no_longer_listed() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.clear();
    session.insert("cart", 1).unwrap();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
    assert_eq!(user(&site, &cookie).await, None);
}

#[tokio::test]
async fn access_is_recorded_once_per_tenth_of_timeout() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let mut cookie = sign_in(&site, "zoe").await;
    let mut touches = 0;
    for _ in 0..8 {
        site.clock.advance(Duration::from_secs(30));
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        session.insert("n", 1).unwrap();
        cookie = cookie_of(session.save().await.unwrap());
        touches += site.store.take_calls() - 1;
    }
    // The timeout is 20 minutes, so a tenth of it is 120 seconds.
    assert_eq!(touches, 1);
    let accessed = site.store.rows.sessions_of("zoe").await.unwrap()[0].accessed;
    assert_eq!(site.clock.now().secs_since(accessed), 90.0);
}

#[tokio::test]
async fn row_lives_at_least_as_long_as_the_session() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let mut cookie = sign_in(&site, "zoe").await;
    for _ in 0..20 {
        site.clock.advance(Duration::from_secs(119));
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        session.insert("n", 1).unwrap();
        cookie = cookie_of(session.save().await.unwrap());
    }
    site.clock.advance(Duration::from_secs(1200));
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}

#[tokio::test]
async fn slow_request_does_not_revive_an_ended_session() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut slow = site.sessions.load(&*cookie).await.unwrap();
    site.store.rows.end_all("zoe").await.unwrap();
    site.clock.advance(Duration::from_secs(150));
    slow.insert("page", "slow").unwrap();
    let set_cookies = slow.save().await.unwrap();
    assert!(set_cookies.is_empty());
    assert_eq!(user(&site, &cookie).await, None);
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
}

#[tokio::test]
async fn unreadable_id_is_malformed() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("_id_", "short").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    let session = site.sessions.load(&*cookie).await.unwrap();
    assert!(session.rejection().unwrap().is_malformed());
}

#[tokio::test]
async fn signed_sessions_are_revocable_too() {
    let store = MemoryStore::new();
    let secret = Secret::generate().unwrap();
    let builder = || SignedCookieSessionFactory::builder(secret.clone());
    let sessions = builder().revocable(store.clone()).max_stale(Duration::ZERO).build().unwrap();
    let mut session = sessions.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    assert!(sessions.load(&*cookie).await.unwrap().rejection().is_none());
    assert!(sessions.inspect(&*cookie).deciding().unwrap().rejection().is_none());
    // A factory without the store, such as Pyramid's, still reads the session.
    assert!(builder().build().unwrap().load(&*cookie).rejection().is_none());
    store.end_all("zoe").await.unwrap();
    assert!(sessions.load(&*cookie).await.unwrap().rejection().unwrap().is_revoked());
}

#[tokio::test]
async fn session_of_another_factory_is_not_saved() {
    let (one, other) = (site(|builder| builder), site(|builder| builder));
    let mut session = one.sessions.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    let saved = signed_session::SessionFactory::save(&other.sessions, &mut session).await;
    assert!(saved.unwrap_err().is_wrong_factory());
}

#[test]
fn zero_store_timeout_is_refused() {
    let builder = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap());
    let error = builder.revocable(MemoryStore::new()).store_timeout(Duration::ZERO).build().unwrap_err();
    assert_eq!(error.option(), "store_timeout");
}

#[test]
fn plain_cookie_session_has_no_owner() {
    let sessions = SignedCookieSessionFactory::builder(Secret::generate().unwrap()).build().unwrap();
    let mut session = sessions.load(None::<&str>);
    assert!(session.set_owner("zoe").unwrap_err().is_unsupported_owner());
    assert!(session.set_label("Firefox").unwrap_err().is_unsupported_owner());
    assert_eq!(session.handle(), None);
}
