//! The CSRF layer as a tower service.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_layer::Layer;
use tower_service::Service;

use super::http::text_response;
use crate::csrf::{CsrfCheck, without_token};
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::layer::CsrfLayer;
use crate::pending_session::PendingSession;
use crate::service::{CsrfFuture, CsrfService, PlainText, ResponseForRefusal};
use crate::session::Session;

impl<S, N, H: Clone> Layer<S> for CsrfLayer<N, H> {
    type Service = CsrfService<S, N, H>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService { inner, layer: self.clone() }
    }
}

type AfterCheck<C, E> = Pin<Box<dyn Future<Output = Result<Response<C>, E>> + Send>>;

impl<S, N, H, B, C> Service<Request<B>> for CsrfService<S, N, H>
where
    S: Service<Request<B>, Response = Response<C>, Future: Send> + Clone + Send + 'static,
    N: 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + From<Bytes> + Send + 'static,
    H: ResponseForRefusal<Response<C>> + Clone + Send + 'static,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = CsrfFuture<S::Future, AfterCheck<C, S::Error>, Response<C>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let session = parts.extensions.get::<PendingSession<N>>().cloned();
        let outer = parts.extensions.get::<CsrfCheck<N>>();
        let policy = self.layer.policy.clone();
        let (check, outcome) = match CsrfCheck::of_request(policy, session, outer, (&parts).into()) {
            Ok(checked) => checked,
            Err(error) => return CsrfFuture::refused(refuse(&self.layer.on_refusal, error, &parts)),
        };
        if outcome.is_ready() {
            parts.extensions.insert(check);
            return CsrfFuture::passed(self.inner.call(Request::from_parts(parts, body)));
        }
        // `poll_ready` was called on the original service, so call the original, and keep the clone for later requests.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let on_refusal = self.layer.on_refusal.clone();
        CsrfFuture::after_check(Box::pin(async move {
            match pass(&mut parts, body, &check).await {
                Ok(body) => {
                    parts.extensions.insert(check.with_token());
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(error) => Ok(refuse(&on_refusal, error, &parts)),
            }
        }))
    }
}

/// Checks the token in the header, or in the form if the header has none. Returns the body for the handler.
async fn pass<N, B>(parts: &mut Parts, body: B, check: &CsrfCheck<N>) -> Result<B, SessionError>
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>> + From<Bytes>,
{
    match check.token(&*parts).await? {
        None => Ok(body),
        Some(session) => read_form(parts, body, check, &session).await.map(B::from),
    }
}

/// Reads the form and checks its token. Returns the form without the token, and corrects `Content-Length`.
async fn read_form<N, B>(
    parts: &mut Parts,
    body: B,
    check: &CsrfCheck<N>,
    session: &Session<N>,
) -> Result<Bytes, SessionError>
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let form = Limited::new(body, check.max_form_len()).collect().await;
    let form = form.map_err(|error| match error.is::<LengthLimitError>() {
        true => check.too_large((&*parts).into()),
        false => SessionError::unreadable_body(status_of(&*error), (&*parts).into()),
    })?;
    let form = form.to_bytes();
    check.form((&*parts).into(), session, &form)?;
    let form = without_token(&form);
    if let Some(len) = parts.headers.get_mut(CONTENT_LENGTH) {
        *len = HeaderValue::from(form.len());
    }
    Ok(form.into())
}

/// Returns the status for a body that cannot be read: 413 if the body is longer than the limit of a layer around this
/// one, otherwise 400. A framework may wrap the `LengthLimitError` in an error of its own.
fn status_of(error: &(dyn std::error::Error + 'static)) -> u16 {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    if causes.any(|cause| cause.is::<LengthLimitError>()) { 413 } else { 400 }
}

fn refuse<H, C>(on_refusal: &H, error: SessionError, parts: &Parts) -> Response<C>
where
    H: ResponseForRefusal<Response<C>>,
{
    error.log();
    on_refusal.response(error, parts.into())
}

impl<B: From<String>> ResponseForRefusal<Response<B>> for PlainText {
    fn response(&self, error: SessionError, _: RequestHead<'_>) -> Response<B> {
        text_response(&error)
    }
}
