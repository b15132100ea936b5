//! Sessions that are ended through the factory.

use std::future::poll_fn;
use std::task::Poll;

use session_core::SessionHandle;

use crate::*;

const MAX_STALE: Duration = Duration::from_secs(5);

/// The factories of two processes with the same store.
struct TwoProcesses {
    clock: ManualClock,
    store: Watched,
    here: Factory,
    elsewhere: Factory,
}

impl TwoProcesses {
    fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
        let store = Watched::new(MemoryStore::new().with_clock(clock.clone()));
        let secret = Secret::generate().unwrap();
        let factory = || {
            let builder = EncryptedCookieSessionFactory::builder(secret.clone()).clock(clock.clone());
            builder.revocable(store.clone()).max_stale(MAX_STALE).build().unwrap()
        };
        let (here, elsewhere) = (factory(), factory());
        Self { clock, store, here, elsewhere }
    }

    /// Signs in, and uses the session in both processes, so that both caches have the store's answer.
    async fn sign_in(&self) -> (String, SessionHandle) {
        let mut session = self.here.load(None::<&str>).await.unwrap();
        session.set_owner("zoe").unwrap();
        let cookie = cookie_of(session.save().await.unwrap());
        assert!(is_accepted(&self.here, &cookie).await && is_accepted(&self.elsewhere, &cookie).await);
        (cookie, session.handle().unwrap())
    }

    /// Makes the cached answer stale, and begins a load that asks the store. When this method returns, the store has
    /// read the row, but the load is still waiting for the answer.
    async fn begin_load(&self, cookie: &str) -> impl Future<Output = bool> {
        self.clock.advance(MAX_STALE * 2);
        self.store.set_slow(true);
        let mut load = Box::pin(is_accepted(&self.here, cookie));
        assert!(poll_fn(|cx| Poll::Ready(load.as_mut().poll(cx).is_pending())).await);
        load
    }
}

async fn is_accepted(factory: &Factory, cookie: &str) -> bool {
    let session = factory.load(cookie).await.unwrap();
    match session.rejection() {
        None => true,
        Some(rejection) => {
            assert!(rejection.is_revoked());
            false
        }
    }
}

#[tokio::test]
async fn session_ended_through_factory_is_rejected_at_once() {
    for how in ["end", "end_others", "end_all"] {
        let site = TwoProcesses::new();
        let (kept, kept_handle) = site.sign_in().await;
        let (ended, handle) = site.sign_in().await;
        match how {
            "end" => assert_eq!(site.here.end(&handle).await, Ok(true)),
            "end_others" => assert_eq!(site.here.end_others(&kept_handle).await, Ok(1)),
            _ => assert_eq!(site.here.end_all("zoe").await, Ok(2)),
        }
        let others = [site.here.clone(), site.here.with_max_stale(Duration::from_secs(1))];
        for factory in others.iter().chain([&site.here]) {
            assert!(!is_accepted(factory, &ended).await, "{how}");
            assert_eq!(is_accepted(factory, &kept).await, how != "end_all", "{how}");
        }
        // The other process uses its cached answer for up to `MAX_STALE`.
        site.clock.advance(MAX_STALE);
        assert!(is_accepted(&site.elsewhere, &ended).await, "{how}");
        site.clock.advance(Duration::from_micros(1));
        assert!(!is_accepted(&site.elsewhere, &ended).await, "{how}");
    }
}

/// Regression: each factory that `with_max_stale` returned had a cache of its own. So a sign-out through one factory
/// reached the other factories only after `max_stale`.
#[tokio::test]
async fn sign_out_on_sensitive_route_reaches_other_routes() {
    let site = TwoProcesses::new();
    let (cookie, _) = site.sign_in().await;
    let mut session = site.here.with_max_stale(Duration::ZERO).load(&*cookie).await.unwrap();
    session.invalidate();
    let _ = session.save().await.unwrap();
    assert!(!is_accepted(&site.here, &cookie).await);
}

#[tokio::test]
async fn answer_from_before_the_session_ended_is_not_cached() {
    let site = TwoProcesses::new();
    let (cookie, handle) = site.sign_in().await;
    let load = site.begin_load(&cookie).await;
    assert_eq!(site.here.end(&handle).await, Ok(true));
    assert!(load.await, "the store answered before the session ended");
    assert!(!is_accepted(&site.here, &cookie).await);
}

