//! Sessions that another request, or another device, has ended.

use session_store::{ManageSessions as _, Store as _};
use signed_session::SessionFactory;
use signed_session::parts::session_store;
use tracing::Instrument as _;

use crate::log::Log;
use crate::probe::Call::{Create, Delete, Load, Replace};
use crate::site::{START, Session, Site, at, lines, read, secs};

const DROPPED: &str = "session changes dropped: another request has ended or renewed the session";

/// Checks that a request that began before the session ended cannot bring it back.
async fn check_stays_ended(site: &Site, cookie: &str, mut slow: Session) {
    let (log, _guard) = Log::capture();
    slow.insert("late", 1).unwrap();
    slow.flash("late", "").unwrap();
    assert!(lines(&slow.save().await.unwrap()).is_empty());
    let logged = log.take();
    assert_eq!(logged.len(), 1, "{logged:?}");
    assert!(logged[0].contains("WARN") && logged[0].contains(DROPPED), "{logged:?}");
    assert!(logged[0].contains("__Host-session") && !logged[0].contains("late"), "{logged:?}");
    assert_eq!(site.outcome(cookie).await, "revoked");
    assert!(
        site.store.all().await.iter().all(|(_, row)| !String::from_utf8_lossy(&row.data).contains("late"))
    );
    assert!(slow.is_new() && slow.is_empty() && slow.rejection().unwrap().is_revoked());
}

#[tokio::test(start_paused = true)]
async fn slow_request_does_not_undo_sign_out() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.invalidate()).await;
    check_stays_ended(&site, &cookie, slow).await;
    assert!(site.store.all().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn slow_request_does_not_undo_end_from_another_device() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let slow = site.load(&cookie).await;
    assert!(site.sessions.end(&slow.handle().unwrap()).await.unwrap());
    check_stays_ended(&site, &cookie, slow).await;
}

#[tokio::test(start_paused = true)]
async fn slow_request_does_not_undo_renewal() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let slow = site.load(&cookie).await;
    let sent = site.request(&cookie, |session| session.renew()).await;
    assert_eq!(sent.len(), 1);
    check_stays_ended(&site, &cookie, slow).await;
    assert_eq!(site.store.all().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn session_that_ends_during_merge_stays_ended() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.insert("a", 1).unwrap()).await;
    let (rows, handle) = (site.store.rows.clone(), slow.handle().unwrap());
    site.store.before(Load, async move { assert!(rows.delete(&handle, None).await.unwrap()) });
    check_stays_ended(&site, &cookie, slow).await;
}

#[tokio::test(start_paused = true)]
async fn slow_renewal_and_sign_out_keep_session_ended() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.invalidate()).await;
    slow.renew();
    check_stays_ended(&site, &cookie, slow).await;
    assert!(site.store.all().await.is_empty(), "the new row is deleted");

    // A later change by the slow request starts a new session.
    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.invalidate()).await;
    slow.renew();
    assert!(slow.save().await.unwrap().is_empty());
    slow.insert("new", 1).unwrap();
    let new = crate::site::cookie(&slow.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"new":1}"#);
    site.request(&new, |session| session.invalidate()).await;

    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    site.request(&cookie, |session| session.invalidate()).await;
    slow.invalidate();
    let sent = lines(&slow.save().await.unwrap());
    assert!(
        sent[0].starts_with("__Host-session=; Max-Age=0"),
        "the sign-out also removes the cookie: {sent:?}"
    );
    assert!(site.store.all().await.is_empty());
}

/// The new session does not continue the old one, so it is saved even if another request has ended the old one.
#[tokio::test]
async fn session_begun_by_slow_sign_out_is_saved() {
    for wait in [0.0, 121.0] {
        let site = Site::new();
        let old = site.sign_in().await;
        let mut slow = site.load(&old).await;
        slow.invalidate();
        slow.insert("theme", "dark").unwrap();
        site.request(&old, |session| session.invalidate()).await;
        site.wait(wait);
        let new = crate::site::cookie(&slow.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"theme":"dark"}"#, "after {wait} s");
    }
}

