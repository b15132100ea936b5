//! Stores that are down, saves whose future is dropped, and requests outside a runtime.

use crate::*;

#[tokio::test]
async fn outage_refuses_only_sessions_with_owner() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    let mut anonymous = site.sessions.load(None::<&str>).await.unwrap();
    anonymous.insert("cart", 1).unwrap();
    let anonymous = cookie_of(anonymous.save().await.unwrap());
    site.store.set_down(true);
    let error = site.sessions.load(&*cookie).await.unwrap_err();
    assert!(error.is_unavailable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert!(site.sessions.load(&*anonymous).await.unwrap().contains("cart"));
    assert!(site.sessions.load(None::<&str>).await.unwrap().is_new());
    site.store.set_down(false);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}

#[test]
#[should_panic(expected = "there is no reactor running")]
fn load_outside_a_runtime_panics() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let cookie = runtime.block_on(sign_in(&site, "zoe"));
    let mut load = std::pin::pin!(site.sessions.load(&*cookie));
    let _ = load.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
}

#[test]
fn request_without_store_call_needs_no_runtime() {
    let site = site(|builder| builder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let signed_in = runtime.block_on(sign_in(&site, "zoe"));
    drop(runtime);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for cookie in [None, Some(&*signed_in)] {
        let mut load = std::pin::pin!(site.sessions.load(cookie));
        let std::task::Poll::Ready(Ok(mut session)) = load.as_mut().poll(&mut context) else {
            panic!("the load is not ready at the first poll");
        };
        session.insert("cart", 1).unwrap();
        let mut save = std::pin::pin!(session.save());
        assert!(save.as_mut().poll(&mut context).is_ready());
    }
}

#[tokio::test]
async fn on_store_error_accept_does_not_hide_failed_sign_out() {
    let site = site(|builder| builder.max_stale(Duration::ZERO).on_store_error(OnStoreError::Accept));
    let cookie = sign_in(&site, "zoe").await;
    site.store.set_down(true);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.invalidate();
    assert!(session.save().await.unwrap_err().is_unavailable());
    // The same session can be saved again.
    site.store.set_down(false);
    assert!(!session.save().await.unwrap().is_empty());
    assert_eq!(user(&site, &cookie).await, None);
}

/// Each access in this test has to be recorded, because the last recorded one is more than 120 seconds ago.
#[tokio::test]
async fn on_store_error_accept_sends_cookies_whose_access_cannot_be_recorded() {
    let site = site(|builder| builder.on_store_error(OnStoreError::Accept));
    let cookie = sign_in(&site, "zoe").await;
    site.clock.advance(Duration::from_secs(121));
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    site.store.set_down(true);
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    let cookie = cookie_of(session.save().await.unwrap());
    assert_eq!(site.store.take_calls(), 2, "one call to load the row, one to record the access");

    // The store's answer is in the cache.
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.insert("cart", 1).unwrap();
    let save = signed_session::SessionFactory::save(&site.sessions, &mut session);
    let cookie = cookie_of(save.await.unwrap());
    assert_eq!(site.store.take_calls(), 1, "one call to record the access");

    let changes: [fn(&mut Session); 2] =
        [|session| session.invalidate(), |session| session.set_owner("max").unwrap()];
    for change in changes {
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        change(&mut session);
        assert!(session.save().await.unwrap_err().is_unavailable());
    }

    site.store.set_down(false);
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(session.get("cart").unwrap(), Some(1));
    session.changed();
    let _ = session.save().await.unwrap();
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap()[0].accessed, site.clock.now());
}

#[tokio::test]
async fn save_fails_without_on_store_error_accept_if_access_cannot_be_recorded() {
    for on_store_error in [OnStoreError::Refuse, OnStoreError::StartNew] {
        let site = site(|builder| builder.on_store_error(on_store_error));
        let cookie = sign_in(&site, "zoe").await;
        site.clock.advance(Duration::from_secs(121));
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        site.store.set_down(true);
        assert_eq!(session.get("user").unwrap(), Some("zoe"));
        assert!(session.save().await.unwrap_err().is_unavailable());
    }
}

/// If an outage lasts until the row expires, the session has ended, although its cookie was in use during the outage.
#[tokio::test]
async fn session_ends_if_its_row_expires_during_outage() {
    let site = site(|builder| builder.max_stale(Duration::ZERO).on_store_error(OnStoreError::Accept));
    let mut cookie = sign_in(&site, "zoe").await;
    site.store.set_down(true);
    for _ in 0..12 {
        site.clock.advance(Duration::from_secs(125));
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        assert_eq!(session.get("user").unwrap(), Some("zoe"));
        cookie = cookie_of(session.save().await.unwrap());
    }
    site.store.set_down(false);
    assert_eq!(user(&site, &cookie).await, None);
}

#[tokio::test]
async fn new_session_during_outage_keeps_the_cookie_of_the_old_one() {
    let site = site(|builder| builder.max_stale(Duration::ZERO).on_store_error(OnStoreError::StartNew));
    let cookie = sign_in(&site, "zoe").await;
    site.store.set_down(true);
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    assert!(session.is_new() && session.rejection().unwrap().is_unavailable());
    assert!(session.save().await.unwrap().is_empty());
    session.insert("cart", 1).unwrap();
    assert!(session.save().await.unwrap_err().is_unavailable());
    site.store.set_down(false);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}

/// Regression: `invalidate` and `renew` reset the rejection, although the session still could not be saved.
#[tokio::test]
async fn new_session_during_outage_keeps_its_rejection() {
    let site = site(|builder| builder.max_stale(Duration::ZERO).on_store_error(OnStoreError::StartNew));
    let cookie = sign_in(&site, "zoe").await;
    site.store.set_down(true);
    let changes: [fn(&mut Session); 3] = [
        |session| session.invalidate(),
        |session| session.renew(),
        |session| {
            session.insert("cart", 1).unwrap();
            session.renew();
            assert_eq!(session.get("cart").unwrap(), Some(1));
        },
    ];
    for change in changes {
        let mut session = site.sessions.load(&*cookie).await.unwrap();
        change(&mut session);
        assert!(session.is_new() && session.rejection().unwrap().is_unavailable());
        assert!(session.save().await.unwrap_err().is_unavailable());
        assert!(session.rejection().unwrap().is_unavailable());
    }
}

#[tokio::test]
async fn dropped_save_of_a_layer_still_ends_the_session() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.invalidate();
    let mut save = signed_session::SessionFactory::save(&site.sessions, &mut session);
    // The client closes the connection after the first poll.
    let is_ready =
        std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut save).poll(cx).is_ready()))
            .await;
    drop(save);
    assert!(!is_ready);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
}
