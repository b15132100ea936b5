//! The session layer as middleware for actix-web.

use std::future::{Ready, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{COOKIE, RETRY_AFTER};
use actix_web::{Error, HttpMessage, HttpResponse};
use session_core::FactoryError;

use crate::factory::CookieSessionFactory;
use crate::layer::SessionLayer;
use crate::request_session::RequestSession;
use crate::service::{
    EmptyResponse, ResponseForSaveError, SessionFuture, SessionService, log_hidden_session, retry_after_secs,
};

impl<S, F, N, H, B> Transform<S, ServiceRequest> for SessionLayer<F, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error, ServiceResponse> + Clone,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = SessionService<S, F, N, H>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(SessionService { inner, layer: self.clone() }))
    }
}

impl<S, F, N, H, B> Service<ServiceRequest> for SessionService<S, F, N, H>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error, ServiceResponse> + Clone,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = SessionFuture<S::Future, F, H>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let cookies = request.headers().get_all(COOKIE).collect();
        let SessionLayer { factory, on_rejection, .. } = &self.layer;
        let (session, pending) = RequestSession::new::<N>(factory.clone(), cookies, on_rejection.clone());
        if pending.is_to_report() {
            pending.report(request.request().into());
        }
        log_hidden_session(request.extensions_mut().insert(pending).as_ref());
        SessionFuture::new(self.inner.call(request), session, self.layer.on_save_error.clone())
    }
}

impl<E: FactoryError> ResponseForSaveError<E, ServiceResponse> for EmptyResponse {
    fn response(&self, error: E, response: ServiceResponse) -> ServiceResponse {
        response.into_response(match error.retry_after() {
            Some(retry_after) => HttpResponse::ServiceUnavailable()
                .insert_header((RETRY_AFTER, retry_after_secs(retry_after)))
                .finish(),
            None => HttpResponse::InternalServerError().finish(),
        })
    }
}
