//! Revocable sessions whose data move from cookies into the store. The store already has a row for each session with
//! an owner.

use session_core::SessionHandle;
use session_store::ManageSessions;
use signed_session::parts::{session_core, session_store};
use signed_session::{
    ManualClock, RevocableCookieSessionFactory, SignedCookieSessionFactory, SignedSerializer,
    StoredSessionFactory,
};

use crate::probe::Call::{Create, Delete, Replace};
use crate::probe::{Fault, Probe};
use crate::site::{SECRET, START, Session, Site, at, cookie, error, read};

type Old = RevocableCookieSessionFactory<SignedSerializer, Probe>;

fn sites() -> (Old, Site) {
    let clock = ManualClock::new(at(START));
    let store = Probe::new(clock.clone());
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock.clone()).revocable(store.clone());
    let old = old.build().unwrap();
    let sessions = StoredSessionFactory::builder(SECRET, store.clone()).clock(clock.clone());
    let sessions = sessions.also_reads(old.clone()).build().unwrap();
    (old, Site { sessions, store, clock })
}

/// Signs zoe in, and returns the old cookie.
async fn sign_in(old: &Old) -> String {
    let mut session = old.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    session.set_owner("zoe").unwrap();
    session.set_label("Firefox").unwrap();
    cookie(&session.save().await.unwrap())
}

/// Changes the label of a session through the old factory, as a server with the old configuration does.
async fn relabel(old: &Old, old_cookie: &str, label: &str) {
    let mut session = old.load(old_cookie).await.unwrap();
    session.set_label(label).unwrap();
    let _ = session.save().await.unwrap();
}

/// Returns the handles and the labels of zoe's sessions.
async fn sessions(site: &Site) -> Vec<(SessionHandle, Option<String>)> {
    let sessions = site.store.rows.sessions_of("zoe").await.unwrap();
    sessions.into_iter().map(|session| (session.handle, session.label)).collect()
}

#[tokio::test]
async fn moved_session_keeps_owner_and_ends_old_row() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let old_row = sessions(&site).await[0].0;
    let mut session = site.load(&old_cookie).await;
    assert_eq!(session.handle(), Some(old_row), "`end_others` with this handle keeps the session");
    read(&mut session);
    assert!(!session.is_new() && session.rejection().is_none());
    let new = cookie(&session.save().await.unwrap());

    let handle = site.handle(&new).await;
    assert_ne!(handle, old_row);
    assert_eq!(sessions(&site).await, [(handle, Some("Firefox".to_owned()))]);
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#, "the entry with the old id is removed");
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
}

#[tokio::test]
async fn invalidated_session_ends_the_old_row() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    site.request(&old_cookie, |session| session.invalidate()).await;
    assert_eq!(sessions(&site).await, []);
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
}

#[tokio::test]
async fn ended_session_does_not_move() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let mut slow = site.load(&old_cookie).await;
    assert_eq!(site.store.rows.end_all("zoe").await, Ok(1));
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
    // The slow request loaded the session before it was ended.
    slow.insert("page", 1).unwrap();
    assert!(slow.save().await.unwrap().is_empty());
    assert_eq!(sessions(&site).await, []);
}

/// Regression: the cookie of an ended session hid a valid one of the same name in the old format. So a sibling domain
/// could sign a user out during the move, by planting such a cookie after the user's own.
#[tokio::test]
async fn planted_cookie_of_ended_session_does_not_hide_session_that_moves() {
    let (old, site) = sites();
    let mut ended = Vec::new();
    for _ in 0..5 {
        ended.push(sign_in(&old).await);
    }
    site.store.rows.end_all("zoe").await.unwrap();
    let own = sign_in(&old).await;
    for header in [format!("{}; {own}", ended[0]), format!("{own}; {}", ended[0])] {
        assert_eq!(site.json(&header).await, r#"{"user":"zoe"}"#);
    }

    // The number of calls is limited: one for each id, and three at most.
    site.store.calls();
    assert_eq!(site.outcome(&[&*ended[0]; 8].join("; ")).await, "revoked");
    assert_eq!(site.store.calls().len(), 1);
    assert_eq!(site.outcome(&ended.join("; ")).await, "revoked");
    assert_eq!(site.store.calls().len(), 3);
}

/// Regression: if the session of the user's cookie had ended, another cookie in the request was accepted, even if that
/// cookie was from before the sign-in and had no id. The session of that cookie then moved into the store.
#[tokio::test]
async fn cookie_from_before_sign_in_does_not_move_after_session_was_ended() {
    let (old, site) = sites();
    let mut session = old.load(None::<&str>).await.unwrap();
    session.insert("user", "zoe").unwrap();
    let before = cookie(&session.save().await.unwrap());
    let own = sign_in(&old).await;
    site.store.rows.end_all("zoe").await.unwrap();
    assert_eq!(site.outcome(&format!("{before}; {own}")).await, "revoked");
    assert_eq!(site.outcome(&before).await, "accepted");
}

#[tokio::test]
async fn unreadable_id_is_malformed() {
    let (old, site) = sites();
    let mut session = old.load(None::<&str>).await.unwrap();
    session.insert("_id_", "short").unwrap();
    let old_cookie = cookie(&session.save().await.unwrap());
    assert_eq!(site.outcome(&old_cookie).await, "malformed");
}

/// Regression: the save tried to read the entries from the row of the revocable session. That row has no data, so the
/// save failed with an error of the store.
#[tokio::test(start_paused = true)]
async fn moved_session_keeps_label_set_by_another_request_unless_it_sets_its_own() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let moves: [(fn(&mut Session), _); 2] = [
        (|session| session.insert("page", 1).unwrap(), "Safari"),
        (|session| session.set_label("Chrome").unwrap(), "Chrome"),
    ];
    for (change, label) in moves {
        let old_cookie = sign_in(&old).await;
        let mut session = site.load(&old_cookie).await;
        change(&mut session);
        relabel(&old, &old_cookie, "Safari").await;
        let new = cookie(&session.save().await.unwrap());
        let handle = site.handle(&new).await;
        assert!(sessions(&site).await.contains(&(handle, Some(label.to_owned()))), "{label}");
        assert_eq!(site.load(&new).await.get("user").unwrap(), Some("zoe"));
        assert_eq!(site.outcome(&old_cookie).await, "revoked");
    }
    assert_eq!(site.outcome(&old_cookie).await, "accepted");
}

