//! Several saves of one request: after an error, after a save was dropped, or after more changes.

use crate::log::Log;
use crate::probe::Call::{self, Create, Delete, Replace, Touch};
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

/// Regression: a session whose save was dropped could be saved again. If the store had made some of the first save's
/// changes, and the session was ended between the two saves, the second save could revive the session, or leave rows
/// that no cookie has.
#[tokio::test(start_paused = true)]
async fn dropped_save_cannot_be_repeated() {
    type Change = fn(&mut Session);
    let changes: [(Call, Change); 4] = [
        (Replace, |session| session.insert("a", 1).unwrap()),
        (Create, |session| session.renew()),
        (Delete, |session| session.renew()),
        (Delete, |session| {
            session.invalidate();
            session.set_owner("zoe").unwrap();
        }),
    ];
    for (call, change) in changes {
        let site = site();
        let cookie = site.sign_in().await;
        let mut session = site.load(&cookie).await;
        change(&mut session);
        site.store.break_down(call, Fault::Hangs);
        drop_save(&mut session).await;
        site.store.recover();
        site.store.calls();
        for _ in 0..2 {
            assert!(error(session.save().await).is_already_saved());
        }
        assert_eq!(site.store.calls(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_save_of_a_read_or_a_sign_out_can_be_repeated() {
    let site = site();
    let cookie = site.sign_in().await;
    site.wait(61.0);
    let mut session = site.load(&cookie).await;
    read(&mut session);
    site.store.break_down(Touch, Fault::Hangs);
    drop_save(&mut session).await;
    site.store.recover();
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 61.0));
    session.invalidate();
    site.store.break_down(Delete, Fault::Hangs);
    drop_save(&mut session).await;
    site.store.recover();
    assert_eq!(session.save().await.unwrap().len(), 1);
    assert_eq!(site.outcome(&cookie).await, "revoked");
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

/// Regression: the first save had merged the change of another request, and its marker had replaced the old row. The
/// second save could no longer load this change, and stored the renewed session without it.
#[tokio::test(start_paused = true)]
async fn repeated_renewal_keeps_change_that_first_save_has_merged() {
    for wait in WAITS {
        let site = site();
        let (old, mut session) = renewed(&site).await;
        session.insert("admin", true).unwrap();
        site.wait(wait);
        site.request(&old, |session| session.insert("cart", 1).unwrap()).await;
        let store = site.store.clone();
        if wait == 0.0 {
            // The save's first attempt conflicts with this change. This empty hook skips its call, so the fault affects
            // the second attempt.
            site.store.before(Replace, async {});
        }
        site.store.before(Replace, async move { store.break_down(Replace, Fault::AnswerLost) });
        assert!(error(session.save().await).is_unavailable());
        site.store.recover();
        assert_eq!(site.outcome(&old).await, "revoked");
        let new = cookie(&session.save().await.unwrap());
        assert_eq!(site.json(&new).await, r#"{"user":"zoe","cart":1,"admin":true}"#, "{wait}");
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
