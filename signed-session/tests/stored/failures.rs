//! Stores that fail or hang, rows that cannot be read, and repeated saves by the factory.

use std::error::Error;
use std::time::Duration;

use session_core::FactoryError as _;
use session_store::ManageSessions as _;
use signed_session::parts::{session_core, session_store};
use signed_session::{OnStoreError, SaveError, SessionFactory};

use crate::log::Log;
use crate::probe::Call::{self, Create, Delete, Load, Replace, Touch};
use crate::probe::Fault;
use crate::site::{Session, Site, cookie, error, lines, read};

fn check_unavailable(error: &SaveError) {
    assert!(error.is_unavailable() && !error.is_too_large() && !error.is_unserializable());
    let store_error = error.store_error().unwrap();
    assert!(store_error.is_unavailable());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    let source = |error: &dyn Error| error.source().map(ToString::to_string);
    assert_eq!((error.to_string(), source(error)), (store_error.to_string(), source(store_error)));
}

#[tokio::test(start_paused = true)]
async fn failed_load_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.store.break_down(Load, Fault::Down);
    let failed = site.sessions.load(&*cookie).await.unwrap_err();
    check_unavailable(&failed);
    assert_eq!(failed.to_string(), "the session store cannot be reached: connection refused");
    // A visitor without a cookie needs no store.
    assert!(site.visit().await.is_empty());

    site.store.recover();
    site.store.break_down(Load, Fault::Refused);
    let failed = site.sessions.load(&*cookie).await.unwrap_err();
    assert!(!failed.is_unavailable() && failed.retry_after().is_none() && failed.store_error().is_some());
    assert_eq!(failed.to_string(), "the session store refused the call: connection refused");
}

#[tokio::test(start_paused = true)]
async fn hanging_store_is_unavailable_after_timeout() {
    let site = Site::with(|builder| builder.store_timeout(Duration::from_millis(250)));
    let cookie = site.sign_in().await;
    site.store.break_down(Load, Fault::Hangs);
    let begin = tokio::time::Instant::now();
    let failed = site.sessions.load(&*cookie).await.unwrap_err();
    assert_eq!(begin.elapsed(), Duration::from_millis(250));
    check_unavailable(&failed);
    assert_eq!(failed.to_string(), "the session store did not answer within 250ms");
}

#[tokio::test(start_paused = true)]
async fn default_timeout_is_one_second() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("a", 1).unwrap();
    site.store.break_down(Create, Fault::Hangs);
    let begin = tokio::time::Instant::now();
    check_unavailable(&error(session.save().await));
    assert_eq!(begin.elapsed(), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn failed_save_can_be_repeated() {
    for (call, fault) in [(Replace, Fault::Down), (Replace, Fault::Hangs), (Load, Fault::Down)] {
        let site = Site::new();
        let cookie = site.sign_in().await;
        let mut session = site.load(&cookie).await;
        session.insert("a", 1).unwrap();
        session.flash("one", "").unwrap();
        session.set_owner("zoe").unwrap();
        site.request(&cookie, |session| session.insert("b", 2).unwrap()).await;
        site.store.break_down(call, fault);
        check_unavailable(&error(session.save().await));
        session.insert("c", 3).unwrap();
        check_unavailable(&error(session.save().await));
        site.store.recover();
        site.request(&cookie, |session| session.flash("two", "").unwrap()).await;
        assert!(session.save().await.unwrap().is_empty());
        let json = r#"{"user":"zoe","b":2,"_f_":["two","one"],"a":1,"c":3}"#;
        assert_eq!(site.json(&cookie).await, json, "{call:?} {fault:?}");
        assert_eq!(site.store.all().await[0].1.owner.as_deref(), Some("zoe"));
    }
}

/// The store has saved the session, but its answer was lost.
#[tokio::test(start_paused = true)]
async fn repeated_save_after_lost_answer_keeps_all_changes() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.insert("a", 1).unwrap();
    session.flash("hi", "").unwrap();
    site.store.break_down(Replace, Fault::AnswerLost);
    check_unavailable(&error(session.save().await));
    site.store.recover();
    site.request(&cookie, |session| session.insert("b", 2).unwrap()).await;
    assert!(session.save().await.unwrap().is_empty());
    let json = r#"{"user":"zoe","a":1,"_f_":["hi","hi"],"b":2}"#;
    assert_eq!(site.json(&cookie).await, json, "a message is shown twice rather than not at all");
}

#[tokio::test(start_paused = true)]
async fn ending_sessions_in_hanging_store_is_unavailable_after_timeout() {
    let site = Site::new();
    let handle = site.handle(&site.sign_in().await).await;
    site.store.break_down(Load, Fault::Hangs);
    site.store.break_down(Delete, Fault::Hangs);
    for failed in [site.sessions.end(&handle).await.map(u64::from), site.sessions.end_others(&handle).await] {
        assert_eq!(failed.unwrap_err().to_string(), "the session store did not answer within 1s");
    }
}

