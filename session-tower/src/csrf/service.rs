use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use session_web::{CsrfCheck, CsrfPolicy, Session, SessionError, Verdict};
use tower_service::Service;

use super::future::ResponseFuture;

/// What a [`CsrfLayer`](crate::CsrfLayer) makes of a service.
pub struct CsrfService<S, N> {
    inner: S,
    policy: Arc<CsrfPolicy>,
    name: PhantomData<fn() -> N>,
}

impl<S, N> CsrfService<S, N> {
    pub(super) fn new(inner: S, policy: Arc<CsrfPolicy>) -> Self {
        Self { inner, policy, name: PhantomData }
    }
}

impl<S, N, B, C> Service<Request<B>> for CsrfService<S, N>
where
    S: Service<Request<B>, Response = Response<C>, Future: Send> + Clone + Send + 'static,
    N: 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + From<Bytes> + Send + 'static,
    C: From<String>,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, C, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let session = parts.extensions.get::<Session<N>>().cloned();
        let checked = CsrfCheck::new(Arc::clone(&self.policy), session)
            .and_then(|mut check| check.head(&parts).map(|verdict| (check, verdict)));
        let (check, verdict) = match checked {
            Ok(checked) => checked,
            Err(error) => return ResponseFuture::refused(response(&error)),
        };
        parts.extensions.insert(check.clone());
        if verdict != Verdict::NeedsForm {
            return ResponseFuture::passed(self.inner.call(Request::from_parts(parts, body)));
        }
        // The service that is ready is this one, and not its clone.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        ResponseFuture::after_form(async move {
            match read_form(&parts, body, &check).await {
                Ok(form) => inner.call(Request::from_parts(parts, form.into())).await,
                Err(error) => Ok(response(&error)),
            }
        })
    }
}

/// The form, if the token is in it.
async fn read_form<N, B>(parts: &Parts, body: B, check: &CsrfCheck<N>) -> Result<Bytes, SessionError>
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let form = Limited::new(body, check.max_form_len()).collect().await.map_err(|error| {
        let status = if error.is::<LengthLimitError>() { 413 } else { 400 };
        SessionError::body(status)
    })?;
    let form = form.to_bytes();
    check.form(parts, &form)?;
    Ok(form)
}

fn response<C: From<String>>(error: &SessionError) -> Response<C> {
    let mut response = Response::new(error.to_string().into());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    response
}

impl<S: Clone, N> Clone for CsrfService<S, N> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.policy))
    }
}

impl<S: fmt::Debug, N> fmt::Debug for CsrfService<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService").field("inner", &self.inner).field("policy", &self.policy).finish()
    }
}
