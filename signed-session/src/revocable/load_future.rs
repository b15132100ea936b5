//! The future that loads a session from its cookie, and asks the store whether the session is still valid.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use session_core::{Rejection, Session, SessionHandle};
use session_serde::Serializer;
use session_store::Store;

use super::registration::{Registered, handle_in};
use super::registry::Registry;
use super::session::RevocableSession;
use crate::error::SaveError;
use crate::lazy_future::{Begun, LazyFuture};
use crate::load::DecidingCookie;
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
    let deciding = cookie.load_unobserved();
    let known = match handle_in(cookie.peek()) {
        None => None,
        Some(None) => {
            cookie.reject(Rejection::malformed("not a session id"));
            None
        }
        Some(Some(handle)) => match registry.cached(handle, cookie.now()) {
            None => return Begun::Running(Box::pin(check(cookie, deciding, registry, handle))),
            known => known,
        },
    };
    cookie.observe_load(deciding);
    Begun::Ready(Ok(RevocableSession::new(cookie, registry, known, None)))
}

/// Asks the store whether the session is still valid.
async fn check<S: Serializer, St: Store>(
    mut cookie: CookieSession<S>,
    deciding: DecidingCookie,
    registry: Arc<Registry<St>>,
    handle: SessionHandle,
) -> Loaded<S, St> {
    let now = cookie.now();
    let (registered, unavailable) = match (registry.ask(handle, now).await, registry.on_store_error) {
        (Ok(Some(registered)), _) => (Some(registered), None),
        (Ok(None), _) => {
            cookie.reject(Rejection::revoked());
            (None, None)
        }
        (Err(error), OnStoreError::Refuse) => return Err(SaveError::store(error)),
        (Err(error), OnStoreError::StartNew) => {
            cookie.reject(Rejection::unavailable());
            (None, Some(error))
        }
        // The row could not be read. With these times, no touch of the row is due, so this access is not recorded.
        (Err(_), OnStoreError::Accept) => (Some(Registered { handle, accessed: now, expires: None }), None),
    };
    cookie.observe_load(deciding);
    Ok(RevocableSession::new(cookie, registry, registered, unavailable))
}

impl<S, St> fmt::Debug for LoadRevocable<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadRevocable").finish_non_exhaustive()
    }
}