/// Regression: with `max_lifetime`, the save did not find out that the session had ended. So later changes went to the
/// ended session and were dropped, instead of beginning a new session.
#[tokio::test(start_paused = true)]
async fn slow_read_of_ended_session_sends_no_cookie() {
    // Without `max_lifetime`, the row is loaded before the cookie is sent again. With `max_lifetime`, the access is
    // recorded by `replace`. If the version has changed, the session may have ended, so the row is loaded then.
    for (max_lifetime, calls) in [(None, &[Load][..]), (Some(secs(86400)), &[Replace, Load])] {
        let site = Site::with(|builder| builder.max_age(secs(3600)).max_lifetime(max_lifetime));
        let cookie = site.sign_in().await;
        site.wait(121.0);
        let mut slow = site.load(&cookie).await;
        read(&mut slow);
        site.request(&cookie, |session| session.invalidate()).await;
        site.store.calls();
        assert!(slow.save().await.unwrap().is_empty());
        assert_eq!(site.store.calls(), calls);
        assert!(slow.is_new() && slow.rejection().unwrap().is_revoked());
        assert!(site.store.all().await.is_empty());
    }
}

/// Regression: after the save, the rejection was `revoked`, as if another request had ended the session.
#[tokio::test]
async fn own_sign_out_is_no_rejection() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut session = site.load(&cookie).await;
    session.invalidate();
    site.wait(5.0);
    assert_eq!(session.save().await.unwrap().len(), 1);
    assert_eq!([session.created(), session.accessed()], [at(START); 2]);
    assert!(session.is_new() && session.is_empty() && session.rejection().is_none());
    assert!(session.save().await.unwrap().is_empty());

    site.store.calls();
    session.insert("new", 1).unwrap();
    let new = crate::site::cookie(&session.save().await.unwrap());
    assert_eq!(site.store.calls(), [Create]);
    assert_eq!(site.json(&new).await, r#"{"new":1}"#);
}

/// Regression: the new session kept the time of the access to the old one. So the new session was accessed before it
/// was created.
#[tokio::test]
async fn new_session_in_place_of_an_ended_one_was_not_accessed_before() {
    for change in [read, |session: &mut Session| session.insert("late", 1).unwrap()] {
        let site = Site::new();
        let cookie = site.sign_in().await;
        site.wait(121.0);
        let mut slow = site.load(&cookie).await;
        change(&mut slow);
        site.request(&cookie, |session| session.invalidate()).await;
        site.wait(5.0);
        assert!(slow.save().await.unwrap().is_empty());
        assert!(slow.rejection().unwrap().is_revoked());
        assert_eq!([slow.created(), slow.accessed()], [at(START + 126.0); 2]);
    }
}

/// A layer drops the session after the save, so it need not know whether the session has ended.
#[tokio::test(start_paused = true)]
async fn slow_read_saved_by_factory_does_not_ask_whether_session_has_ended() {
    let site = Site::with(|builder| builder.max_lifetime(secs(86400)));
    let cookie = site.sign_in().await;
    site.wait(121.0);
    let mut slow = site.load(&cookie).await;
    read(&mut slow);
    site.request(&cookie, |session| session.invalidate()).await;
    site.store.calls();
    assert!(SessionFactory::save(&site.sessions, &mut slow).await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace]);
}

