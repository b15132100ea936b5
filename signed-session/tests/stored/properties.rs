//! Property tests: requests that overlap in any order, and cookies and rows with any content.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use signed_session::parts::session_store::Store as _;

use crate::probe::Call::{Load, Replace};
use crate::probe::Fault;
use crate::site::{Session, Site};

const REQUESTS: usize = 4;

/// A step of one request. Each request has keys of its own.
#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u8),
    Remove(u8),
    Flash,
    Pop,
    Save,
    /// A save while the store cannot be reached. It fails if the session was changed.
    FailedSave,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, any::<u8>()).prop_map(|(key, value)| Step::Insert(key, value)),
        (0..3_u8).prop_map(Step::Remove),
        Just(Step::Flash),
        Just(Step::Pop),
        Just(Step::Save),
        Just(Step::FailedSave),
    ]
}

/// The expected entries, the number of flashed messages, and the messages that were shown.
#[derive(Default)]
struct Model {
    entries: BTreeMap<String, u8>,
    flashed: usize,
    shown: BTreeSet<usize>,
}

async fn take(site: &Site, session: &mut Session, request: usize, step: Step, model: &mut Model) {
    let key = |key: u8| format!("{request}.{key}");
    match step {
        Step::Insert(at, value) => {
            session.insert(&key(at), value).unwrap();
            model.entries.insert(key(at), value);
        }
        Step::Remove(at) => {
            session.discard(&key(at));
            model.entries.remove(&key(at));
        }
        Step::Flash => {
            session.flash(model.flashed, "").unwrap();
            model.flashed += 1;
        }
        Step::Pop => model.shown.extend(session.pop_flash::<usize>("").unwrap()),
        Step::Save => assert!(session.save().await.unwrap().is_empty()),
        Step::FailedSave => {
            site.store.break_down(Replace, Fault::Down);
            site.store.break_down(Load, Fault::Down);
            let _ = session.save().await;
            site.store.recover();
        }
    }
}

async fn run(steps: Vec<(usize, Step)>) {
    let site = Site::new();
    let cookie = site.sign_in().await;
    let (mut sessions, mut model) = ([const { None::<Session> }; REQUESTS], Model::default());
    for (request, step) in steps {
        // A request loads the session before its first step.
        let mut session = match sessions[request].take() {
            Some(session) => session,
            None => site.load(&cookie).await,
        };
        take(&site, &mut session, request, step, &mut model).await;
        sessions[request] = Some(session);
    }
    for session in sessions.iter_mut().flatten() {
        assert!(session.save().await.unwrap().is_empty());
    }
    let session = site.load(&cookie).await;
    let queued = session.peek_flash::<usize>("").unwrap();
    let stored: BTreeMap<_, _> = session
        .keys()
        .filter(|key| !["user", "_f_"].contains(key))
        .map(|key| (key.to_owned(), session.get::<u8>(key).unwrap().unwrap()))
        .collect();
    assert_eq!(stored, model.entries);
    assert_eq!(session.get("user").unwrap(), Some("zoe"));
    let left: BTreeSet<_> = queued.iter().copied().collect();
    assert_eq!(left.len(), queued.len(), "no message is in the queue twice");
    assert!(left.is_disjoint(&model.shown), "no message that was shown is still in the queue");
    let all: BTreeSet<_> = left.union(&model.shown).copied().collect();
    assert!(all.into_iter().eq(0..model.flashed), "each message was shown or is in the queue");
}

fn run_paused(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(test);
}

/// Loads a session with `header` as the cookie's value, and one with `header` as the whole `Cookie` header. Then loads
/// and changes a session whose row contains `data`.
async fn use_any(header: String, data: Vec<u8>) {
    let site = Site::new();
    let cookie = site.sign_in().await;
    assert_eq!(site.load(&format!("__Host-session={header}")).await.len(), 0);
    assert!(site.load(&header).await.is_new());
    assert!(site.store.calls().is_empty());

    let handle = site.handle(&cookie).await;
    let (mut row, version) = site.store.rows.load(&handle).await.unwrap().unwrap();
    row.data = data;
    site.store.rows.replace(&handle, version, &row).await.unwrap().unwrap();
    let mut session = site.load(&cookie).await;
    assert!(
        session.is_new() == session.rejection().is_some_and(|why| why.is_malformed() || why.is_expired())
    );
    session.insert("a", 1).unwrap();
    // `flash` fails if `data` has something other than a list under the queue's key.
    let _ = session.flash("hi", "");
    let _ = session.save().await.unwrap();
}

proptest! {
    #[test]
    fn any_cookie_and_any_row_cause_no_panic(
        header in "\\PC{0,200}",
        data in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "\\[[0-9e.]{1,12},[0-9]{1,12},\\{(\"[a-z_]{1,4}\":[0-9\\[\\]\"N]{1,3})?\\}\\]".prop_map(String::into_bytes),
        ],
    ) {
        run_paused(use_any(header, data));
    }

    #[test]
    fn overlapping_requests_lose_nothing(
        steps in prop::collection::vec((0..REQUESTS, step()), 0..30),
    ) {
        run_paused(run(steps));
    }
}
