//! The service of the session layer.

use std::fmt;

use crate::layer::SessionLayer;
use crate::pending_session::PendingSession;

/// The service that a [`SessionLayer`](crate::SessionLayer) wraps around another service.
pub struct SessionService<S, F, N, H> {
    pub(crate) inner: S,
    pub(crate) layer: SessionLayer<F, N, H>,
}

impl<S: Clone, F: Clone, N, H: Clone> Clone for SessionService<S, F, N, H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
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
            .field("factory", &self.layer.factory)
            .finish_non_exhaustive()
    }
}
