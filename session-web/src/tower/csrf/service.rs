use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::task::{Context, Poll};

use crate::{CsrfCheck, CsrfPolicy, Session, SessionError, Verdict};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tower_service::Service;

use super::future::ResponseFuture;
use super::refusal::ResponseForRefusal;

/// What a [`CsrfLayer`](crate::tower::CsrfLayer) makes of a service.
pub struct CsrfService<S, N, H> {
    inner: S,
    policy: CsrfPolicy,
    on_refusal: H,
    name: PhantomData<fn() -> N>,
}

impl<S, N, H> CsrfService<S, N, H> {
    pub(super) fn new(inner: S, policy: CsrfPolicy, on_refusal: H) -> Self {
        Self { inner, policy, on_refusal, name: PhantomData }
    }
}

impl<S, N, H, B, C> Service<Request<B>> for CsrfService<S, N, H>
where
    S: Service<Request<B>, Response = Response<C>, Future: Send> + Clone + Send + 'static,
    N: 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + From<Bytes> + Send + 'static,
    H: ResponseForRefusal<C> + Clone + Send + 'static,
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
        let checked = CsrfCheck::new(self.policy.clone(), session)
            .and_then(|mut check| check.head(&parts).map(|verdict| (check, verdict)));
        let (check, verdict) = match checked {
            Ok(checked) => checked,
            Err(error) => return ResponseFuture::refused(self.on_refusal.response(error, &parts)),
        };
        parts.extensions.insert(check.clone());
        if verdict != Verdict::NeedsForm {
            return ResponseFuture::passed(self.inner.call(Request::from_parts(parts, body)));
        }
        // The service that is ready is this one, and not its clone.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let on_refusal = self.on_refusal.clone();
        ResponseFuture::after_form(async move {
            match read_form(&parts, body, &check).await {
                Ok(form) => inner.call(Request::from_parts(parts, form.into())).await,
                Err(error) => Ok(on_refusal.response(error, &parts)),
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

impl<S: Clone, N, H: Clone> Clone for CsrfService<S, N, H> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.policy.clone(), self.on_refusal.clone())
    }
}

impl<S: fmt::Debug, N, H> fmt::Debug for CsrfService<S, N, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService")
            .field("inner", &self.inner)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
