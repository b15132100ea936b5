//! Clones of one request's session that change it concurrently.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{RwLock, mpsc};
use std::thread;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};
use session_web::{Session, TypedSession};

use crate::memory::session;

const THREADS: u32 = 8;
const MESSAGES: u32 = 1000;

/// Flashes messages to one queue from several threads. Runs `meanwhile` after each thread has flashed more than a tenth
/// of its messages, and before any thread flashes its last one.
///
/// If a thread or `meanwhile` panics, so does this function. It waits with a channel and a lock, because a panicking
/// thread closes its end of the channel and releases the lock. With a [`Barrier`](std::sync::Barrier), the other
/// threads would wait forever.
fn flash_from_all_threads(session: &Session, meanwhile: impl FnOnce()) {
    let done = RwLock::new(());
    thread::scope(|scope| {
        let not_done = done.write().unwrap();
        let (begins, begun) = mpsc::channel::<()>();
        for thread in 0..THREADS {
            let (session, begins, done) = (session.clone(), begins.clone(), &done);
            scope.spawn(move || {
                let mut begins = Some(begins);
                for message in 0..MESSAGES {
                    if message == MESSAGES - 1 {
                        drop(done.read());
                    }
                    session.flash([thread, message], "").unwrap();
                    if message == MESSAGES / 10 {
                        begins = None;
                    }
                }
                drop(begins);
            });
        }
        drop(begins);
        // The channel closes when each thread has dropped its sender.
        assert!(begun.recv().is_err());
        meanwhile();
        drop(not_done);
    });
}

/// Regression: after a panic, the other threads waited forever, so the tests hung.
#[test]
#[should_panic(expected = "a panic meanwhile")]
fn panic_during_concurrent_flashes_ends_all_threads() {
    flash_from_all_threads(&session(), || panic!("a panic meanwhile"));
}

#[test]
fn concurrent_flashes_keep_all_messages_in_order() {
    let session = session();
    flash_from_all_threads(&session, || session.insert("meanwhile", true).unwrap());
    let messages: Vec<[u32; 2]> = session.pop_flash("").unwrap();
    for thread in 0..THREADS {
        let of_thread = messages.iter().filter(|message| message[0] == thread).map(|message| message[1]);
        assert!(of_thread.eq(0..MESSAGES), "thread {thread}");
    }
    assert_eq!(session.keys(), ["meanwhile"]);
}

#[test]
fn invalidate_during_concurrent_flashes_is_not_undone() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    session.flash("of the old session", "old").unwrap();
    flash_from_all_threads(&session, || session.invalidate());
    assert_eq!(session.keys(), ["_f_"]);
    let messages: Vec<[u32; 2]> = session.peek_flash("").unwrap();
    for thread in 0..THREADS {
        let of_thread: Vec<_> = messages.iter().filter(|message| message[0] == thread).collect();
        assert!(of_thread.len() as u32 <= MESSAGES - MESSAGES / 10);
        assert!(of_thread.is_sorted(), "thread {thread}");
    }
}

thread_local! {
    static HOOK: RefCell<Box<dyn FnMut()>> = RefCell::new(Box::new(|| {}));
}

/// A value whose `Serialize` and `Deserialize` run this thread's hook, which simulates a change by another clone.
#[derive(Debug)]
struct Hooked;

impl Hooked {
    fn set(hook: impl FnMut() + 'static) {
        HOOK.set(Box::new(hook));
    }

    fn run() {
        HOOK.with_borrow_mut(|hook| hook());
    }
}

impl Serialize for Hooked {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::run();
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("written", &true)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Hooked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::run();
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// Sets a hook that flashes a message. Returns a counter of the hook's calls.
fn flash_in_hook(session: &Session) -> Rc<Cell<usize>> {
    let (session, calls) = (session.clone(), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&calls);
    Hooked::set(move || {
        counted.update(|calls| calls + 1);
        session.flash("meanwhile", "other").unwrap();
    });
    calls
}

/// Sets a hook that invalidates the session, and then inserts the count of the hook's calls as the entry `generation`.
/// Returns this counter.
fn invalidate_in_hook(session: &Session) -> Rc<Cell<usize>> {
    let (session, calls) = (session.clone(), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&calls);
    Hooked::set(move || {
        counted.update(|calls| calls + 1);
        session.invalidate();
        session.insert("generation", counted.get()).unwrap();
    });
    calls
}

#[test]
fn invalidate_during_flash_is_not_undone() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    let calls = invalidate_in_hook(&session);
    session.flash(Hooked, "").unwrap();
    assert_eq!(session.keys(), ["generation", "_f_"]);
    assert_eq!(session.get("generation").unwrap(), Some(calls.get()));
}

