//! Saving the session when the response reports a failure, and abandoning the session.

use std::sync::Arc;

use session_core::{Session, State};
use signed_session::SessionFactory;

use crate::site::Site;

#[tokio::test]
async fn failed_response_saves_unless_set_on_exception_is_false() {
    for saves in [true, false] {
        let site = Site::with(|builder| builder.set_on_exception(saves));
        let cookie = site.sign_in().await;
        let entries = |user| format!(r#"{{"user":"{}"}}"#, if saves { user } else { "zoe" });

        let mut session = site.load(&cookie).await;
        session.insert("user", "max").unwrap();
        assert!(session.save_on_exception().await.unwrap().is_empty());
        assert_eq!(site.json(&cookie).await, entries("max"));

        let mut session = site.load(&cookie).await;
        session.insert("user", "eva").unwrap();
        let saved = SessionFactory::save_on_exception(&site.sessions, &mut session).await;
        assert!(saved.unwrap().is_empty());
        assert_eq!(site.json(&cookie).await, entries("eva"));
    }
}

#[tokio::test]
async fn session_of_another_factory_is_not_saved_on_exception() {
    let (one, other) = (Site::new(), Site::new());
    let mut session = one.visit().await;
    session.insert("user", "zoe").unwrap();
    let saved = SessionFactory::save_on_exception(&other.sessions, &mut session).await;
    assert!(saved.unwrap_err().is_wrong_factory());
}

/// Regression: saving an unchanged session of another factory was an error, unlike for sessions without a store.
#[tokio::test]
async fn unchanged_session_of_another_factory_is_accepted() {
    let (one, other) = (Site::new(), Site::new());
    let mut session = one.visit().await;
    assert!(SessionFactory::save(&other.sessions, &mut session).await.unwrap().is_empty());
    assert!(SessionFactory::save_on_exception(&other.sessions, &mut session).await.unwrap().is_empty());
}

/// Changes the session by a closure that a save can call again. The closure owns a clone of the returned `Arc`.
fn add_closure(session: &mut impl Session) -> Arc<()> {
    let (state, closure) = (session.state().clone(), Arc::new(()));
    let kept = Arc::clone(&closure);
    let redo = move |_: &mut State| {
        let _ = &kept;
        Ok(())
    };
    session.replace_state(state, Box::new(redo));
    closure
}

/// A closure that repeats a change can own a clone of the session, so an abandoned session must not keep the closure.
#[tokio::test]
async fn abandoned_session_keeps_no_closures() {
    let site = Site::new();
    let mut session = site.visit().await;
    let closure = add_closure(&mut session);
    assert_eq!(Arc::strong_count(&closure), 2);
    drop(site.sessions.abandon(&mut session));
    assert_eq!(Arc::strong_count(&closure), 1);
    let saved = SessionFactory::save(&site.sessions, &mut session).await;
    assert!(saved.unwrap_err().is_already_saved(), "a save could not repeat the change");
}

/// Regression: `invalidate` dropped the closures. The web layers' `Session` calls `invalidate` while the session is
/// locked, so the request deadlocked if dropping a closure used the session.
#[tokio::test]
async fn invalidated_session_keeps_closures_until_it_is_abandoned() {
    let site = Site::new();
    let mut session = site.visit().await;
    let closure = add_closure(&mut session);
    session.invalidate();
    assert_eq!(Arc::strong_count(&closure), 2);
    let closures = site.sessions.abandon(&mut session);
    assert_eq!((closures.len(), Arc::strong_count(&closure)), (1, 2));
}
