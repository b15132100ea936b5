use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use session_web::CsrfPolicy;
use tower_layer::Layer;

use super::service::CsrfService;

/// Lets a request that may change something pass only with the session's CSRF token; see [`CsrfPolicy`]. All others get
/// a 403, and the log says why.
///
/// It goes inside the [`SessionLayer`](crate::SessionLayer) whose token it checks, and protects every handler inside it,
/// whatever that extracts: a form is read for its token before the handler runs, and then given to it.
/// [`CsrfToken`](crate::CsrfToken) puts the token into a page.
pub struct CsrfLayer<N = ()> {
    policy: Arc<CsrfPolicy>,
    name: PhantomData<fn() -> N>,
}

impl CsrfLayer {
    /// Asks for what `policy` asks for; `CsrfLayer::default()` for Pyramid's defaults.
    pub fn new(policy: CsrfPolicy) -> Self {
        Self { policy: Arc::new(policy), name: PhantomData }
    }
}

impl<N> CsrfLayer<N> {
    /// Takes the token of the session that is called so; see [`SessionLayer::named`](crate::SessionLayer::named).
    pub fn named<M>(self) -> CsrfLayer<M> {
        CsrfLayer { policy: self.policy, name: PhantomData }
    }
}

impl<S, N> Layer<S> for CsrfLayer<N> {
    type Service = CsrfService<S, N>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService::new(inner, Arc::clone(&self.policy))
    }
}

impl Default for CsrfLayer {
    fn default() -> Self {
        Self::new(CsrfPolicy::default())
    }
}

impl<N> Clone for CsrfLayer<N> {
    fn clone(&self) -> Self {
        Self { policy: Arc::clone(&self.policy), name: PhantomData }
    }
}

impl<N> fmt::Debug for CsrfLayer<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer").field("policy", &self.policy).finish()
    }
}
