//! The session layer as a tower service.

use std::task::{Context, Poll};

use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode};
use session_cookie::CookieHeader;
use session_core::FactoryError;
use tower_layer::Layer;
use tower_service::Service;

use crate::factory::CookieSessionFactory;
use crate::layer::SessionLayer;
use crate::request_session::RequestSession;
use crate::service::{
    EmptyResponse, ResponseForSaveError, SessionFuture, SessionService, log_hidden_session, retry_after_secs,
};

impl<S, F: Clone, N, H: Clone> Layer<S> for SessionLayer<F, N, H> {
    type Service = SessionService<S, F, N, H>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

impl<S, F, N, H, B, C> Service<Request<B>> for SessionService<S, F, N, H>
where
    S: Service<Request<B>, Response = Response<C>>,
    F: CookieSessionFactory,
    N: 'static,
    H: ResponseForSaveError<F::Error, Response<C>> + Clone,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, F, H>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let SessionLayer { factory, on_rejection, .. } = &self.layer;
        let cookies = CookieHeader::from(request.headers());
        let (session, pending) = RequestSession::new::<N>(factory.clone(), cookies, on_rejection.clone());
        if pending.is_to_report() {
            // Only `report` needs the `Parts`, so other requests skip the two moves that take them out and put them
            // back.
            let (parts, body) = request.into_parts();
            pending.report((&parts).into());
            request = Request::from_parts(parts, body);
        }
        log_hidden_session(request.extensions_mut().insert(pending).as_ref());
        SessionFuture::new(self.inner.call(request), session, self.layer.on_save_error.clone())
    }
}

impl<E: FactoryError, B: Default> ResponseForSaveError<E, Response<B>> for EmptyResponse {
    fn response(&self, error: E, _: Response<B>) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        if let Some(retry_after) = error.retry_after() {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert(RETRY_AFTER, retry_after_secs(retry_after).into());
        }
        response
    }
}
