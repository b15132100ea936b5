//! The service of the CSRF layer.

use std::fmt;

use crate::layer::CsrfLayer;

/// The service that a [`CsrfLayer`](crate::CsrfLayer) wraps around another one.
pub struct CsrfService<S, N, H> {
    pub(crate) inner: S,
    pub(crate) layer: CsrfLayer<N, H>,
}

impl<S: Clone, N, H: Clone> Clone for CsrfService<S, N, H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, N, H> fmt::Debug for CsrfService<S, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService")
            .field("inner", &self.inner)
            .field("policy", &self.layer.policy)
            .finish_non_exhaustive()
    }
}
