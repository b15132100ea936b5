use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::{CookieSessionFactory, Exchange, set_cookie, vary_cookie};
use http::Response;
use pin_project_lite::pin_project;

use super::save_error::ResponseForSaveError;

pin_project! {
    /// The response of a [`SessionService`](crate::tower::SessionService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<Fut, F, H>
    where
        F: CookieSessionFactory,
    {
        #[pin]
        inner: Fut,
        exchange: Option<Exchange<F>>,
        on_save_error: H,
    }
}

impl<Fut, F: CookieSessionFactory, H> ResponseFuture<Fut, F, H> {
    pub(crate) fn new(inner: Fut, exchange: Exchange<F>, on_save_error: H) -> Self {
        Self { inner, exchange: Some(exchange), on_save_error }
    }
}

impl<Fut, F, H, B, E> Future for ResponseFuture<Fut, F, H>
where
    Fut: Future<Output = Result<Response<B>, E>>,
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error, B>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready!(this.inner.poll(cx));
        let exchange = this.exchange.take();
        Poll::Ready(match (outcome, exchange) {
            (Ok(response), Some(exchange)) => Ok(finish(response, exchange, this.on_save_error)),
            (Err(error), exchange) => {
                if let Some(exchange) = exchange {
                    exchange.fail();
                }
                Err(error)
            }
            // Polled again after it was ready, which no caller may do.
            (Ok(response), None) => Ok(response),
        })
    }
}

/// Says in the response what the session has to say.
fn finish<F, H, B>(mut response: Response<B>, exchange: Exchange<F>, on_save_error: &H) -> Response<B>
where
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error, B>,
{
    let reply = exchange.finish(response.status().is_server_error());
    match reply.set_cookie {
        Ok(None) => {}
        Ok(Some(cookie)) => set_cookie(response.headers_mut(), cookie),
        Err(error) => {
            tracing::error!(%error, "the session was not saved");
            response = on_save_error.response(error, response);
        }
    }
    if reply.accessed {
        vary_cookie(response.headers_mut());
    }
    response
}

impl<Fut, F: CookieSessionFactory, H> std::fmt::Debug for ResponseFuture<Fut, F, H> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
