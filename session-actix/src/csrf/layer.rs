use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use session_web::CsrfPolicy;

use super::service::CsrfService;

/// Lets a request that may change something pass only with the session's CSRF token; see [`CsrfPolicy`]. All others get
/// a 403, and the log says why.
///
/// It goes inside the [`SessionLayer`](crate::SessionLayer) whose token it checks, so it is wrapped before that, and
/// protects every handler inside it, whatever that extracts: a form is read for its token before the handler runs, and
/// then given to it. [`CsrfToken`](crate::CsrfToken) puts the token into a page.
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

impl<S, N, B> Transform<S, ServiceRequest> for CsrfLayer<N>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    N: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CsrfService<S, N>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfService::new(inner, Arc::clone(&self.policy))))
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
