//! The service of the CSRF layer.

use std::fmt;
use std::marker::PhantomData;

use crate::csrf::CsrfPolicy;

/// The service that a [`CsrfLayer`](crate::CsrfLayer) wraps around another one.
pub struct CsrfService<S, N, H> {
    pub(crate) inner: S,
    pub(crate) policy: CsrfPolicy,
    pub(crate) on_refusal: H,
    name: PhantomData<fn() -> N>,
}

impl<S, N, H> CsrfService<S, N, H> {
    pub(crate) fn new(inner: S, policy: CsrfPolicy, on_refusal: H) -> Self {
        Self { inner, policy, on_refusal, name: PhantomData }
    }
}

impl<S: Clone, N, H: Clone> Clone for CsrfService<S, N, H> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.policy.clone(), self.on_refusal.clone())
    }
}

impl<S: fmt::Debug, N, H> fmt::Debug for CsrfService<S, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
