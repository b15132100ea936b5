//! The CSRF layer as middleware for actix-web.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{BodyStream, EitherBody, MessageBody, to_bytes_limited};
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};

use super::http::text_response;
use crate::csrf::{CsrfCheck, without_token};
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::layer::CsrfLayer;
use crate::pending_session::PendingSession;
use crate::service::{CsrfFuture, CsrfService, PlainText, ResponseForRefusal};
use crate::session::Session;

impl<S, N, H, B> Transform<S, ServiceRequest> for CsrfLayer<N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    N: 'static,
    H: ResponseForRefusal<HttpResponse> + Clone + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = CsrfService<Rc<S>, N, H>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(CsrfService { inner: Rc::new(inner), layer: self.clone() }))
    }
}

type AfterCheck<B> = Pin<Box<dyn Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>>>>;

impl<S, N, H, B> Service<ServiceRequest> for CsrfService<Rc<S>, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    N: 'static,
    H: ResponseForRefusal<HttpResponse> + Clone + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = CsrfFuture<S::Future, AfterCheck<B>, Self::Response>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let session = request.extensions().get::<PendingSession<N>>().cloned();
        let outer = request.extensions().get::<CsrfCheck<N>>().cloned();
        let head = request.request().into();
        let policy = self.layer.policy.clone();
        let (check, outcome) = match CsrfCheck::of_request(policy, session, outer.as_ref(), head) {
            Ok(checked) => checked,
            Err(error) => return CsrfFuture::refused(refuse(&self.layer.on_refusal, error, request)),
        };
        if outcome.is_ready() {
            request.extensions_mut().insert(check);
            return CsrfFuture::passed(self.inner.call(request));
        }
        let (inner, on_refusal) = (Rc::clone(&self.inner), self.layer.on_refusal.clone());
        CsrfFuture::after_check(Box::pin(async move {
            match pass(&mut request, &check).await {
                Ok(()) => {
                    request.extensions_mut().insert(check.with_token());
                    inner.call(request).await.map(ServiceResponse::map_into_left_body)
                }
                Err(error) => Ok(refuse(&on_refusal, error, request)),
            }
        }))
    }
}

/// Checks the token in the header, or in the form if the header has none.
async fn pass<N>(request: &mut ServiceRequest, check: &CsrfCheck<N>) -> Result<(), SessionError> {
    match check.token(request.request()).await? {
        None => Ok(()),
        Some(session) => read_form(request, check, &session).await,
    }
}

/// Reads the form and checks its token. Puts the form without the token back into the request.
async fn read_form<N>(
    request: &mut ServiceRequest,
    check: &CsrfCheck<N>,
    session: &Session<N>,
) -> Result<(), SessionError> {
    let body = BodyStream::new(request.take_payload());
    let form = to_bytes_limited(body, check.max_form_len()).await;
    let form = form.map_err(|_| check.too_large(request.request().into()))?;
    let form = form.map_err(|error| {
        let status = error.status_code().as_u16();
        SessionError::unreadable_body(status, request.request().into())
    })?;
    check.form(request.request().into(), session, &form)?;
    // Don't correct `Content-Length`: `headers_mut` panics if a middleware holds a clone of the request.
    // actix-web's extractors only compare the old length with their limit.
    request.set_payload(Payload::from(Bytes::from(without_token(&form))));
    Ok(())
}

fn refuse<H, B>(
    on_refusal: &H,
    error: SessionError,
    request: ServiceRequest,
) -> ServiceResponse<EitherBody<B>>
where
    H: ResponseForRefusal<HttpResponse>,
{
    error.log();
    let response = on_refusal.response(error, request.request().into());
    request.into_response(response).map_into_right_body()
}

impl ResponseForRefusal<HttpResponse> for PlainText {
    fn response(&self, error: SessionError, _: RequestHead<'_>) -> HttpResponse {
        text_response(&error)
    }
}
