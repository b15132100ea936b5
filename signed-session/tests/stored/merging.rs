//! Requests that change one session at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use session_core::{FactoryError as _, Session as _};
use signed_session::State;
use signed_session::parts::session_core;
use signed_session::parts::session_store::Store as _;

use crate::log::Log;
use crate::probe::Call::{Load, Replace};
use crate::site::{START, Session, Site, at, cookie, error};

/// Lets two requests load and change the session of `cookie` at the same time. The fast request saves first, so the
/// slow one has to merge its changes.
async fn race(site: &Site, cookie: &str, slow: impl FnOnce(&mut Session), fast: impl FnOnce(&mut Session)) {
    let (mut first, mut second) = (site.load(cookie).await, site.load(cookie).await);
    slow(&mut first);
    fast(&mut second);
    assert!(second.save().await.unwrap().is_empty());
    site.store.calls();
    assert!(first.save().await.unwrap().is_empty());
    assert_eq!(site.store.calls(), [Replace, Load, Replace]);
}

#[tokio::test(start_paused = true)]
async fn different_entries_are_kept() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    race(&site, &cookie, |slow| slow.insert("a", 1).unwrap(), |fast| fast.insert("b", 2).unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","b":2,"a":1}"#);
}

#[tokio::test(start_paused = true)]
async fn removed_entry_stays_removed() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    site.request(&cookie, |session| session.insert("a", 1).unwrap()).await;
    let remove = |session: &mut Session| assert!(session.discard("user"));
    race(&site, &cookie, remove, |fast| fast.insert("a", 2).unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"a":2}"#);

    let cookie = site.sign_in().await;
    race(&site, &cookie, |slow| slow.insert("a", 2).unwrap(), remove).await;
    assert_eq!(site.json(&cookie).await, r#"{"a":2}"#);
}

#[tokio::test(start_paused = true)]
async fn merge_keeps_later_access_time() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let (mut early, mut late) = (site.load(&cookie).await, site.load(&cookie).await);
    early.insert("a", 1).unwrap();
    site.wait(10.0);
    late.insert("b", 2).unwrap();
    let _ = early.save().await.unwrap();
    let _ = late.save().await.unwrap();
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 10.0));

    let (mut early, mut late) = (site.load(&cookie).await, site.load(&cookie).await);
    early.insert("a", 1).unwrap();
    site.wait(10.0);
    late.insert("b", 2).unwrap();
    let _ = late.save().await.unwrap();
    let _ = early.save().await.unwrap();
    assert_eq!(site.load(&cookie).await.accessed(), at(START + 20.0));
}

#[tokio::test(start_paused = true)]
async fn clear_keeps_entry_of_other_request() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    race(&site, &cookie, |slow| slow.clear(), |fast| fast.insert("b", 2).unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"b":2}"#);
}

#[tokio::test(start_paused = true)]
async fn flash_messages_are_kept() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    race(&site, &cookie, |slow| slow.flash("a", "").unwrap(), |fast| fast.flash("b", "").unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":["b","a"]}"#);

    // One request shows the messages while the other request adds a message.
    let pop = |session: &mut Session| assert_eq!(session.pop_flash::<String>("").unwrap(), ["b", "a"]);
    race(&site, &cookie, pop, |fast| fast.flash("c", "").unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":["c"]}"#);

    // Both requests show the same message, and one of them flashes an equal message.
    let pop_and_flash = |session: &mut Session| {
        session.pop_flash::<String>("").unwrap();
        session.flash("c", "").unwrap();
    };
    race(&site, &cookie, pop_and_flash, |fast| _ = fast.pop_flash::<String>("").unwrap()).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":["c"]}"#);
}

#[tokio::test(start_paused = true)]
async fn unique_message_of_two_requests_is_queued_once() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let flash = |session: &mut Session| session.flash_unless_queued("a", "").unwrap();
    race(&site, &cookie, flash, flash).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":["a"]}"#);
}

#[tokio::test(start_paused = true)]
async fn redo_closure_runs_on_entries_of_other_request() {
    fn add(state: &mut State) -> Result<(), session_core::EntryError> {
        let hits: u32 = state.get("hits")?.unwrap_or(0);
        state.insert("hits", hits + 1)
    }
    let site = Site::new();
    let cookie = site.sign_in().await;
    let redone = Arc::new(AtomicU32::new(0));
    let count = |session: &mut Session| {
        let mut state = session.state().clone();
        add(&mut state).unwrap();
        let redone = Arc::clone(&redone);
        session.replace_state(
            state,
            Box::new(move |state| {
                redone.fetch_add(1, Ordering::Relaxed);
                add(state)
            }),
        );
    };
    // The changes of the slow request are repeated in order.
    let slow = |session: &mut Session| {
        session.insert("hits", 10).unwrap();
        count(session);
        session.insert("after", session.get::<u32>("hits").unwrap()).unwrap();
        count(session);
    };
    race(&site, &cookie, slow, count).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","hits":12,"after":11}"#);
    assert_eq!(redone.swap(0, Ordering::Relaxed), 2);

    race(&site, &cookie, count, count).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","hits":14,"after":11}"#);
    assert_eq!(redone.load(Ordering::Relaxed), 1);
}

/// Both requests write the same row. So a save that finds this row must not take it for its own.
#[tokio::test(start_paused = true)]
async fn equal_messages_of_two_requests_are_both_queued() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let flash = |session: &mut Session| session.flash("a", "").unwrap();
    race(&site, &cookie, flash, flash).await;
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":["a","a"]}"#);
}