#[test]
#[should_panic(expected = "there is no reactor running")]
fn load_outside_a_runtime_panics() {
    let site = Site::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let cookie = runtime.block_on(site.sign_in());
    let load = std::pin::pin!(site.sessions.load(&*cookie));
    let _ = std::future::Future::poll(load, &mut std::task::Context::from_waker(std::task::Waker::noop()));
}

#[tokio::test(start_paused = true)]
async fn failed_touch_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.wait(121.0);
    site.store.break_down(Touch, Fault::Down);
    let mut session = site.load(&cookie).await;
    read(&mut session);
    check_unavailable(&error(session.save().await));
    site.store.recover();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Load, Touch, Touch]);
}

#[tokio::test(start_paused = true)]
async fn new_session_during_outage_keeps_the_cookie_of_the_old_one() {
    let site = Site::with(|builder| builder.on_store_error(OnStoreError::StartNew));
    let cookie = site.sign_in().await;
    for fault in [Fault::Down, Fault::Hangs, Fault::Refused] {
        site.store.break_down(Load, fault);
        let mut session = site.load(&cookie).await;
        assert!(session.is_new() && session.is_empty() && session.rejection().unwrap().is_unavailable());
        assert!(session.handle().is_none() && session.cookie_key().is_none());
        site.wait(3600.0 / 100.0);
        assert!(!session.contains("user"));
        site.store.calls();
        assert!(session.save().await.unwrap().is_empty());

        for change in [
            |session: &mut Session| session.insert("a", 1).unwrap(),
            |session: &mut Session| session.invalidate(),
            |session: &mut Session| session.renew(),
            |session: &mut Session| session.set_owner("zoe").unwrap(),
            |session: &mut Session| session.flash("hi", "").unwrap(),
            |session: &mut Session| {
                session.invalidate();
                session.insert("a", 1).unwrap();
            },
            |session: &mut Session| _ = session.csrf_token().unwrap(),
        ] {
            let mut session = site.load(&cookie).await;
            change(&mut session);
            assert!(session.rejection().unwrap().is_unavailable());
            site.store.calls();
            let failed = error(session.save().await);
            assert_eq!(failed.is_unavailable(), fault != Fault::Refused);
            assert!(site.store.calls().is_empty());
        }
        site.store.recover();
        assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn outage_is_logged_once_a_second() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let (log, _guard) = Log::capture();
    site.store.break_down(Load, Fault::Down);
    let fail = async |times: usize| {
        for _ in 0..times {
            let failed = site.sessions.load(&*cookie).await.map(|session| session.len());
            assert!(failed.is_err());
        }
    };
    fail(10).await;
    let logged = log.take();
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert!(logged[0].contains("ERROR") && logged[0].contains("session store failed"), "{logged:?}");
    assert!(logged[0].contains("connection refused") && logged[0].contains("suppressed=0"), "{logged:?}");
    tokio::time::advance(Duration::from_millis(999)).await;
    fail(1).await;
    assert!(log.take().is_empty());
    tokio::time::advance(Duration::from_millis(1)).await;
    fail(2).await;
    let logged = log.take();
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert!(logged[0].contains("suppressed=10"), "{logged:?}");
}

#[tokio::test(start_paused = true)]
async fn unreadable_row_is_rejected_and_stays() {
    use signed_session::parts::session_store::Store as _;
    for garbage in [&b""[..], b"garbage", b"[1,2,{}]trailing", b"{}", b"[1,2,3]", b"\xff\xfe"] {
        let site = Site::new();
        let cookie = site.sign_in().await;
        let mut slow = site.load(&cookie).await;
        let handle = slow.handle().unwrap();
        let (mut row, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
        row.data = garbage.to_vec();
        site.store.rows.replace(&handle, version, &row).await.unwrap().unwrap();
        let session = site.load(&cookie).await;
        assert!(session.is_new() && session.rejection().unwrap().is_malformed(), "{garbage:?}");
        assert_eq!(site.store.rows.load(&handle).await.unwrap().unwrap().0.data, garbage);

        // A slow request that loaded the session earlier does not overwrite the row either.
        slow.insert("a", 1).unwrap();
        let failed = error(slow.save().await);
        assert!(!failed.is_unavailable() && failed.store_error().is_some(), "{failed}");
        assert_eq!(site.store.rows.load(&handle).await.unwrap().unwrap().0.data, garbage);
        // The new session is saved under another id.
        let sent = site.request(&cookie, |session| session.insert("a", 1).unwrap()).await;
        assert!(sent[0].starts_with("__Host-session=") && !sent[0].starts_with(&cookie));
    }
}

#[tokio::test(start_paused = true)]
async fn cookie_with_unreadable_row_hides_earlier_cookie() {
    use signed_session::parts::session_store::Store as _;
    let site = Site::new();
    let (other, cookie) = (site.sign_in().await, site.sign_in().await);
    let handle = site.handle(&cookie).await;
    let (mut row, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
    row.data = b"garbage".to_vec();
    site.store.rows.replace(&handle, version, &row).await.unwrap().unwrap();
    assert_eq!(site.outcome(&format!("{other}; {cookie}")).await, "malformed");
    assert_eq!(site.outcome(&format!("{cookie}; {other}")).await, "accepted");
}

#[tokio::test(start_paused = true)]
async fn hanging_renewal_takes_bounded_time() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.renew();
    site.store.break_down(Call::Replace, Fault::Hangs);
    site.store.break_down(Call::Delete, Fault::Hangs);
    let begin = tokio::time::Instant::now();
    let saved = session.save().await;
    assert!(saved.map(|set_cookies| lines(&set_cookies)).is_err());
    assert!(
        begin.elapsed() <= Duration::from_secs(5),
        "three replacements and a deletion should time out after a second each, with two pauses"
    );
}

/// Regression: if the first save by the factory failed and another request changed the session, the second save saved
/// nothing and returned no error.
#[tokio::test]
async fn second_save_by_factory_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.insert("cart", 1).unwrap();
    site.store.break_down(Replace, Fault::Down);
    check_unavailable(&error(SessionFactory::save(&site.sessions, &mut session).await));
    site.store.recover();
    site.request(&cookie, |session| session.insert("seen", 1).unwrap()).await;
    session.insert("more", 1).unwrap();
    for _ in 0..2 {
        assert!(error(SessionFactory::save(&site.sessions, &mut session).await).is_already_saved());
        assert!(error(session.save().await).is_already_saved());
        session.invalidate();
    }
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","seen":1}"#);
}

/// Regression: a second save by the factory created a second row.
#[tokio::test]
async fn second_save_of_new_session_by_factory_is_an_error() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("cart", 1).unwrap();
    assert_eq!(SessionFactory::save(&site.sessions, &mut session).await.unwrap().len(), 1);
    assert!(error(SessionFactory::save(&site.sessions, &mut session).await).is_already_saved());
    assert_eq!(site.store.all().await.len(), 1);
}

