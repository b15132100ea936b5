use std::fmt;
use std::future::{Ready, ready};
use std::marker::PhantomData;

use crate::CsrfPolicy;
use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};

use super::refusal::{PlainText, ResponseForRefusal};
use super::service::CsrfService;

/// Lets a request that may change something pass only with the session's CSRF token; see [`CsrfPolicy`]. All others get
/// a 403, and the log says why.
///
/// It goes inside the [`SessionLayer`](crate::actix::SessionLayer) whose token it checks, so it is wrapped before that, and
/// protects every handler inside it, whatever that extracts: a form is read for its token before the handler runs, and
/// then given to it. [`CsrfToken`](crate::CsrfToken) puts the token into a page.
pub struct CsrfLayer<N = (), H = PlainText> {
    policy: CsrfPolicy,
    on_refusal: H,
    name: PhantomData<fn() -> N>,
}

impl CsrfLayer {
    /// Asks for what `policy` asks for; `CsrfLayer::default()` for Pyramid's defaults.
    pub fn new(policy: CsrfPolicy) -> Self {
        Self { policy, on_refusal: PlainText, name: PhantomData }
    }
}

impl<N, H> CsrfLayer<N, H> {
    /// Takes the token of the session that is called so; see [`SessionLayer::named`](crate::actix::SessionLayer::named).
    pub fn named<M>(self) -> CsrfLayer<M, H> {
        CsrfLayer { policy: self.policy, on_refusal: self.on_refusal, name: PhantomData }
    }

    /// What is sent if a request is refused: a closure from the error and the request to a response. Default: the error's
    /// status with a line of text. Why a request was refused is logged before, and is not for the browser.
    pub fn on_refusal<G>(self, on_refusal: G) -> CsrfLayer<N, G> {
        CsrfLayer { policy: self.policy, on_refusal, name: PhantomData }
    }
}

impl<S, N, H, B> Transform<S, ServiceRequest> for CsrfLayer<N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    N: 'static,
    H: ResponseForRefusal + Clone + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CsrfService<S, N, H>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfService::new(inner, self.policy.clone(), self.on_refusal.clone())))
    }
}

impl Default for CsrfLayer {
    fn default() -> Self {
        Self::new(CsrfPolicy::default())
    }
}

impl<N, H: Clone> Clone for CsrfLayer<N, H> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone(), on_refusal: self.on_refusal.clone(), name: PhantomData }
    }
}

impl<N, H> fmt::Debug for CsrfLayer<N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer").field("policy", &self.policy).finish_non_exhaustive()
    }
}