/// Regression: the save failed with an error of the store, as in the test above.
#[tokio::test(start_paused = true)]
async fn renewed_session_drops_label_set_by_another_request_during_move() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let mut session = site.load(&old_cookie).await;
    session.insert("page", 1).unwrap();
    session.renew();
    relabel(&old, &old_cookie, "Safari").await;
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.json(&new).await, r#"{"user":"zoe","page":1}"#);
    assert_eq!(sessions(&site).await, [], "the new session has no owner");
    assert_eq!(site.store.all().await[0].1.label, None);
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
}

/// The first save has merged the label that another request has set, and then failed. The second save expects the
/// changed row.
#[tokio::test(start_paused = true)]
async fn move_that_failed_after_merge_can_be_repeated() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let mut session = site.load(&old_cookie).await;
    read(&mut session);
    relabel(&old, &old_cookie, "Safari").await;
    let store = site.store.clone();
    // The first attempt conflicts with the change. The second one fails.
    site.store.before(Replace, async move { store.break_down(Create, Fault::Down) });
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    site.store.calls();
    let new = cookie(&session.save().await.unwrap());
    assert_eq!(site.store.calls(), [Create, Replace, Delete]);
    assert_eq!(site.json(&new).await, r#"{"user":"zoe"}"#);
    assert_eq!(sessions(&site).await[0].1.as_deref(), Some("Safari"));
}

/// Regression: after a failed save, the session no longer knew the owner of the old row, so a second `clear` removed no
/// owner. If another request had changed the old row in the meantime, the empty session belonged to the old owner.
#[tokio::test(start_paused = true)]
async fn clear_after_failed_move_removes_owner() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let mut session = site.load(&old_cookie).await;
    session.clear();
    site.store.break_down(Replace, Fault::Down);
    assert!(error(session.save().await).is_unavailable());
    site.store.recover();
    session.clear();
    relabel(&old, &old_cookie, "Safari").await;
    let _ = session.save().await.unwrap();
    assert_eq!(sessions(&site).await, []);
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
}

/// If the store cannot be reached, the old row stays. If only its answers are lost, it has replaced the old row by a
/// marker, and the session is lost: see `docs/stores.md`.
#[tokio::test(start_paused = true)]
async fn failed_move_keeps_session_unless_store_has_ended_old_row() {
    for (fault, outcome) in [(Fault::Down, "accepted"), (Fault::AnswerLost, "revoked")] {
        let (old, site) = sites();
        let old_cookie = sign_in(&old).await;
        let mut session = site.load(&old_cookie).await;
        read(&mut session);
        site.store.break_down(Replace, fault);
        assert!(error(session.save().await).is_unavailable());
        site.store.recover();
        assert_eq!(site.outcome(&old_cookie).await, outcome, "{fault:?}");
    }
}

/// The save does not learn that the old row is missing, so it must not keep the new row.
#[tokio::test(start_paused = true)]
async fn failed_move_does_not_revive_session_that_was_ended() {
    let (old, site) = sites();
    let old_cookie = sign_in(&old).await;
    let mut session = site.load(&old_cookie).await;
    read(&mut session);
    site.store.rows.end_all("zoe").await.unwrap();
    site.store.break_down(Replace, Fault::Down);
    assert!(error(session.save().await).is_unavailable());
    assert_eq!(sessions(&site).await, []);
}

/// Regression: the session got a new id and an empty row.
#[tokio::test(start_paused = true)]
async fn renewed_session_without_entries_ends_instead_of_moving() {
    let (old, site) = sites();
    let mut session = old.load(None::<&str>).await.unwrap();
    session.set_owner("zoe").unwrap();
    let old_cookie = cookie(&session.save().await.unwrap());
    let mut session = site.load(&old_cookie).await;
    session.renew();
    let saved = session.save().await.unwrap();
    assert!(saved.iter().all(|line| line.as_str().contains("; Max-Age=0;")), "{saved:?}");
    assert!(site.store.all().await.is_empty());
    assert_eq!(site.outcome(&old_cookie).await, "revoked");
}