#[tokio::test]
async fn sign_out_and_read_can_be_saved_twice_by_factory() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    site.wait(600.0);
    read(&mut session);
    for _ in 0..2 {
        assert!(SessionFactory::save(&site.sessions, &mut session).await.unwrap().is_empty());
    }
    session.invalidate();
    site.store.break_down(Delete, Fault::Down);
    check_unavailable(&error(SessionFactory::save(&site.sessions, &mut session).await));
    site.store.recover();
    assert_eq!(SessionFactory::save(&site.sessions, &mut session).await.unwrap().len(), 1);
    assert_eq!(site.outcome(&cookie).await, "revoked");
}

/// Regression: the client of a Redis Cluster repeats a call if a node fails in the middle. If the repeated `create`
/// found the row of the first one, the save failed, and the row stayed in the list of the owner's sessions.
#[tokio::test]
async fn repeated_create_is_not_an_error() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("user", "zoe").unwrap();
    session.set_owner("zoe").unwrap();
    site.store.break_down(Create, Fault::Repeated);
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.store.calls(), [Create, Load, Replace]);
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
    session.insert("cart", 1).unwrap();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","cart":1}"#);
}

/// Regression: if the answer to `create` was lost, the list of the owner's sessions showed a session that no browser
/// had.
#[tokio::test(start_paused = true)]
async fn session_whose_creation_failed_is_not_listed() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.set_owner("zoe").unwrap();
    site.store.break_down(Create, Fault::AnswerLost);
    check_unavailable(&error(session.save().await));
    site.store.recover();
    assert_eq!(site.store.rows.sessions_of("zoe").await, Ok(Vec::new()));
    let new = cookie(&session.save().await.unwrap());
    let listed = site.store.rows.sessions_of("zoe").await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].handle, site.handle(&new).await);
}

#[tokio::test(start_paused = true)]
async fn failed_creation_of_session_without_owner_makes_one_call() {
    let site = Site::new();
    let mut session = site.visit().await;
    session.insert("cart", 1).unwrap();
    site.store.break_down(Create, Fault::AnswerLost);
    check_unavailable(&error(session.save().await));
    assert_eq!(site.store.calls(), [Create]);
}
