//! The future that saves a session to its store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use session_cookie::SetCookies;

use crate::error::SaveError;

/// The future that saves a session of a factory with a store.
#[must_use = "futures do nothing unless polled"]
pub struct SaveStored(Save);

enum Save {
    /// There is nothing to wait for.
    Ready(Option<Result<SetCookies, SaveError>>),
    Running(Pin<Box<dyn Future<Output = Result<SetCookies, SaveError>> + Send>>),
}

impl SaveStored {
    pub(crate) fn ready(saved: Result<SetCookies, SaveError>) -> Self {
        Self(Save::Ready(Some(saved)))
    }

    pub(crate) fn running(
        save: impl Future<Output = Result<SetCookies, SaveError>> + Send + 'static,
    ) -> Self {
        Self(Save::Running(Box::pin(save)))
    }
}

impl Future for SaveStored {
    type Output = Result<SetCookies, SaveError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Save::Ready(saved) => saved.take().map_or(Poll::Pending, Poll::Ready),
            Save::Running(running) => running.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for SaveStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveStored").finish_non_exhaustive()
    }
}
