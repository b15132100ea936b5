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
use crate::on_store_error::OnStoreError;
use crate::session::CookieSession;

/// The future that loads a session of a [`RevocableCookieSessionFactory`](crate::RevocableCookieSessionFactory). It
/// does nothing before it is polled. It asks the store only if the session has an owner and no answer in the cache is
/// fresh.
#[must_use = "futures do nothing unless polled"]
pub struct LoadRevocable<S, St>(Load<S, St>);

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, SaveError>> + Send>>;

enum Load<S, St> {
    Start(CookieSession<S>, Arc<Registry<St>>),
    Running(Boxed<RevocableSession<S, St>>),
    Done,
}

impl<S, St> LoadRevocable<S, St> {
    pub(super) fn new(cookie: CookieSession<S>, registry: Arc<Registry<St>>) -> Self {
        Self(Load::Start(cookie, registry))
    }
}

impl<S: Serializer, St: Store> Future for LoadRevocable<S, St> {
    type Output = Result<RevocableSession<S, St>, SaveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Load::Start(..) = self.0
            && let Load::Start(mut cookie, registry) = std::mem::replace(&mut self.0, Load::Done)
        {
            match handle_in(cookie.peek()) {
                None => return Poll::Ready(Ok(RevocableSession::new(cookie, registry, None, None))),
                Some(None) => {
                    cookie.reject(Rejection::malformed("not a session id"));
                    return Poll::Ready(Ok(RevocableSession::new(cookie, registry, None, None)));
                }
                Some(Some(handle)) => match registry.cached(handle, cookie.now()) {
                    Some(known) => {
                        return Poll::Ready(Ok(RevocableSession::new(cookie, registry, Some(known), None)));
                    }
                    None => self.0 = Load::Running(Box::pin(check(cookie, registry, handle))),
                },
            }
        }
        match &mut self.0 {
            Load::Running(running) => running.as_mut().poll(cx),
            // Only reached if the caller polls the future after completion.
            Load::Start(..) | Load::Done => Poll::Pending,
        }
    }
}

/// Asks the store whether the session is still valid.
async fn check<S: Serializer, St: Store>(
    mut cookie: CookieSession<S>,
    registry: Arc<Registry<St>>,
    handle: SessionHandle,
) -> Result<RevocableSession<S, St>, SaveError> {
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
        // The last access that the store knows is unknown, so this one is not recorded.
        (Err(_), OnStoreError::Accept) => (Some(Registered { handle, accessed: now, expires: None }), None),
    };
    Ok(RevocableSession::new(cookie, registry, registered, unavailable))
}

impl<S, St> fmt::Debug for LoadRevocable<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadRevocable").finish_non_exhaustive()
    }
}
