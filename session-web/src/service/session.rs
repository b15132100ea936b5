use std::fmt;
use std::marker::PhantomData;

/// The service that a [`SessionLayer`](crate::SessionLayer) puts around another one.
pub struct SessionService<S, F, N, H> {
    pub(crate) inner: S,
    pub(crate) factory: F,
    pub(crate) on_save_error: H,
    name: PhantomData<fn() -> N>,
}

impl<S, F, N, H> SessionService<S, F, N, H> {
    pub(crate) fn new(inner: S, factory: F, on_save_error: H) -> Self {
        Self { inner, factory, on_save_error, name: PhantomData }
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