/// The store no longer has the session when it answers the second request, so the first answer is outdated.
#[tokio::test]
async fn answer_from_before_a_negative_one_is_not_cached() {
    let site = TwoProcesses::new();
    let (cookie, handle) = site.sign_in().await;
    let load = site.begin_load(&cookie).await;
    assert_eq!(site.elsewhere.end(&handle).await, Ok(true));
    assert!(!is_accepted(&site.here, &cookie).await);
    assert!(load.await, "the store answered before the session ended");
    assert!(!is_accepted(&site.here, &cookie).await);
}

#[tokio::test]
async fn repeated_cookie_of_ended_session_does_not_keep_other_answers_out_of_cache() {
    let site = TwoProcesses::new();
    let (cookie, _) = site.sign_in().await;
    let (ended, handle) = site.sign_in().await;
    assert_eq!(site.here.end(&handle).await, Ok(true));
    let load = site.begin_load(&cookie).await;
    assert!(!is_accepted(&site.here, &ended).await);
    assert!(load.await);
    site.store.take_calls();
    assert!(is_accepted(&site.here, &cookie).await);
    assert_eq!(site.store.take_calls(), 0);
}

/// If a call of `end` fails or is dropped, the store may have ended the session. So the cached answer is not used.
#[tokio::test]
async fn next_request_after_failed_end_asks_store() {
    for is_dropped in [false, true] {
        let site = TwoProcesses::new();
        let (cookie, handle) = site.sign_in().await;
        site.store.set_hanging(is_dropped);
        site.store.set_down(!is_dropped);
        let mut end = Box::pin(site.here.end(&handle));
        match poll_fn(|cx| Poll::Ready(end.as_mut().poll(cx))).await {
            Poll::Ready(ended) => assert!(ended.unwrap_err().is_unavailable()),
            Poll::Pending => assert!(is_dropped),
        }
        drop(end);
        site.store.set_hanging(false);
        site.store.set_down(false);
        site.store.take_calls();
        assert!(is_accepted(&site.here, &cookie).await);
        assert_eq!(site.store.take_calls(), 1);
    }
}

/// Regression: `end_all` first listed the owner's sessions, and removed only these from the cache. If a session was
/// created after the listing, `end_all` ended this session in the store, but the cache still had the answer that it
/// existed.
#[tokio::test]
async fn session_created_during_end_all_is_rejected_at_once() {
    let site = TwoProcesses::new();
    site.sign_in().await;
    site.store.set_slow(true);
    let mut end = Box::pin(site.here.end_all("zoe"));
    assert!(poll_fn(|cx| Poll::Ready(end.as_mut().poll(cx).is_pending())).await);
    site.store.set_slow(false);
    let (cookie, _) = site.sign_in().await;
    assert_eq!(end.await, Ok(2));
    assert!(!is_accepted(&site.here, &cookie).await);
    site.sign_in().await;
    site.store.take_calls();
    let (cookie, _) = site.sign_in().await;
    assert!(is_accepted(&site.here, &cookie).await);
    // One call registers the session at the sign-in, and one is the first use in the other process.
    assert_eq!(site.store.take_calls(), 2, "answers are cached again");
}

/// Regression: `end_others` and `end_all` ended no session if the store could not read one of the owner's rows.
#[tokio::test]
async fn invalid_row_does_not_prevent_ending_other_sessions() {
    for keeps in [false, true] {
        let site = TwoProcesses::new();
        let (kept, kept_handle) = site.sign_in().await;
        let (ended, _) = site.sign_in().await;
        site.store.set_invalid_row(true);
        match keeps {
            true => assert_eq!(site.here.end_others(&kept_handle).await, Ok(1)),
            false => assert_eq!(site.here.end_all("zoe").await, Ok(2)),
        }
        assert!(!is_accepted(&site.here, &ended).await);
        assert_eq!(is_accepted(&site.here, &kept).await, keeps);
    }
}

