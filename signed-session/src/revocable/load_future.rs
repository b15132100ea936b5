//! The future that loads a session from its cookie, and asks the store whether the session is still valid.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use session_core::{Rejection, Session, SessionHandle};
use session_serde::Serializer;
use session_store::{Store, StoreError};

use super::registration::{Registered, handle_in};
use super::registry::Registry;
use super::session::RevocableSession;
use crate::error::SaveError;
use crate::load::{CookieSearch, DecidingCookie, MAX_IDS};
use crate::session::CookieSession;
use crate::store::OnStoreError;
use crate::store::lazy_future::{Begun, LazyFuture};

/// The future that loads a session of a [`RevocableCookieSessionFactory`](crate::RevocableCookieSessionFactory). It
/// does nothing before it is polled. It asks the store only if the session has an owner and the cache has no fresh
/// answer.
#[must_use = "futures do nothing unless polled"]
pub struct LoadRevocable<S, St>(LazyFuture<Load<S, St>, Loaded<S, St>>);

type Loaded<S, St> = Result<RevocableSession<S, St>, SaveError>;

impl<S, St> LoadRevocable<S, St> {
    pub(super) fn new(cookie: CookieSession<S>, registry: Arc<Registry<St>>, max_stale: Duration) -> Self {
        Self(LazyFuture::NotBegun(Load {
            cookie,
            registry,
            max_stale,
            search: CookieSearch::default(),
            deciding: DecidingCookie::default(),
            ended: Vec::new(),
        }))
    }
}

impl<S: Serializer, St: Store> Future for LoadRevocable<S, St> {
    type Output = Loaded<S, St>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx, begin)
    }
}

/// Loads the session if its cookie and the cache suffice. Otherwise returns the future that asks the store.
fn begin<S: Serializer, St: Store>(mut load: Load<S, St>) -> Begun<Loaded<S, St>> {
    match load.next() {
        Next::Session(registered) => Begun::Ready(Ok(load.finish(registered, None))),
        Next::Id(handle) => Begun::Running(Box::pin(check(load, handle))),
    }
}

/// Asks the store whether the session is still valid. If it has ended, continues with the next cookie, because
/// someone may have planted the cookie of an ended session.
async fn check<S: Serializer, St: Store>(mut load: Load<S, St>, mut handle: SessionHandle) -> Loaded<S, St> {
    let now = load.cookie.now();
    loop {
        match (load.registry.ask(handle, now).await, load.registry.on_store_error) {
            (Ok(Some(registered)), _) => return Ok(load.finish(Some(registered), None)),
            (Ok(None), _) => {
                load.add_ended(handle);
                match load.next() {
                    Next::Session(registered) => return Ok(load.finish(registered, None)),
                    Next::Id(next) => handle = next,
                }
            }
            (Err(error), OnStoreError::Refuse) => return Err(SaveError::store(error)),
            (Err(error), OnStoreError::StartNew) => {
                load.cookie.reject(Rejection::unavailable());
                return Ok(load.finish(None, Some(error)));
            }
            // The row could not be read. With these times, no touch of the row is due, so this access is not recorded.
            (Err(_), OnStoreError::Accept) => {
                return Ok(load.finish(Some(Registered { handle, accessed: now, expires: None }), None));
            }
        }
    }
}

/// A search for the session of a request.
struct Load<S, St> {
    cookie: CookieSession<S>,
    registry: Arc<Registry<St>>,
    max_stale: Duration,
    search: CookieSearch,
    deciding: DecidingCookie,
    /// The ids of sessions that have ended.
    ended: Vec<SessionHandle>,
}

/// The next step of a search.
enum Next {
    /// The search is over. Holds the session's row, if it has one.
    Session(Option<Registered>),
    /// The store has to be asked about this id.
    Id(SessionHandle),
}

impl<S: Serializer, St: Store> Load<S, St> {
    /// Continues the search, until it is over or needs the store.
    ///
    /// After the cookie of an ended session, a session without an id is rejected. Its cookie may be from before the
    /// sign-in, and the server cannot end a session without an id. After [`MAX_IDS`] ended sessions, no other session
    /// is accepted.
    fn next(&mut self) -> Next {
        loop {
            self.deciding = self.cookie.load_unobserved(&mut self.search);
            if self.cookie.is_new() {
                return Next::Session(None);
            }
            match handle_in(self.cookie.peek()) {
                None if self.ended.is_empty() => return Next::Session(None),
                Some(None) => {
                    self.cookie.reject(Rejection::malformed("not a session id"));
                    return Next::Session(None);
                }
                Some(Some(handle)) if self.ended.len() < MAX_IDS && !self.ended.contains(&handle) => {
                    let cached = self.registry.cached(handle, self.cookie.now(), self.max_stale);
                    return cached.map_or(Next::Id(handle), |registered| Next::Session(Some(registered)));
                }
                _ => {}
            }
            self.search.add_revoked(self.deciding, self.cookie.now());
        }
    }

    /// Records that the deciding session, which has this id, has ended.
    fn add_ended(&mut self, handle: SessionHandle) {
        self.ended.push(handle);
        self.search.add_revoked(self.deciding, self.cookie.now());
    }

    fn finish(
        self,
        registered: Option<Registered>,
        unavailable: Option<StoreError>,
    ) -> RevocableSession<S, St> {
        let Self { cookie, registry, deciding, .. } = self;
        cookie.observe_load(deciding);
        RevocableSession::new(cookie, registry, registered, unavailable)
    }
}

impl<S, St> fmt::Debug for LoadRevocable<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadRevocable").finish_non_exhaustive()
    }
}
