//! Revocable sessions: their data are in a cookie, and the server can end them through a store.

mod access;
mod ended;
mod extremes;
mod faults;
mod forwarded;
#[cfg(feature = "tower")]
mod logs;
mod observing;
mod outages;
mod repeated_saves;
mod saving;
mod secrets;
mod shown;
mod touching;
mod watched;

#[path = "../log/mod.rs"]
mod log;
#[path = "../recorder/mod.rs"]
mod recorder;

use std::time::Duration;

use session_core::{Clock, FactoryError, ManualClock, Timestamp};
use session_store::{ManageSessions, MemoryStore, Store};
use signed_session::{
    Builder, EncryptedCookieSessionFactory, EncryptedSerializer, Encryption, OnStoreError, Revocable,
    RevocableCookieSessionFactory, RevocableSession, Secret, SetCookies, SignedCookieSessionFactory,
};

use crate::watched::Watched;

pub(crate) type Factory = RevocableCookieSessionFactory<EncryptedSerializer, Watched>;
pub(crate) type Session = RevocableSession<EncryptedSerializer, Watched>;
pub(crate) type Options = Builder<Revocable<Encryption, Watched>>;

/// A session factory, its store and its clock.
pub(crate) struct Site {
    pub(crate) clock: ManualClock,
    pub(crate) store: Watched,
    pub(crate) sessions: Factory,
}

pub(crate) fn site(configure: impl FnOnce(Options) -> Options) -> Site {
    let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
    let store = Watched::new(MemoryStore::new().with_clock(clock.clone()));
    let builder = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap())
        .clock(clock.clone())
        .revocable(store.clone());
    Site { sessions: configure(builder).build().unwrap(), store, clock }
}

/// Returns the `Cookie` header that a browser sends after a response with these `Set-Cookie` lines.
pub(crate) fn cookie_of(set_cookies: SetCookies) -> String {
    let set_cookie = set_cookies.into_session_cookie().expect("the response sets a cookie");
    format!("{}={}", set_cookie.name(), set_cookie.value())
}

/// Returns a new session of a user. It is not saved yet.
pub(crate) async fn signing_in(site: &Site, owner: &str) -> Session {
    let mut session = site.sessions.load(None::<&str>).await.unwrap();
    session.insert("user", owner).unwrap();
    session.set_owner(owner).unwrap();
    session
}

/// Signs a user in, and returns the cookie. Resets the store's count of calls.
pub(crate) async fn sign_in(site: &Site, owner: &str) -> String {
    let mut session = signing_in(site, owner).await;
    session.set_label("Firefox").unwrap();
    let cookie = cookie_of(session.save().await.unwrap());
    site.store.take_calls();
    cookie
}

/// Returns the user of a cookie; `None` if its session was revoked.
pub(crate) async fn user(site: &Site, cookie: &str) -> Option<String> {
    let session = site.sessions.load(cookie).await.unwrap();
    let user = session.get("user").unwrap();
    assert_eq!(session.rejection().is_some_and(|why| why.is_revoked()), user.is_none());
    user
}
