use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

pin_project! {
    /// The response of a [`CsrfService`](crate::tower::CsrfService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, C, E> {
        #[pin]
        kind: Kind<Fut, C, E>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<Fut, C, E> {
        Passed { #[pin] inner: Fut },
        AfterForm { inner: Pin<Box<dyn Future<Output = Result<Response<C>, E>> + Send>> },
        Refused { response: Option<Response<C>> },
    }
}

impl<Fut, C, E> ResponseFuture<Fut, C, E> {
    pub(super) fn passed(inner: Fut) -> Self {
        Self { kind: Kind::Passed { inner } }
    }

    pub(super) fn after_form(inner: impl Future<Output = Result<Response<C>, E>> + Send + 'static) -> Self {
        Self { kind: Kind::AfterForm { inner: Box::pin(inner) } }
    }

    pub(super) fn refused(response: Response<C>) -> Self {
        Self { kind: Kind::Refused { response: Some(response) } }
    }
}

impl<Fut: Future<Output = Result<Response<C>, E>>, C, E> Future for ResponseFuture<Fut, C, E> {
    type Output = Result<Response<C>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjection::Passed { inner } => inner.poll(cx),
            KindProjection::AfterForm { inner } => inner.as_mut().poll(cx),
            KindProjection::Refused { response } => {
                Poll::Ready(Ok(response.take().expect("polled after it was ready")))
            }
        }
    }
}

impl<Fut, C, E> fmt::Debug for ResponseFuture<Fut, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