/// Regression: after a failed sign-out, the cookie was accepted from the cache, although the store might have ended the
/// session.
#[tokio::test]
async fn next_request_after_failed_sign_out_asks_store() {
    let site = TwoProcesses::new();
    let (cookie, _) = site.sign_in().await;
    let mut session = site.here.load(&*cookie).await.unwrap();
    session.invalidate();
    site.store.set_down(true);
    assert!(session.save().await.is_err());
    site.store.set_down(false);
    site.store.take_calls();
    assert!(is_accepted(&site.here, &cookie).await);
    assert_eq!(site.store.take_calls(), 1);
}

#[tokio::test]
async fn end_others_of_an_unknown_session_is_an_error() {
    let site = TwoProcesses::new();
    let (cookie, _) = site.sign_in().await;
    let unknown = SessionHandle::from_bytes([1; 32]);
    assert!(site.here.end_others(&unknown).await.unwrap_err().is_no_owner());
    assert!(is_accepted(&site.here, &cookie).await);
}

#[tokio::test]
async fn calls_of_hanging_store_end_at_timeout() {
    let site = TwoProcesses::new();
    let (_, handle) = site.sign_in().await;
    site.store.set_hanging(true);
    tokio::time::pause();
    for error in [
        site.here.sessions_of("zoe").await.unwrap_err(),
        site.here.end(&handle).await.unwrap_err(),
        site.here.end_others(&handle).await.unwrap_err(),
        site.here.end_all("zoe").await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("did not answer within 1s"), "{error}");
    }
}

#[tokio::test]
async fn with_max_stale_cannot_exceed_max_stale_of_the_builder() {
    let site = TwoProcesses::new();
    let (cookie, handle) = site.sign_in().await;
    let patient = site.here.with_max_stale(MAX_STALE * 10);
    assert_eq!(site.store.rows.end(&handle).await, Ok(true));
    site.clock.advance(MAX_STALE);
    assert!(is_accepted(&patient, &cookie).await);
    site.clock.advance(Duration::from_micros(1));
    assert!(!is_accepted(&patient, &cookie).await);
}

/// Regression: the factory forgot an older answer only if it ended the session itself, and not if the store reported
/// that the session had ended.
#[tokio::test]
async fn negative_answer_replaces_older_positive_one() {
    let site = site(|builder| builder.max_stale(Duration::from_secs(600)));
    let cookie = sign_in(&site, "zoe").await;
    site.store.rows.end_all("zoe").await.unwrap();
    let sensitive = site.sessions.with_max_stale(Duration::ZERO);
    site.clock.advance(Duration::from_secs(1));
    assert!(sensitive.load(&*cookie).await.unwrap().rejection().unwrap().is_revoked());
    assert!(site.sessions.load(&*cookie).await.unwrap().rejection().unwrap().is_revoked());
}

/// A site with an admin area has two sessions in one browser.
#[tokio::test]
async fn factories_with_one_store_list_and_end_each_others_sessions() {
    let store = MemoryStore::new();
    let secret = Secret::generate().unwrap();
    let factory = |cookie_name, max_stale| {
        let builder = EncryptedCookieSessionFactory::builder(secret.clone()).cookie_name(cookie_name);
        builder.revocable(store.clone()).max_stale(max_stale).build().unwrap()
    };
    let (main, admin) = (factory("session", MAX_STALE), factory("admin", Duration::ZERO));
    let sign_in = async |factory: &RevocableCookieSessionFactory<EncryptedSerializer, MemoryStore>,
                         owner: &str| {
        let mut session = factory.load(None::<&str>).await.unwrap();
        session.set_owner(owner).unwrap();
        (cookie_of(session.save().await.unwrap()), session.handle().unwrap())
    };
    let (main_cookie, handle) = sign_in(&main, "zoe").await;
    let (admin_cookie, _) = sign_in(&admin, "zoe").await;
    let (other_cookie, _) = sign_in(&admin, "admin:zoe").await;
    assert_eq!(main.sessions_of("zoe").await.unwrap().len(), 2);
    assert_eq!(main.end_others(&handle).await, Ok(1));
    let mut rejected = Vec::new();
    for (factory, cookie) in [(&main, &main_cookie), (&admin, &admin_cookie), (&admin, &other_cookie)] {
        rejected.push(factory.load(&**cookie).await.unwrap().rejection().is_some_and(|why| why.is_revoked()));
    }
    assert_eq!(rejected, [false, true, false]);
}
