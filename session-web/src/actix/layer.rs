use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use crate::CookieSessionFactory;
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};

use super::save_error::{InternalServerError, ResponseForSaveError};
use super::service::SessionService;

/// Gives every request a [`Session`](crate::Session), and sends its cookie.
///
/// Wrap it around everything that uses the session, a [`CsrfLayer`](crate::actix::CsrfLayer) too: it is wrapped after those.
pub struct SessionLayer<F, N = (), H = InternalServerError> {
    factory: F,
    on_save_error: H,
    name: PhantomData<fn() -> N>,
}

impl<F: CookieSessionFactory> SessionLayer<F> {
    /// The sessions of this factory.
    pub fn new(factory: F) -> Self {
        Self { factory, on_save_error: InternalServerError, name: PhantomData }
    }
}

impl<F, N, H> SessionLayer<F, N, H> {
    /// Several sessions side by side: `N`, any type of yours, is the name by which a handler takes this one, as
    /// `Session<N>`. Give each a cookie name and a salt of its own: under one salt, a user can swap the two cookies.
    pub fn named<M>(self) -> SessionLayer<F, M, H> {
        SessionLayer { factory: self.factory, on_save_error: self.on_save_error, name: PhantomData }
    }

    /// What is sent if the session was changed and cannot be saved: a closure from the factory's error and the handler's
    /// response to a response. Default: a 500 without a body, and without the handler's headers, other cookies too. The
    /// error is logged before, and the browser's cookie stays as it was. If the session was only read, nothing is lost:
    /// the failed re-issue is logged, and the handler's response is sent.
    pub fn on_save_error<G>(self, on_save_error: G) -> SessionLayer<F, N, G> {
        SessionLayer { factory: self.factory, on_save_error, name: PhantomData }
    }
}

impl<S, F, N, H, B> Transform<S, ServiceRequest> for SessionLayer<F, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error> + Clone,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SessionService<S, F, N, H>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SessionService::new(inner, self.factory.clone(), self.on_save_error.clone())))
    }
}

impl<F: Clone, N, H: Clone> Clone for SessionLayer<F, N, H> {
    fn clone(&self) -> Self {
        Self { factory: self.factory.clone(), on_save_error: self.on_save_error.clone(), name: PhantomData }
    }
}

impl<F: fmt::Debug, N, H> fmt::Debug for SessionLayer<F, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("factory", &self.factory).finish_non_exhaustive()
    }
}
