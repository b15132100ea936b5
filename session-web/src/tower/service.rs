use std::fmt;
use std::marker::PhantomData;
use std::task::{Context, Poll};

use crate::{CookieSessionFactory, Exchange};
use http::{Request, Response};
use session_cookie::CookieHeader;
use tower_service::Service;

use super::future::ResponseFuture;
use super::save_error::ResponseForSaveError;

/// What a [`SessionLayer`](crate::tower::SessionLayer) makes of a service.
pub struct SessionService<S, F, N, H> {
    inner: S,
    factory: F,
    on_save_error: H,
    name: PhantomData<fn() -> N>,
}

impl<S, F, N, H> SessionService<S, F, N, H> {
    pub(crate) fn new(inner: S, factory: F, on_save_error: H) -> Self {
        Self { inner, factory, on_save_error, name: PhantomData }
    }
}

impl<S, F, N, H, B, C> Service<Request<B>> for SessionService<S, F, N, H>
where
    S: Service<Request<B>, Response = Response<C>>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error, C> + Clone,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, F, H>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let exchange = Exchange::new(self.factory.clone(), CookieHeader::from(request.headers()));
        request.extensions_mut().insert(exchange.session::<N>());
        ResponseFuture::new(self.inner.call(request), exchange, self.on_save_error.clone())
    }
}

impl<S: Clone, F: Clone, N, H: Clone> Clone for SessionService<S, F, N, H> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.factory.clone(), self.on_save_error.clone())
    }
}

impl<S: fmt::Debug, F: fmt::Debug, N, H> fmt::Debug for SessionService<S, F, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("factory", &self.factory)
            .finish_non_exhaustive()
    }
}
