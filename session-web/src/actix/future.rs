use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::{CookieSessionFactory, Exchange, set_cookie, vary_cookie};
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use pin_project_lite::pin_project;

use super::save_error::ResponseForSaveError;

pin_project! {
    /// The response of a [`SessionService`](crate::actix::SessionService).
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

impl<Fut, F, H, B> Future for ResponseFuture<Fut, F, H>
where
    Fut: Future<Output = Result<ServiceResponse<B>, Error>>,
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error>,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

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
            (Ok(response), None) => Ok(response.map_into_left_body()),
        })
    }
}

/// Says in the response what the session has to say.
fn finish<F, H, B>(
    mut response: ServiceResponse<B>,
    exchange: Exchange<F>,
    on_save_error: &H,
) -> ServiceResponse<EitherBody<B>>
where
    F: CookieSessionFactory,
    H: ResponseForSaveError<F::Error>,
    B: MessageBody + 'static,
{
    let reply = exchange.finish(response.status().is_server_error());
    let mut response = match reply.set_cookie {
        Ok(None) => response.map_into_left_body(),
        Ok(Some(cookie)) => {
            set_cookie(response.headers_mut(), cookie);
            response.map_into_left_body()
        }
        Err(error) => {
            tracing::error!(%error, "the session was not saved");
            on_save_error.response(error, response.map_into_boxed_body()).map_into_right_body()
        }
    };
    if reply.accessed {
        vary_cookie(response.headers_mut());
    }
    response
}

impl<Fut, F: CookieSessionFactory, H> fmt::Debug for ResponseFuture<Fut, F, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
