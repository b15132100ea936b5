//! The service of the session layer.

use std::fmt;
use std::marker::PhantomData;

use crate::factory::CookieSessionFactory;
use crate::layer::{OnRejection, SessionLayer};
use crate::pending_session::PendingSession;
use crate::request_session::RequestSession;

/// The service that a [`SessionLayer`](crate::SessionLayer) wraps around another service.
pub struct SessionService<S, F, N, H> {
    pub(crate) inner: S,
    pub(crate) factory: F,
    pub(crate) on_save_error: H,
    on_rejection: Option<OnRejection>,
    name: PhantomData<fn() -> N>,
}

impl<S, F, N, H> SessionService<S, F, N, H> {
    pub(crate) fn new(inner: S, layer: &SessionLayer<F, N, H>) -> Self
    where
        F: Clone,
        H: Clone,
    {
        let SessionLayer { factory, on_save_error, on_rejection, .. } = layer.clone();
        Self { inner, factory, on_save_error, on_rejection, name: PhantomData }
    }
}

impl<S: Clone, F: Clone, N, H: Clone> Clone for SessionService<S, F, N, H> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            factory: self.factory.clone(),
            on_save_error: self.on_save_error.clone(),
            on_rejection: self.on_rejection.clone(),
            name: PhantomData,
        }
    }
}

impl<S, F: CookieSessionFactory, N, H> SessionService<S, F, N, H> {
    /// Returns the session to put into the request's extensions.
    pub(crate) fn pending(&self, session: &RequestSession<F>) -> PendingSession<N> {
        session.pending(self.on_rejection.clone())
    }
}

/// Logs an error if this layer hides the session of an outer layer with the same name. `outer` is the session that the
/// outer layer put into the request's extensions.
pub(crate) fn log_hidden_session<N>(outer: Option<&PendingSession<N>>) {
    if outer.is_some() {
        tracing::error!(
            "two SessionLayers have the same name, so the session of the outer one is hidden; \
             remove one of them, or name it with `SessionLayer::named`"
        );
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
