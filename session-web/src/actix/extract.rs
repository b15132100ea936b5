//! The extractors for actix-web.

use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::{Bytes, Data};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::de::DeserializeOwned;

use crate::csrf::{CsrfCheck, CsrfForm, CsrfPolicy, CsrfToken, HeadOutcome};
use crate::error::SessionError;
use crate::extract::FromSession;
use crate::flash::FlashMessages;
use crate::session::Session;
use crate::typed::TypedSession;

macro_rules! extractors {
    ($($name:ident<$($own:ident)?; $($parameter:ident),*>;)*) => {$(
        impl<$($own: 'static)?> $name<$($own)?> {
            /// Does the same as [`FromRequest::from_request`], always for the unnamed session. Extractors of your own
            /// can call it without a type annotation.
            pub fn from_request(request: &HttpRequest, _: &mut Payload) -> Ready<Result<Self, SessionError>> {
                ready(extract::<(), Self>(request))
            }

            /// Does the same as [`FromRequest::extract`], always for the unnamed session.
            pub fn extract(request: &HttpRequest) -> Ready<Result<Self, SessionError>> {
                ready(extract::<(), Self>(request))
            }
        }

        impl<$($parameter: 'static),*> FromRequest for $name<$($parameter),*> {
            type Error = SessionError;
            type Future = Ready<Result<Self, SessionError>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(extract(request))
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

fn extract<N: 'static, T: FromSession<N>>(request: &HttpRequest) -> Result<T, SessionError> {
    let session =
        request.extensions().get::<Session<N>>().cloned().ok_or_else(SessionError::no_layer::<N>)?;
    T::from_session(session)
}

impl<T: DeserializeOwned + 'static, N: 'static> FromRequest for CsrfForm<T, N> {
    type Error = SessionError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, SessionError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let check = request.extensions().get::<CsrfCheck<N>>().cloned();
            let check = match check {
                Some(check) => check,
                None => {
                    CsrfCheck::new(policy_of(&request), request.extensions().get::<Session<N>>().cloned())?
                }
            };
            let outcome = check.head_in_handler((&request).into())?;
            let form = Bytes::from_request(&request, &mut payload).await;
            let form =
                form.map_err(|error| SessionError::body(error.as_response_error().status_code().as_u16()))?;
            if outcome == HeadOutcome::FormNeeded {
                check.form((&request).into(), &form)?;
            }
            Self::parse(&form)
        })
    }
}

/// Returns the policy from the application's data, plain or in a `Data`. Returns the default policy if there is none.
fn policy_of(request: &HttpRequest) -> CsrfPolicy {
    let in_data = || request.app_data::<Data<CsrfPolicy>>().map(|policy| policy.get_ref());
    request.app_data::<CsrfPolicy>().or_else(in_data).cloned().unwrap_or_default()
}
