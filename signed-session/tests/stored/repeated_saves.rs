//! Several saves of one request: after an error, after a save was dropped, or after more changes.

use session_store::ManageSessions;
use signed_session::parts::session_store;

use crate::log::Log;
use crate::probe::Call::{Create, Delete, Load, Replace};
use crate::probe::Fault;
use crate::site::{START, Session, Site, at, cookie, drop_save, error, lines, read, secs};

/// How long the requests take before they save, in seconds. After 61 seconds, a save first loads the row again, because
/// other requests may have recorded later accesses.
const WAITS: [f64; 2] = [0.0, 61.0];

fn site() -> Site {
    Site::with(|builder| builder.timeout(secs(600)).reissue_time(secs(60)))
}

/// Signs in, and renews the session in another request. Returns the old cookie and the renewed session.
async fn renewed(site: &Site) -> (String, Session) {
    let old = site.sign_in().await;
    let mut session = site.load(&old).await;
    session.renew();
    (old, session)
}

/// Regression: the first save had replaced the old row with a marker and deleted the marker. The second save mistook
/// the missing row for a sign-out. Later, the fault came back for slow requests.
#[tokio::test(start_paused = true)]
async fn renewal_dropped_during_last_call_can_be_repeated() {
    for wait in WAITS {
        let site = site();
        let (old, mut session) = renewed(&site).await;
        site.wait(wait);
        site.store.break_down(Delete, Fault::AnswerLost);
        drop_save(&mut session).await;
        site.store.recover();
        let new = cookie(&session.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
        assert_eq!(site.outcome(&old).await, "revoked");
    }
}

/// Regression: if the request was slow, the second save mistook the marker of the first one for the end of the session.
#[tokio::test(start_paused = true)]
async fn renewal_with_lost_answers_can_be_repeated() {
    for wait in WAITS {
        let site = site();
        let (old, mut session) = renewed(&site).await;
        session.insert("admin", true).unwrap();
        site.wait(wait);
        site.store.break_down(Replace, Fault::AnswerLost);
        assert!(error(session.save().await).is_unavailable());
        site.store.recover();
        let new = cookie(&session.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"user":"zoe","admin":true}"#);
        assert_eq!(site.outcome(&old).await, "revoked");
        assert_eq!(site.store.all().await.len(), 1);
    }
}

/// Regression: the second save created the session's row again, so a session that was ended between the two saves came
/// back. If the session was not ended, the first save's row stayed in the list of the owner's sessions, although no
/// cookie had its id.
#[tokio::test(start_paused = true)]
async fn repeated_save_does_not_revive_session_that_was_ended() {
    let changes: [fn(&mut Session); 2] = [|session| session.renew(), |session| session.invalidate()];
    for (change, is_ended) in changes.into_iter().flat_map(|change| [(change, true), (change, false)]) {
        let site = site();
        let mut session = site.visit().await;
        session.set_owner("zoe").unwrap();
        let old = cookie(&session.save().await.unwrap());
        let mut session = site.load(&old).await;
        change(&mut session);
        session.set_owner("zoe").unwrap();
        site.store.break_down(Delete, Fault::AnswerLost);
        drop_save(&mut session).await;
        site.store.recover();
        if is_ended {
            assert_eq!(site.store.rows.end_all("zoe").await, Ok(1));
            assert!(session.save().await.unwrap().is_empty());
            assert!(session.rejection().unwrap().is_revoked());
            assert_eq!(site.store.all().await, []);
        } else {
            let new = cookie(&session.save().await.unwrap());
            let listed = site.store.rows.sessions_of("zoe").await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].handle, site.handle(&new).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn second_save_that_fails_keeps_the_row_of_the_first() {
    let site = site();
    let (_, mut session) = renewed(&site).await;
    session.set_owner("zoe").unwrap();
    site.store.break_down(Delete, Fault::AnswerLost);
    drop_save(&mut session).await;
    site.store.recover();
    site.store.break_down(Load, Fault::Down);
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
}

#[tokio::test(start_paused = true)]
async fn second_save_of_ended_session_ends_the_old_row() {
    let site = site();
    let (old, mut session) = renewed(&site).await;
    session.set_owner("zoe").unwrap();
    site.store.break_down(Replace, Fault::Hangs);
    drop_save(&mut session).await;
    site.store.recover();
    assert_eq!(site.store.rows.end_all("zoe").await, Ok(1));
    assert_eq!(site.store.all().await.len(), 1, "the old row has no owner");
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.store.all().await, []);
    assert_eq!(site.outcome(&old).await, "revoked");
}

/// Regression: the first save had merged the change of another request, and its marker had replaced the old row. The
/// second save could no longer load this change, and stored the renewed session without it.
#[tokio::test(start_paused = true)]
async fn repeated_renewal_keeps_change_that_first_save_has_merged() {
    for (wait, last_call) in WAITS.into_iter().flat_map(|wait| [(wait, Replace), (wait, Delete)]) {
        let site = site();
        let (old, mut session) = renewed(&site).await;
        session.insert("admin", true).unwrap();
        site.wait(wait);
        site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
        let store = site.store.clone();
        if wait == 0.0 {
            // The save's first attempt conflicts with this change: its `Replace` fails, and its `Delete` removes the
            // new row. This empty hook skips that call, so the fault affects the second attempt.
            site.store.before(last_call, async {});
        }
        site.store.before(last_call, async move { store.break_down(last_call, Fault::AnswerLost) });
        drop_save(&mut session).await;
        site.store.recover();
        assert_eq!(site.outcome(&old).await, "revoked");
        let new = cookie(&session.save().await.unwrap());
        let json = r#"{"user":"zoe","cart":1,"admin":true}"#;
        assert_eq!(site.json(&new).await, json, "{wait} {last_call:?}");
    }
}

/// The first save has merged a change of another request, and then failed. The second save expects the changed row. If
/// there is yet another change, it merges the changes of this request with that one, too.
#[tokio::test(start_paused = true)]
async fn renewal_that_failed_after_merge_can_be_repeated() {
    for is_changed_again in [false, true] {
        let site = site();
        let (old, mut session) = renewed(&site).await;
        session.insert("admin", true).unwrap();
        site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
        let store = site.store.clone();
        // The first attempt conflicts with the change. The second one fails.
        site.store.before(Replace, async move { store.break_down(Create, Fault::Down) });
        assert!(error(session.save().await).is_unavailable());
        site.store.recover();
        let mut expected = r#"{"user":"zoe","cart":1,"admin":true}"#;
        if is_changed_again {
            site.request(&old, |session| session.insert("cart", 2).unwrap()).await;
            expected = r#"{"user":"zoe","cart":2,"admin":true}"#;
        }
        site.store.calls();
        let new = cookie(&session.save().await.unwrap());
        if !is_changed_again {
            assert_eq!(site.store.calls(), [Create, Replace, Delete]);
        }
        assert_eq!(site.json(&new).await, expected);
    }
}

/// Regression: the first save had deleted the row, and the second save mistook this for a sign-out by another request.
/// The second save logged a warning, and did not remove the cookie.
#[tokio::test(start_paused = true)]
async fn empty_renewal_with_lost_answers_can_be_repeated() {
    for wait in WAITS {
        let site = site();
        let mut session = site.visit().await;
        session.csrf_token().unwrap();
        let old = cookie(&session.save().await.unwrap());
        let mut session = site.load(&old).await;
        session.renew();
        assert!(session.is_empty());
        site.wait(wait);
        for call in [Replace, Delete] {
            site.store.break_down(call, Fault::AnswerLost);
        }
        assert!(error(session.save().await).is_unavailable());
        site.store.recover();
        let (log, _guard) = Log::capture();
        let sent = session.save().await.unwrap();
        assert!(lines(&sent).len() == 1 && lines(&sent)[0].contains("Max-Age=0"), "{sent:?}");
        assert_eq!((log.take(), session.rejection()), (Vec::new(), None));
        assert!(site.store.all().await.is_empty());
    }
}

/// Regression: the second save recorded the access of its own request, although the first save had found a later access
/// of another request in the old row. So the session expired too early.
#[tokio::test(start_paused = true)]
async fn repeated_renewal_keeps_later_access_that_first_save_has_merged() {
    let site = site();
    let (old, mut session) = renewed(&site).await;
    site.wait(500.0);
    site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
    site.store.break_down(Replace, Fault::AnswerLost);
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    let new = cookie(&session.save().await.unwrap());
    site.wait(500.0);
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","cart":1}"#);
}

/// The access in the row is then that of the first save, and not that of another request.
#[tokio::test]
async fn slow_second_save_after_clock_was_set_back_records_its_own_access() {
    let touched = |session: &mut Session| read(session);
    let updated = |session: &mut Session| session.insert("a", 1).unwrap();
    for (first, max_lifetime) in
        [(touched as fn(&mut Session), None), (touched, Some(secs(1200))), (updated, None)]
    {
        let site = Site::with(|builder| {
            builder.timeout(secs(600)).reissue_time(secs(60)).max_lifetime(max_lifetime)
        });
        let cookie = site.sign_in().await;
        site.wait(61.0);
        let mut session = site.load(&cookie).await;
        first(&mut session);
        assert!(session.save().await.unwrap().is_empty());
        assert_second_save_records_its_own_access(&site, session, &cookie).await;
    }
    let site = site();
    let mut session = site.visit().await;
    updated(&mut session);
    let created = cookie(&session.save().await.unwrap());
    assert_second_save_records_its_own_access(&site, session, &created).await;
}

async fn assert_second_save_records_its_own_access(site: &Site, mut session: Session, cookie: &str) {
    site.clock.set(at(START - 3600.0));
    session.insert("b", 2).unwrap();
    site.wait(61.0);
    let _ = session.save().await.unwrap();
    assert_eq!(site.load(cookie).await.accessed(), at(START - 3600.0));
}
