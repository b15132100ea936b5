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
use crate::store::lazy_future::{Begun, LazyFuture};

/// The future that loads a session of a [`StoredSessionFactory`](crate::StoredSessionFactory). It does nothing before
/// it is polled.
#[must_use = "futures do nothing unless polled"]
pub struct LoadStored<St, S>(LazyFuture<Arguments<St, S>, Loaded<St, S>>);

type Arguments<St, S> = (Arc<Shared<St, S>>, CookieHeader);
type Loaded<St, S> = Result<StoredSession<St, S>, SaveError>;

impl<St, S> LoadStored<St, S> {
    pub(super) fn new(shared: Arc<Shared<St, S>>, cookies: CookieHeader) -> Self {
        Self(LazyFuture::NotBegun((shared, cookies)))
    }
}

impl<St: Store, S: Serializer> Future for LoadStored<St, S> {
    type Output = Loaded<St, S>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(cx, |(shared, cookies)| Begun::Running(Box::pin(load(shared, cookies))))
    }
}

impl<St, S> fmt::Debug for LoadStored<St, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadStored").finish_non_exhaustive()
    }
}
