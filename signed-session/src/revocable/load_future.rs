//! The future that loads a session from its cookie, and asks the store whether the session is still valid.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use session_core::{Rejection, Session, SessionHandle};
use session_serde::Serializer;
use session_store::Store;

use super::registration::{Registered, handle_in, has_id_in};
use super::registry::Registry;
use super::session::RevocableSession;
use crate::error::SaveError;
use crate::lazy_future::{Begun, LazyFuture};
use crate::load::{DecidingCookie, MAX_IDS};
use crate::on_store_error::OnStoreError;
use crate::session::CookieSession;

/// The future that loads a session of a [`RevocableCookieSessionFactory`](crate::RevocableCookieSessionFactory). It
/// does nothing before it is polled. It asks the store only if the session has an owner and the cache has no fresh
/// answer.
#[must_use = "futures do nothing unless polled"]
pub struct LoadRevocable<S, St>(LazyFuture<Arguments<S, St>, Loaded<S, St>>);

type Arguments<S, St> = (CookieSession<S>, Arc<Registry<St>>);
type Loaded<S, St> = Result<RevocableSession<S, St>, SaveError>;

impl<S, St> LoadRevocable<S, St> {
    pub(super) fn new(cookie: CookieSession<S>, registry: Arc<Registry<St>>) -> Self {
        Self(LazyFuture::NotBegun((cookie, registry)))
    }
}

impl<S: Serializer, St: Store> Future for LoadRevocable<S, St> {
    type Output = Loaded<S, St>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx, |(cookie, registry)| begin(cookie, registry))
    }
}

/// Loads the session if its cookie and the cache suffice. Otherwise returns the future that asks the store.
fn begin<S: Serializer, St: Store>(
    mut cookie: CookieSession<S>,
    registry: Arc<Registry<St>>,
) -> Begun<Loaded<S, St>> {
    let deciding = cookie.load_unobserved(|_| false);
    match known(&mut cookie, &registry) {
        Known::Session(registered) => {
            cookie.observe_load(deciding);
            Begun::Ready(Ok(RevocableSession::new(cookie, registry, registered, None)))
        }
        Known::Id(handle) => Begun::Running(Box::pin(check(cookie, deciding, registry, handle))),
    }
}

/// What is known about the session in the cookie, without a call of the store.
enum Known {
    /// The session needs no answer of the store, or the cache has a fresh one. A session without an id has no row.
    Session(Option<Registered>),
    /// The store has to be asked about this id.
    Id(SessionHandle),
}

fn known<S: Serializer, St: Store>(cookie: &mut CookieSession<S>, registry: &Registry<St>) -> Known {
    match handle_in(cookie.peek()) {
        None => Known::Session(None),
        Some(None) => {
            cookie.reject(Rejection::malformed("not a session id"));
            Known::Session(None)
        }
        Some(Some(handle)) => match registry.cached(handle, cookie.now()) {
            None => Known::Id(handle),
            registered => Known::Session(registered),
        },
    }
}

/// Asks the store whether the session is still valid. If it has ended, continues with the other cookies, because
/// someone may have planted the cookie of an ended session.
async fn check<S: Serializer, St: Store>(
    mut cookie: CookieSession<S>,
    mut deciding: DecidingCookie,
    registry: Arc<Registry<St>>,
    mut handle: SessionHandle,
) -> Loaded<S, St> {
    let now = cookie.now();
    let mut ended = Vec::new();
    let (registered, unavailable) = loop {
        match (registry.ask(handle, now).await, registry.on_store_error) {
            (Ok(Some(registered)), _) => break (Some(registered), None),
            (Ok(None), _) => ended.push(handle),
            (Err(error), OnStoreError::Refuse) => return Err(SaveError::store(error)),
            (Err(error), OnStoreError::StartNew) => {
                cookie.reject(Rejection::unavailable());
                break (None, Some(error));
            }
            // The row could not be read. With these times, no touch of the row is due, so this access is not recorded.
            (Err(_), OnStoreError::Accept) => {
                break (Some(Registered { handle, accessed: now, expires: None }), None);
            }
        }
        deciding = cookie.load_unobserved(|state| has_id_in(state, &ended));
        match known(&mut cookie, &registry) {
            Known::Session(registered) => break (registered, None),
            Known::Id(next) if ended.len() < MAX_IDS => handle = next,
            Known::Id(_) => {
                cookie.reject(Rejection::revoked());
                break (None, None);
            }
        }
    };
    cookie.observe_load(deciding);
    Ok(RevocableSession::new(cookie, registry, registered, unavailable))
}

impl<S, St> fmt::Debug for LoadRevocable<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadRevocable").finish_non_exhaustive()
    }
}
