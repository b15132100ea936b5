//! The future that saves a session to its store.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use session_cookie::SetCookies;
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::error::SaveError;

/// The future that saves a session, returned by a factory with a store.
///
/// After the first poll, the save goes on even if the future is dropped, for instance because the client closes the
/// connection. So a sign-out still reaches the store.
#[must_use = "futures do nothing unless polled"]
pub struct SaveStored(Save);

type Saved = Result<SetCookies, SaveError>;

enum Save {
    /// The outcome of a save that does not need the store.
    Ready(Saved),
    Start(Pin<Box<dyn Future<Output = Saved> + Send>>),
    Running(JoinHandle<Saved>),
    Done,
}

impl SaveStored {
    pub(crate) fn ready(saved: Saved) -> Self {
        Self(Save::Ready(saved))
    }

    pub(crate) fn running(save: impl Future<Output = Saved> + Send + 'static) -> Self {
        Self(Save::Start(Box::pin(save)))
    }
}

impl Future for SaveStored {
    type Output = Saved;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Saved> {
        let mut task = match std::mem::replace(&mut self.0, Save::Done) {
            Save::Ready(saved) => return Poll::Ready(saved),
            Save::Start(save) => tokio::spawn(save.in_current_span()),
            Save::Running(task) => task,
            // Only reached if the caller polls the future again after completion or a panic.
            Save::Done => return Poll::Pending,
        };
        match Pin::new(&mut task).poll(cx) {
            // A panic message may quote the session's contents, so the error does not include it.
            Poll::Ready(ended) => Poll::Ready(ended.unwrap_or_else(|_| Err(SaveError::aborted()))),
            Poll::Pending => {
                self.0 = Save::Running(task);
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for SaveStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveStored").finish_non_exhaustive()
    }
}
