//! The events that an observer receives.

use crate::recorder::Recorder;
use crate::*;

/// Returns a site whose observer records the events.
fn observed(configure: impl FnOnce(Options) -> Options) -> (Site, Recorder) {
    let events = Recorder::default();
    let observer = events.clone();
    (site(|builder| configure(builder.observer(observer))), events)
}

/// Returns the length of a cookie's value.
fn value_len(cookie: &str) -> usize {
    cookie.split_once('=').unwrap().1.len()
}

#[tokio::test]
async fn observer_sees_each_load_once_with_its_outcome() {
    let (site, events) = observed(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let len = value_len(&cookie);
    assert_eq!(events.take(), ["missing none 0".to_owned(), format!("saved {len}")]);

    // The store's answer is in the cache.
    user(&site, &cookie).await;
    assert_eq!((site.store.take_calls(), events.take()), (0, vec![format!("accepted current {len}")]));
    site.clock.advance(Duration::from_secs(6));
    user(&site, &cookie).await;
    assert_eq!((site.store.take_calls(), events.take()), (1, vec![format!("accepted current {len}")]));

    site.sessions.end_all("zoe").await.unwrap();
    user(&site, &cookie).await;
    // The event names the key that authenticated the cookie, although the session was revoked.
    assert_eq!(events.take(), [format!("revoked current {len}")]);

    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("_id_", "short").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    events.take();
    site.sessions.load(&*cookie).await.unwrap();
    assert_eq!(events.take(), [format!("malformed current {}", value_len(&cookie))]);
}

#[tokio::test]
async fn observer_sees_outcome_of_load_during_an_outage() {
    let failed = "failed: the session store cannot be reached: down".to_owned();
    for (on_store_error, outcome) in [
        (OnStoreError::Refuse, None),
        (OnStoreError::StartNew, Some("unavailable")),
        (OnStoreError::Accept, Some("accepted")),
    ] {
        let (site, events) =
            observed(|builder| builder.max_stale(Duration::ZERO).on_store_error(on_store_error));
        let cookie = sign_in(&site, "zoe").await;
        events.take();
        site.store.set_down(true);
        let loaded = site.sessions.load(&*cookie).await;
        assert_eq!(loaded.is_ok(), outcome.is_some());
        let loaded = outcome.map(|outcome| format!("{outcome} current {}", value_len(&cookie)));
        let expected: Vec<_> = std::iter::once(failed.clone()).chain(loaded).collect();
        assert_eq!(events.take(), expected);
    }
}
