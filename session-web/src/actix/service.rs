use std::fmt;
use std::marker::PhantomData;

use crate::{CookieSessionFactory, Exchange};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, forward_ready};
use actix_web::http::header::COOKIE;
use actix_web::{Error, HttpMessage};

use super::future::ResponseFuture;
use super::save_error::ResponseForSaveError;

/// What a [`SessionLayer`](crate::actix::SessionLayer) makes of a service.
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

impl<S, F, N, H, B> Service<ServiceRequest> for SessionService<S, F, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error> + Clone,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future, F, H>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let cookies = request.headers().get_all(COOKIE).collect();
        let exchange = Exchange::new(self.factory.clone(), cookies);
        request.extensions_mut().insert(exchange.session::<N>());
        ResponseFuture::new(self.inner.call(request), exchange, self.on_save_error.clone())
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