#[test]
fn invalidate_during_write_is_not_undone() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    let calls = invalidate_in_hook(&session);
    assert!(session.write(&Hooked).unwrap_err().is_conflict());
    assert_eq!(session.keys(), ["generation"]);
    assert_eq!(session.get("generation").unwrap(), Some(calls.get()));
}

#[test]
fn write_with_one_concurrent_change_keeps_both() {
    let session = session();
    let (clone, mut is_first) = (session.clone(), true);
    Hooked::set(move || {
        if std::mem::take(&mut is_first) {
            clone.insert("meanwhile", true).unwrap();
        }
    });
    session.write(&Hooked).unwrap();
    assert_eq!(session.keys(), ["meanwhile", "written"]);
}

#[test]
fn write_returns_conflict_if_clones_keep_changing_session() {
    let session = session();
    let calls = flash_in_hook(&session);
    assert!(session.write(&Hooked).unwrap_err().is_conflict());
    assert_eq!(session.keys(), ["_f_other"]);
    assert_eq!(session.pop_flash::<String>("other").unwrap().len(), calls.get());
}

#[test]
fn pop_flash_returns_conflict_if_clones_keep_changing_session() {
    let session = session();
    session.flash("one", "").unwrap();
    let calls = flash_in_hook(&session);
    assert!(session.pop_flash::<Hooked>("").unwrap_err().is_conflict());
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["one"]);
    assert_eq!(session.pop_flash::<String>("other").unwrap().len(), calls.get());
}

/// There is no conflict, because the messages are first removed, and then decoded without the lock.
#[test]
fn pop_flash_each_returns_messages_if_clones_keep_changing_session() {
    let session = session();
    session.flash("one", "").unwrap();
    let calls = flash_in_hook(&session);
    assert!(matches!(session.pop_flash_each::<Hooked>("")[..], [Ok(_)]));
    assert_eq!(session.pop_flash::<String>("other").unwrap().len(), calls.get());
    assert!(session.is_empty());
}

#[test]
fn update_returns_conflict_if_clone_invalidates_session() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    #[serde(default)]
    struct Visit {
        user: String,
        hits: u32,
    }
    let session = session();
    session.insert("user", "zoe").unwrap();
    let visit = TypedSession::<Visit>::from(session.clone());
    let other = session.clone();
    let error = visit.update(move |visit| {
        other.invalidate();
        visit.hits += 1;
    });
    assert!(error.unwrap_err().is_conflict());
    assert!(session.is_empty());

    visit.update(|visit| visit.hits += 1).unwrap();
    assert_eq!(session.get::<String>("user").unwrap().unwrap(), "");
}

#[test]
fn update_runs_again_after_clone_changes_session() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    struct Visit {
        hits: u32,
    }
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    let mut calls = 0;
    let other = session.clone();
    let calls = visit.update(move |visit| {
        calls += 1;
        if calls == 1 {
            other.insert("hits", 10).unwrap();
        }
        visit.hits += 1;
        calls
    });
    assert_eq!(calls.unwrap(), 2);
    assert_eq!(session.get("hits").unwrap(), Some(11));
}

#[test]
fn update_returns_conflict_if_clone_renews_session() {
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    #[serde(default)]
    struct Visit {
        hits: u32,
    }
    let session = session();
    session.insert("hits", 1).unwrap();
    let visit = TypedSession::<Visit>::from(session.clone());
    let other = session.clone();
    let error = visit.update(move |visit| {
        other.renew();
        visit.hits += 1;
    });
    assert!(error.unwrap_err().is_conflict());
    assert_eq!(session.get("hits").unwrap(), Some(1));
}

#[test]
fn remove_returns_conflict_if_clones_keep_changing_session() {
    let session = session();
    session.insert("cart", [1]).unwrap();
    let calls = flash_in_hook(&session);
    assert!(session.remove::<Hooked>("cart").unwrap_err().is_conflict());
    assert_eq!(session.remove::<[u8; 1]>("cart").unwrap(), Some([1]));
    assert_eq!(session.pop_flash::<String>("other").unwrap().len(), calls.get());
    assert!(!session.discard("cart"));
}
