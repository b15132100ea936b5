//! The extractors for actix-web.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::de::DeserializeOwned;

use crate::csrf::{CsrfCheck, CsrfForm, CsrfPolicy, CsrfToken};
use crate::error::SessionError;
use crate::extract::FromSession;
use crate::flash::FlashMessages;
use crate::pending_session::PendingSession;
use crate::session::Session;
use crate::typed::TypedSession;

macro_rules! extractors {
    ($($name:ident<$($own:ident)?; $($parameter:ident),*>;)*) => {$(
        impl<$($own: 'static)?> $name<$($own)?> {
            /// Does the same as [`FromRequest::extract`], always for the unnamed session (`N = ()`). Extractors of your
            /// own can call this function without a type annotation.
            pub fn extract(request: &HttpRequest) -> Extract<Self, ()> {
                Extract::new(request)
            }
        }

        impl<$($parameter: 'static),*> FromRequest for $name<$($parameter),*> {
            type Error = SessionError;
            type Future = Extract<Self, N>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                Extract::new(request)
            }
        }
    )*};
}

extractors! {
    Session<; N>;
    TypedSession<T; T, N>;
    FlashMessages<; N>;
    CsrfToken<; N>;
}

/// The future of all extractors except [`CsrfForm`]: it loads the session of the request, and extracts a `T` from the
/// session.
#[must_use = "futures do nothing unless polled"]
pub struct Extract<T, N> {
    request: HttpRequest,
    /// `None` if no `SessionLayer` named `N` is around the handler.
    pending: Option<PendingSession<N>>,
    extracts: PhantomData<fn() -> T>,
}

impl<T, N: 'static> Extract<T, N> {
    fn new(request: &HttpRequest) -> Self {
        let pending = request.extensions().get::<PendingSession<N>>().cloned();
        Self { request: request.clone(), pending, extracts: PhantomData }
    }
}

impl<T: FromSession<N>, N: 'static> Future for Extract<T, N> {
    type Output = Result<T, SessionError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let pending = self.pending.as_ref().ok_or_else(SessionError::no_layer::<N>)?;
        let session = ready!(pending.poll_load(cx))?;
        pending.report((&self.request).into());
        Poll::Ready(T::from_session(session))
    }
}

impl<T, N> fmt::Debug for Extract<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extract").finish_non_exhaustive()
    }
}

impl<T: DeserializeOwned + 'static, N: 'static> FromRequest for CsrfForm<T, N> {
    type Error = SessionError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, SessionError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let check = {
                let extensions = request.extensions();
                let session = extensions.get::<PendingSession<N>>().cloned();
                CsrfCheck::in_handler(extensions.get::<CsrfCheck<N>>(), session, || policy_of(&request))?
            };
            let session = check.token_in_handler(&request).await?;
            let form = Bytes::from_request(&request, &mut payload).await;
            let form = form.map_err(|error| {
                let status = error.as_response_error().status_code().as_u16();
                SessionError::unreadable_body(status, (&request).into())
            })?;
            if let Some(session) = session {
                check.form((&request).into(), &session, &form)?;
            }
            Self::parse(&form)
        })
    }
}

/// Returns the policy from the application's data, where it is a `CsrfPolicy` or a `Data<CsrfPolicy>`. Returns the
/// default policy if there is none.
fn policy_of(request: &HttpRequest) -> CsrfPolicy {
    let in_data = || request.app_data::<Data<CsrfPolicy>>().map(|policy| policy.get_ref());
    request.app_data::<CsrfPolicy>().or_else(in_data).cloned().unwrap_or_default()
}
