//! The test fixture: a site whose sessions are in a [`Probe`], a store for tests.

use std::time::Duration;

use signed_session::parts::session_core::{EntryRef, SessionHandle};
use signed_session::{
    Builder, CompactJsonSerializer, ManualClock, SaveError, Serializer, SetCookies, Stored, StoredSession,
    StoredSessionFactory, Timestamp,
};

use crate::probe::{Call, Probe};

pub(crate) const SECRET: &str = "a secret that is long enough for the tests";
pub(crate) const START: f64 = 1_700_000_000.0;

pub(crate) type Session<S = CompactJsonSerializer> = StoredSession<Probe, S>;

pub(crate) fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

pub(crate) const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// A factory with its own clock and store.
pub(crate) struct Site<S = CompactJsonSerializer> {
    pub(crate) sessions: StoredSessionFactory<Probe, S>,
    pub(crate) store: Probe,
    pub(crate) clock: ManualClock,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }
}

impl<S: Serializer> Site<S> {
    pub(crate) fn with(configure: impl FnOnce(Builder<Stored<Probe>>) -> Builder<Stored<Probe, S>>) -> Self {
        let clock = ManualClock::new(at(START));
        let store = Probe::new(clock.clone());
        let builder = StoredSessionFactory::builder(SECRET, store.clone()).clock(clock.clone());
        Self { sessions: configure(builder).build().unwrap(), store, clock }
    }

    pub(crate) async fn load(&self, cookie: &str) -> Session<S> {
        self.sessions.load(cookie).await.unwrap()
    }

    pub(crate) async fn visit(&self) -> Session<S> {
        self.sessions.load(None::<&str>).await.unwrap()
    }

    /// Creates a session with the entry `user`, and returns its cookie. Clears the recorded calls to the store.
    pub(crate) async fn sign_in(&self) -> String {
        let mut session = self.visit().await;
        session.insert("user", "zoe").unwrap();
        let cookie = cookie(&session.save().await.unwrap());
        self.store.calls();
        cookie
    }

    /// Handles one request, and returns the `Set-Cookie` lines.
    pub(crate) async fn request(&self, cookie: &str, handler: impl FnOnce(&mut Session<S>)) -> Vec<String> {
        let mut session = self.load(cookie).await;
        handler(&mut session);
        lines(&session.save().await.unwrap())
    }

    /// Handles one request, and returns the number of `Set-Cookie` lines and the calls to the store.
    pub(crate) async fn costs(
        &self,
        cookie: &str,
        handler: impl FnOnce(&mut Session<S>),
    ) -> (usize, Vec<Call>) {
        self.store.calls();
        let lines = self.request(cookie, handler).await;
        (lines.len(), self.store.calls())
    }

    /// Returns the entries of the session as compact JSON.
    pub(crate) async fn json(&self, cookie: &str) -> String {
        let json: Vec<String> = self.load(cookie).await.state().entries().map(entry).collect();
        format!("{{{}}}", json.join(","))
    }

    /// Returns the kind of the rejection, or `accepted`.
    pub(crate) async fn outcome(&self, cookie: &str) -> &'static str {
        self.load(cookie).await.rejection().map_or("accepted", |rejection| rejection.kind())
    }

    pub(crate) async fn handle(&self, cookie: &str) -> SessionHandle {
        self.load(cookie).await.handle().unwrap()
    }

    pub(crate) fn wait(&self, secs: f64) {
        self.clock.advance(Duration::from_secs_f64(secs));
    }
}

fn entry(entry: EntryRef<'_>) -> String {
    let (key, value) = entry.json().unwrap();
    format!("{key}:{value}")
}

/// A handler that does not use the session.
pub(crate) fn no_access<S>(_: &mut Session<S>) {}

/// A handler that reads the session. The session must have the entry `user`.
pub(crate) fn read<S: Serializer>(session: &mut Session<S>) {
    assert!(session.contains("user"));
}

pub(crate) fn lines(set_cookies: &SetCookies) -> Vec<String> {
    set_cookies.iter().map(ToString::to_string).collect()
}

/// Returns the `Cookie` header that a browser sends after a response with `set_cookies`.
pub(crate) fn cookie(set_cookies: &SetCookies) -> String {
    let cookie = set_cookies.session_cookie().expect("the response sets the session's cookie");
    format!("{}={}", cookie.name(), cookie.value())
}

pub(crate) fn value(cookie: &str) -> &str {
    cookie.split_once('=').unwrap().1
}

/// Begins to save a session, and drops the save after 100 milliseconds.
pub(crate) async fn drop_save<S: Serializer>(session: &mut Session<S>) {
    let saved = tokio::time::timeout(Duration::from_millis(100), session.save()).await;
    assert!(saved.is_err(), "the save was dropped");
}

pub(crate) fn error(saved: Result<SetCookies, SaveError>) -> SaveError {
    saved.map(|set_cookies| lines(&set_cookies)).unwrap_err()
}
