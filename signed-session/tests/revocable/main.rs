//! Sessions in cookies that a store can end.

mod watched;

use std::time::Duration;

use session_core::{Clock, FactoryError, ManualClock, Timestamp};
use session_store::{ManageSessions, MemoryStore, Store};
use signed_session::{
    Builder, EncryptedCookieSessionFactory, EncryptedSerializer, Encryption, OnStoreError, Revocable,
    RevocableCookieSessionFactory, Secret, SetCookies, SignedCookieSessionFactory,
};

use crate::watched::Watched;

type Factory = RevocableCookieSessionFactory<EncryptedSerializer, Watched>;
type Options = Builder<Revocable<Encryption, Watched>>;

/// A site with a store, and its clock.
struct Site {
    clock: ManualClock,
    store: Watched,
    sessions: Factory,
}

fn site(configure: fn(Options) -> Options) -> Site {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let store = Watched::new(MemoryStore::new().with_clock(clock.clone()));
    let builder = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap())
        .clock(clock.clone())
        .revocable(store.clone());
    Site { sessions: configure(builder).build().unwrap(), store, clock }
}

/// Returns the `Cookie` header after a response.
fn cookie_of(set_cookies: SetCookies) -> String {
    let set_cookie = set_cookies.into_session_cookie().expect("a cookie");
    format!("{}={}", set_cookie.name(), set_cookie.value())
}

/// Signs a user in, and returns the cookie.
async fn sign_in(site: &Site, owner: &str) -> String {
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("user", owner).unwrap();
    session.set_owner(owner).unwrap();
    session.set_label("Firefox").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    site.store.take_calls();
    cookie
}

/// Returns the user of a cookie; `None` if its session was revoked.
async fn user(site: &Site, cookie: &str) -> Option<String> {
    let session = site.sessions.load(cookie).await.unwrap();
    let user = session.get("user").unwrap();
    assert_eq!(session.rejection().is_some_and(|why| why.is_revoked()), user.is_none());
    user
}

#[tokio::test]
async fn session_without_owner_asks_no_store() {
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
async fn cached_answer_asks_no_store_until_it_is_stale() {
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
async fn clock_that_is_set_back_makes_the_answer_stale() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    site.clock.set(Timestamp::from_secs(1_699_999_000.0).unwrap());
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    assert_eq!(site.store.take_calls(), 1);
}

#[tokio::test]
async fn zero_max_stale_asks_once_per_request() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    for _ in 0..2 {
        assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    }
    assert_eq!(site.store.take_calls(), 2);
}

#[tokio::test]
async fn sensitive_routes_ask_each_time() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let sensitive = site.sessions.with_max_stale(Duration::ZERO);
    site.store.rows.end_all("zoe").await.unwrap();
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
    let mut session = sensitive.load(&*cookie).await.unwrap();
    assert!(session.rejection().unwrap().is_revoked());
    // Either factory saves the sessions of the other one.
    session.insert("n", 1).unwrap();
    assert!(signed_session::SessionFactory::save(&site.sessions, &mut session).await.is_ok());
}

#[tokio::test]
async fn ended_session_is_rejected_when_the_answer_is_stale() {
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
    let sessions = site.sessions.store().sessions_of("zoe").await.unwrap();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|session| session.label.as_deref() == Some("Firefox")));
    assert!(sessions.iter().all(|session| session.created == site.clock.now()));

    let current = site.sessions.load(&*cookie).await.unwrap().handle().unwrap();
    assert!(sessions.iter().any(|session| session.handle == current));
    assert_eq!(site.sessions.store().end_others(&current).await.unwrap(), 1);
    let rest = site.sessions.store().sessions_of("zoe").await.unwrap();
    assert_eq!(rest.iter().map(|session| session.handle).collect::<Vec<_>>(), [current]);
}