#[tokio::test(start_paused = true)]
async fn change_that_cannot_be_repeated_is_an_error_and_saves_nothing() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let mut slow = site.load(&cookie).await;
    slow.insert("b", 1).unwrap();
    slow.flash("hi", "").unwrap();
    site.request(&cookie, |session| session.insert("_f_", "not a list").unwrap()).await;
    let error = error(slow.save().await);
    assert!(error.to_string().contains("\"_f_\""), "{error}");
    assert!(error.is_conflict() && error.store_error().is_none() && !error.is_unavailable());
    assert!(std::error::Error::source(&error).is_some());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","_f_":"not a list"}"#);
    // The session can be saved once the cause is removed.
    site.request(&cookie, |session| assert!(session.discard("_f_"))).await;
    assert!(slow.save().await.unwrap().is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","b":1,"_f_":["hi"]}"#);
}

#[tokio::test(start_paused = true)]
async fn owner_and_label_are_merged() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    race(&site, &cookie, |slow| slow.set_owner("zoe").unwrap(), |fast| fast.set_label("laptop").unwrap())
        .await;
    race(&site, &cookie, |slow| slow.insert("a", 1).unwrap(), |fast| fast.set_owner("ann").unwrap()).await;
    let rows = site.store.all().await;
    assert_eq!((rows[0].1.owner.as_deref(), rows[0].1.label.as_deref()), (Some("ann"), Some("laptop")));
}

/// Regression: `clear` removed the owner that another request had set in the meantime, but kept the entries of that
/// request. So the session was signed in, and was not in the list of the owner's sessions.
#[tokio::test(start_paused = true)]
async fn clear_keeps_owner_that_other_request_has_set() {
    let site = Site::new();
    for owner in [None, Some("max")] {
        let mut session = site.visit().await;
        session.insert("cart", 1).unwrap();
        if let Some(owner) = owner {
            session.set_owner(owner).unwrap();
        }
        session.set_label("phone").unwrap();
        let cookie = cookie(&session.save().await.unwrap());
        let sign_in = |fast: &mut Session| {
            fast.insert("user", "zoe").unwrap();
            fast.set_owner("zoe").unwrap();
        };
        race(&site, &cookie, |slow| slow.clear(), sign_in).await;
        assert_eq!(site.json(&cookie).await, r#"{"user":"zoe"}"#);
        let (_, row) = &site.store.all().await[0];
        assert_eq!((row.owner.as_deref(), &row.label), (Some("zoe"), &None), "{owner:?}");
        site.request(&cookie, |session| session.invalidate()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn many_overlapping_requests_lose_nothing() {
    check_many_requests().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_parallel_requests_lose_nothing() {
    check_many_requests().await;
}

async fn check_many_requests() {
    const REQUESTS: usize = 64;
    let site = Arc::new(Site::new());
    let cookie = site.sign_in().await;
    let tasks: Vec<_> = (0..REQUESTS)
        .map(|n| {
            let (site, cookie) = (Arc::clone(&site), cookie.clone());
            tokio::spawn(async move {
                let mut session = site.load(&cookie).await;
                tokio::task::yield_now().await;
                session.insert(&format!("k{n}"), n).unwrap();
                session.flash(n, "").unwrap();
                assert!(session.save().await.unwrap().is_empty());
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let session = site.load(&cookie).await;
    for n in 0..REQUESTS {
        assert_eq!(session.get::<usize>(&format!("k{n}")).unwrap(), Some(n));
    }
    let mut messages = session.peek_flash::<usize>("").unwrap();
    messages.sort_unstable();
    assert!(messages.into_iter().eq(0..REQUESTS));
}

/// Lets other requests change the session before each of the next 200 calls of `replace`.
async fn change_before_each_replace(site: &Site, cookie: &str) {
    let handle = site.handle(cookie).await;
    for n in 0..200 {
        let rows = site.store.rows.clone();
        site.store.before(Replace, async move {
            let (mut row, version) = rows.load(&handle).await.unwrap().unwrap();
            row.label = Some(n.to_string());
            assert!(rows.replace(&handle, version, &row).await.unwrap().is_some());
        });
    }
}

#[tokio::test(start_paused = true)]
async fn endless_conflict_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    change_before_each_replace(&site, &cookie).await;
    let mut session = site.load(&cookie).await;
    session.insert("a", 1).unwrap();
    let (log, _guard) = Log::capture();
    let begin = tokio::time::Instant::now();
    let failed = error(session.save().await);
    assert!(!begin.elapsed().is_zero(), "requests wait before they try again");
    assert!(!failed.is_unavailable() && failed.is_conflict() && failed.store_error().unwrap().is_conflict());
    assert_eq!(failed.retry_after(), Some(Duration::from_secs(1)), "by default, the response is a 503");
    let lines = log.take();
    let [line] = lines.as_slice() else { panic!("expected one line: {lines:?}") };
    assert!(line.contains("other requests kept changing the session"), "{line}");
    assert!(session.save().await.unwrap().is_empty());
    assert_eq!(site.json(&cookie).await, r#"{"user":"zoe","a":1}"#);
}

#[tokio::test(start_paused = true)]
async fn endless_conflict_of_renewal_is_an_error() {
    let site = Site::new();
    let cookie = site.sign_in().await;
    change_before_each_replace(&site, &cookie).await;
    let mut session = site.load(&cookie).await;
    session.renew();
    let begin = tokio::time::Instant::now();
    assert!(error(session.save().await).store_error().unwrap().is_conflict());
    assert!(!begin.elapsed().is_zero(), "requests wait before they try again");
}