#[tokio::test(start_paused = true)]
async fn invalidated_session_with_new_entries_has_new_id() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.request(&cookie, |session| session.set_owner("zoe").unwrap()).await;
    let mut slow = site.load(&cookie).await;
    slow.insert("lost", 1).unwrap();
    slow.flash("lost", "").unwrap();
    slow.set_label("lost").unwrap();
    slow.invalidate();
    assert!(slow.is_new() && slow.is_empty() && slow.rejection().is_none() && slow.handle().is_none());
    slow.insert("kept", 1).unwrap();
    site.request(&cookie, |session| session.insert("other", 1).unwrap()).await;
    let set_cookies = slow.save().await.unwrap();
    assert_eq!(set_cookies.len(), 1);
    let new = crate::site::cookie(&set_cookies);
    assert_eq!(site.outcome(&cookie).await, "revoked");
    assert_eq!(site.json(&new).await, r#"{"kept":1}"#);
    let rows = site.store.all().await;
    assert_eq!((rows.len(), &rows[0].1.owner, &rows[0].1.label), (1, &None, &None));
}

#[tokio::test(start_paused = true)]
async fn owner_sees_and_ends_sessions() {
    let site = Site::new();
    let mut cookies = Vec::new();
    for label in ["laptop", "phone", "tablet"] {
        let cookie = site.sign_in().await;
        site.request(&cookie, |session| {
            session.set_owner("zoe").unwrap();
            session.set_label(label).unwrap();
        })
        .await;
        site.wait(1.0);
        cookies.push(cookie);
    }
    let store = &site.sessions;
    let labels = |list: Vec<session_store::SessionInfo>| -> Vec<_> {
        list.into_iter().map(|session| session.label.unwrap()).collect()
    };
    assert_eq!(labels(store.sessions_of("zoe").await.unwrap()), ["tablet", "phone", "laptop"]);
    assert!(store.sessions_of("ann").await.unwrap().is_empty());
    assert_eq!(store.end_others(&site.handle(&cookies[0]).await).await.unwrap(), 2);
    assert_eq!(site.outcome(&cookies[0]).await, "accepted");
    assert_eq!((site.outcome(&cookies[1]).await, site.outcome(&cookies[2]).await), ("revoked", "revoked"));
    let mut slow = site.load(&cookies[0]).await;
    assert_eq!(store.end_all("zoe").await.unwrap(), 1);
    slow.insert("late", 1).unwrap();
    site.store.calls();
    assert!(slow.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace, Load]);
    assert!(store.sessions_of("zoe").await.unwrap().is_empty());
    // A later change by the slow request starts a new session without the old entries.
    slow.insert("theme", "dark").unwrap();
    let new = crate::site::cookie(&slow.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"theme":"dark"}"#);
    assert!(!site.store.calls().contains(&Delete));
}

/// Regression: the log did not show that the sign-out ended no session. A renewed session goes on under its new id.
#[tokio::test(start_paused = true)]
async fn sign_out_during_renewal_is_logged() {
    let sign_outs: [fn(&mut Session); 2] = [
        |session| session.invalidate(),
        |session| {
            session.invalidate();
            session.insert("cart", 1).unwrap();
        },
    ];
    for sign_out in sign_outs {
        let site = Site::new();
        let cookie = site.sign_in().await;
        let mut slow = site.load(&cookie).await;
        sign_out(&mut slow);
        site.request(&cookie, |session| session.renew()).await;
        let (log, _guard) = Log::capture();
        assert_eq!(slow.save().await.unwrap().len(), 1);
        let lines = log.take();
        assert!(lines.len() == 1 && lines[0].contains(" WARN "), "{lines:?}");
        assert!(lines[0].contains("sign-out ended no session"), "{lines:?}");
    }
}

/// Regression: the save ran without the span of the request, so its log lines named no request.
#[tokio::test(start_paused = true)]
async fn save_logs_in_span_of_request() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    slow.insert("a", 1).unwrap();
    site.request(&cookie, |session| session.invalidate()).await;
    let (log, _guard) = Log::capture();
    let save = site.sessions.save(&mut slow);
    let _ = save.instrument(tracing::info_span!("request", id = 7)).await.unwrap();
    let lines = log.take();
    assert!(lines.len() == 1 && lines[0].starts_with(" WARN request{id=7}: "), "{lines:?}");
}