#[tokio::test]
async fn store_does_not_have_the_id() {
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
async fn renewed_session_ends_the_old_one() {
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
async fn new_owner_gives_a_new_id() {
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
async fn last_access_is_recorded_once_per_tenth_of_the_timeout() {
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
    // The timeout is 20 minutes.
    assert_eq!(touches, 1);
    let accessed = site.store.rows.sessions_of("zoe").await.unwrap()[0].accessed;
    assert_eq!(site.clock.now().secs_since(accessed), 90.0);
}

#[tokio::test]
async fn row_outlives_the_session() {
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

/// Fault: a slow request gave an ended session a new id, and so brought it back.
#[tokio::test]
async fn slow_renewal_or_sign_in_does_not_revive_an_ended_session() {
    let changes: [fn(&mut signed_session::RevocableSession<EncryptedSerializer, Watched>); 4] = [
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

/// Fault: the handle of an id that was not saved made `end_others` end nothing.
#[tokio::test]
async fn others_cannot_be_ended_by_an_unsaved_id() {
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

/// Fault: a longer life of the session's own was not in the store.
#[tokio::test]
async fn own_limit_moves_the_end_of_the_row() {
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

/// Fault: a session was listed that had no id, because its entries were removed after `set_owner`.
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

/// Fault: moving to a store accepted sessions that were ended before.
#[tokio::test]
async fn ended_session_does_not_move_into_a_store() {
    let site = site(|builder| builder);
    let (ended, kept) = (sign_in(&site, "zoe").await, sign_in(&site, "max").await);
    site.store.rows.end_all("zoe").await.unwrap();
    let sessions =
        signed_session::StoredSessionFactory::builder(Secret::generate().unwrap(), site.store.clone())
            .clock(site.clock.clone())
            .cookie_name("__Host-stored")
            .also_reads(site.sessions.cookies().clone())
            .build()
            .unwrap();
    assert!(sessions.load(&*ended).await.unwrap().rejection().unwrap().is_revoked());

    let mut session = sessions.load(&*kept).await.unwrap();
    assert_eq!(session.get("user").unwrap(), Some("max"));
    assert!(!session.contains("_id_"));
    assert_eq!(session.save().await.unwrap().iter().count(), 2);
    // The owner and the label move as well, and the old cookie is useless.
    let moved = site.store.rows.sessions_of("max").await.unwrap();
    assert_eq!((moved.len(), moved[0].label.as_deref()), (1, Some("Firefox")));
    assert_eq!(Some(moved[0].handle), session.handle());
    site.clock.advance(Duration::from_secs(6));
    assert_eq!(user(&site, &kept).await, None);
}

/// Fault: a dropped save lost the sign-out.
#[tokio::test]
async fn dropped_save_by_hand_can_be_repeated() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    session.invalidate();
    site.store.set_hanging(true);
    let saved = tokio::time::timeout(Duration::from_millis(10), session.save()).await;
    assert!(saved.is_err());
    site.store.set_hanging(false);
    assert!(!session.save().await.unwrap().is_empty());
    assert_eq!(site.store.rows.sessions_of("zoe").await.unwrap(), []);
}

#[tokio::test]
async fn store_that_is_down_refuses_sessions_with_an_owner_only() {
    let site = site(|builder| builder.max_stale(Duration::ZERO));
    let cookie = sign_in(&site, "zoe").await;
    site.store.set_down(true);
    let error = site.sessions.load(&*cookie).await.unwrap_err();
    assert!(error.is_unavailable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    assert!(site.sessions.load(None::<&str>).await.unwrap().is_new());
    site.store.set_down(false);
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
}

#[tokio::test]
async fn fail_open_accepts_the_cookie_and_still_signs_out_by_an_error() {
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

#[tokio::test]
async fn new_session_during_an_outage_does_not_replace_the_cookie() {
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

#[tokio::test]
async fn failed_registration_sends_no_cookie_and_can_be_repeated() {
    let site = site(|builder| builder);
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    session.set_owner("zoe").unwrap();
    site.store.set_down(true);
    assert!(session.save().await.unwrap_err().is_unavailable());
    site.store.set_down(false);
    let cookie = cookie_of(session.save().await.unwrap());
    assert_eq!(user(&site, &cookie).await.as_deref(), Some("zoe"));
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
    let sessions = SignedCookieSessionFactory::builder(Secret::generate().unwrap())
        .revocable(store.clone())
        .max_stale(Duration::ZERO)
        .build()
        .unwrap();
    let mut session = sessions.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    assert!(sessions.load(&*cookie).await.unwrap().rejection().is_none());
    // A factory without the store, such as Pyramid's, still reads the session.
    assert!(sessions.cookies().load(&*cookie).rejection().is_none());
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
