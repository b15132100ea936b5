//! The events that an observer receives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use signed_session::testing::mint_cookie;
use signed_session::{
    EncryptedCookieSessionFactory, ManualClock, Observer, Save, SignedCookieSessionFactory,
};

use crate::recorder::Recorder;
use crate::site::{SECRET, START, at};

#[test]
fn observer_sees_each_load_and_save_once() {
    let (log, clock) = (Recorder::default(), ManualClock::new(at(START)));
    let old = SignedCookieSessionFactory::builder(SECRET).clock(clock.clone()).build().unwrap();
    let sessions = EncryptedCookieSessionFactory::builder(SECRET)
        .also_reads(old.clone())
        .clock(clock.clone())
        .observer(Arc::new(log.clone()))
        .build()
        .unwrap();
    assert!(log.take().is_empty(), "no event for the session that build() writes to check its size");

    let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    let value_len = cookie.split_once('=').unwrap().1.len();
    assert_eq!(log.take(), ["missing none 0".to_owned(), format!("saved {value_len}")]);

    // A request that does not use its session does not read the cookie, so there is no event.
    let mut session = sessions.load(&*cookie);
    let _ = session.save().unwrap();
    assert!(log.take().is_empty());
    session.get::<String>("user").unwrap();
    session.get::<String>("user").unwrap();
    assert_eq!(log.take(), [format!("accepted current {value_len}")]);
    session.invalidate();
    let _ = session.save().unwrap();
    assert_eq!(log.take(), ["saved 0"]);

    let outcome = |cookie: &str| {
        sessions.load(cookie).is_empty();
        log.take().concat()
    };
    let old_cookie = mint_cookie(&old, |session| session.insert("user", "zoe"));
    assert!(outcome(&old_cookie).starts_with("accepted old_format:1 "));
    assert!(outcome(&cookie.replacen("=A", "=B", 1)).starts_with("bad_signature none "));
    assert!(outcome("__Host-session=!").starts_with("malformed none 1"));
    clock.advance(Duration::from_secs(1201));
    assert!(outcome(&cookie).starts_with("expired current "));
    clock.advance(Duration::from_secs(12 * 3600));
    assert!(outcome(&cookie).starts_with("expired current "), "the limit reached first is reported");
}

/// Regression: a panic in `saved` lost the sign-out, because the session already counted as saved.
#[test]
fn panicking_observer_loses_no_sign_out() {
    /// An observer that panics at the first two saves.
    struct Panics(AtomicUsize);

    impl Observer for Panics {
        fn saved(&self, _: &Save) {
            assert!(self.0.fetch_add(1, Ordering::Relaxed) >= 2, "a bug in the observer");
        }
    }

    let good = SignedCookieSessionFactory::builder(SECRET).build().unwrap();
    let cookie = mint_cookie(&good, |session| session.insert("user", "zoe"));
    let sessions =
        SignedCookieSessionFactory::builder(SECRET).observer(Panics(AtomicUsize::new(0))).build().unwrap();
    let mut session = sessions.load(cookie);
    session.invalidate();
    for _ in 0..2 {
        let save = std::panic::AssertUnwindSafe(|| drop(session.save()));
        assert!(std::panic::catch_unwind(save).is_err(), "each save calls the observer, as none succeeded");
    }
    let saved = session.save().unwrap().into_session_cookie().expect("the sign-out is not lost");
    assert!(saved.as_str().starts_with("session=; Max-Age=0; "), "{saved}");
}
