use std::fmt;
use std::marker::PhantomData;

use crate::CookieSessionFactory;
use tower_layer::Layer;

use super::save_error::InternalServerError;
use super::service::SessionService;

/// Gives every request a [`Session`](crate::Session), and sends its cookie.
///
/// Put it around everything that uses the session, a [`CsrfLayer`](crate::tower::CsrfLayer) too, and around a layer that
/// catches panics: what that one makes is then a response like any other.
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

impl<S, F: Clone, N, H: Clone> Layer<S> for SessionLayer<F, N, H> {
    type Service = SessionService<S, F, N, H>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService::new(inner, self.factory.clone(), self.on_save_error.clone())
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
