//! The future that loads a session from its store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use session_cookie::CookieHeader;
use session_serde::Serializer;
use session_store::Store;

use super::load::load;
use super::session::StoredSession;
use super::shared::Shared;
use crate::error::SaveError;

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, SaveError>> + Send>>;

/// The future that loads a session of a [`StoredSessionFactory`](crate::StoredSessionFactory). It does nothing before
/// it is polled.
#[must_use = "futures do nothing unless polled"]
pub struct LoadStored<St, S>(Load<St, S>);

enum Load<St, S> {
    Start(Arc<Shared<St, S>>, CookieHeader),
    Running(Boxed<StoredSession<St, S>>),
    Done,
}

impl<St, S> LoadStored<St, S> {
    pub(super) fn new(shared: Arc<Shared<St, S>>, cookies: CookieHeader) -> Self {
        Self(Load::Start(shared, cookies))
    }
}

impl<St: Store, S: Serializer> Future for LoadStored<St, S> {
    type Output = Result<StoredSession<St, S>, SaveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let Load::Start(..) = self.0
            && let Load::Start(shared, cookies) = std::mem::replace(&mut self.0, Load::Done)
        {
            self.0 = Load::Running(Box::pin(load(shared, cookies)));
        }
        match &mut self.0 {
            Load::Running(running) => running.as_mut().poll(cx),
            // Only reached if the caller polls the future again after a panic.
            Load::Start(..) | Load::Done => Poll::Pending,
        }
    }
}

impl<St, S> fmt::Debug for LoadStored<St, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadStored").finish_non_exhaustive()
    }
}
