//! The output of `Debug`, and a session that needs no async runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use signed_session::SessionFactory;

use crate::*;

#[tokio::test]
async fn debug_shows_no_contents() {
    let site = site(|builder| builder);
    let cookie = sign_in(&site, "zoe@example.com").await;
    let mut session = site.sessions.load(&*cookie).await.unwrap();
    let load = SessionFactory::load(&site.sessions, (&*cookie).into());
    let save = SessionFactory::save(&site.sessions, &mut session);
    let shown = [
        (format!("{:?}", site.sessions), "RevocableCookieSessionFactory { cookies: "),
        (format!("{session:?}"), "RevocableSession { cookie: "),
        (format!("{load:?}"), "LoadRevocable { .. }"),
        (format!("{save:?}"), "SaveStored { .. }"),
    ];
    let value = cookie.split_once('=').unwrap().1;
    for (shown, start) in shown {
        assert!(shown.starts_with(start), "{shown}");
        assert!(!shown.contains(value) && !shown.contains("zoe"), "{shown}");
    }
}

#[test]
fn debug_of_builder_shows_options_and_no_secret() {
    let secret = "a secret that is long enough for the tests";
    let builder = EncryptedCookieSessionFactory::builder(secret)
        .revocable(MemoryStore::new())
        .max_stale(Duration::from_secs(7))
        .store_timeout(Duration::from_secs(3));
    let shown = format!("{builder:?}");
    assert!(shown.contains("Revocable {") && shown.contains("max_stale: 7s"), "{shown}");
    assert!(shown.contains("timeout: 3s") && !shown.contains(secret), "{shown}");
}

/// Only the calls to the store need a runtime.
#[test]
fn session_without_owner_needs_no_runtime() {
    fn now<T>(future: impl Future<Output = T>) -> T {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the future is not ready at the first poll"),
        }
    }
    let site = site(|builder| builder);
    let mut session = now(SessionFactory::load(&site.sessions, None::<&str>.into())).unwrap();
    session.insert("cart", 3).unwrap();
    let cookie = cookie_of(now(SessionFactory::save(&site.sessions, &mut session)).unwrap());
    let session = now(SessionFactory::load(&site.sessions, (&*cookie).into())).unwrap();
    assert_eq!(session.get("cart").unwrap(), Some(3));
}
