//! The future of the CSRF layer's service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::response::FrameworkResponse;

pin_project! {
    /// The future of a [`CsrfService`](crate::service::CsrfService).
    #[must_use = "futures do nothing unless polled"]
    pub struct CsrfFuture<Fut, A, R> {
        #[pin]
        state: State<Fut, A, R>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<Fut, A, R> {
        Passed { #[pin] inner: Fut },
        AfterCheck { inner: A },
        Refused { response: Option<R> },
    }
}

impl<Fut, A, R> CsrfFuture<Fut, A, R> {
    /// Creates the future for a request that needs no further check. `inner` is the future of the inner service.
    pub(crate) fn passed(inner: Fut) -> Self {
        Self { state: State::Passed { inner } }
    }

    /// Creates the future for a request whose session has to be loaded, or whose form has to be read, before the token
    /// can be checked. `inner` is the future that checks the token, and then calls the inner service or returns the
    /// refusal.
    pub(crate) fn after_check(inner: A) -> Self {
        Self { state: State::AfterCheck { inner } }
    }

    /// Creates the future for a refused request.
    pub(crate) fn refused(response: R) -> Self {
        Self { state: State::Refused { response: Some(response) } }
    }
}

impl<Fut, A, R, E> Future for CsrfFuture<Fut, A, R::Sent>
where
    Fut: Future<Output = Result<R, E>>,
    A: Future<Output = Result<R::Sent, E>> + Unpin,
    R: FrameworkResponse,
{
    type Output = Result<R::Sent, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Passed { inner } => inner.poll(cx).map_ok(FrameworkResponse::keep),
            StateProjection::AfterCheck { inner } => Pin::new(inner).poll(cx),
            StateProjection::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("the future is not polled after completion")))
            }
        }
    }
}

impl<Fut, A, R> fmt::Debug for CsrfFuture<Fut, A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFuture").finish_non_exhaustive()
    }
}
