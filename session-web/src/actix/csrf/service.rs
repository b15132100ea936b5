use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;

use super::refusal::ResponseForRefusal;
use crate::{CsrfCheck, CsrfPolicy, Session, SessionError, Verdict};
use actix_web::body::{BodyStream, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, forward_ready};
use actix_web::{Error, HttpMessage};

/// What a [`CsrfLayer`](crate::actix::CsrfLayer) makes of a service.
pub struct CsrfService<S, N, H> {
    inner: Rc<S>,
    policy: CsrfPolicy,
    on_refusal: H,
    name: PhantomData<fn() -> N>,
}

impl<S, N, H> CsrfService<S, N, H> {
    pub(super) fn new(inner: S, policy: CsrfPolicy, on_refusal: H) -> Self {
        Self { inner: Rc::new(inner), policy, on_refusal, name: PhantomData }
    }
}

impl<S, N, H, B> Service<ServiceRequest> for CsrfService<S, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    N: 'static,
    H: ResponseForRefusal + Clone + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (inner, policy) = (Rc::clone(&self.inner), self.policy.clone());
        let on_refusal = self.on_refusal.clone();
        Box::pin(async move {
            match check::<N>(&mut request, policy).await {
                Ok(()) => inner.call(request).await.map(ServiceResponse::map_into_left_body),
                Err(error) => {
                    let response = on_refusal.response(error, request.request());
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        })
    }
}

async fn check<N: 'static>(request: &mut ServiceRequest, policy: CsrfPolicy) -> Result<(), SessionError> {
    let session = request.extensions().get::<Session<N>>().cloned();
    let mut check = CsrfCheck::new(policy, session)?;
    let verdict = check.head(&*request)?;
    if verdict == Verdict::NeedsForm {
        let body = BodyStream::new(request.take_payload());
        let form = to_bytes_limited(body, check.max_form_len()).await;
        let form = form.map_err(|_| SessionError::body(413))?.map_err(|_| SessionError::body(400))?;
        check.form(&*request, &form)?;
        request.set_payload(Payload::from(form));
    }
    request.extensions_mut().insert(check);
    Ok(())
}

impl<S: fmt::Debug, N, H> fmt::Debug for CsrfService<S, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
