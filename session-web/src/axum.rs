use axum_core::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::csrf::{CsrfCheck, CsrfForm, CsrfPolicy, CsrfToken, Verdict};
use crate::error::SessionError;
use crate::extract::FromSession;
use crate::flash::FlashMessages;
use crate::session::Session;
use crate::typed::TypedSession;

macro_rules! extractors {
    ($($name:ident<$($parameter:ident),*>;)*) => {$(
        impl<St: Sync, $($parameter: 'static),*> FromRequestParts<St> for $name<$($parameter),*> {
            type Rejection = SessionError;

            async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Self, SessionError> {
                extract(parts)?.ok_or_else(SessionError::no_layer::<N>)
            }
        }

        impl<St: Sync, $($parameter: 'static),*> OptionalFromRequestParts<St> for $name<$($parameter),*> {
            type Rejection = SessionError;

            async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Option<Self>, SessionError> {
                extract(parts)
            }
        }
    )*};
}

extractors! {
    Session<N>;
    TypedSession<T, N>;
    FlashMessages<N>;
    CsrfToken<N>;
}

/// `None` without a layer.
fn extract<N: 'static, T: FromSession<N>>(parts: &Parts) -> Result<Option<T>, SessionError> {
    let session = parts.extensions.get::<Session<N>>().cloned();
    Ok(session.map(T::from_session).transpose()?)
}

impl<St: Send + Sync, T: DeserializeOwned, N: 'static> FromRequest<St> for CsrfForm<T, N> {
    type Rejection = SessionError;

    async fn from_request(request: Request, state: &St) -> Result<Self, SessionError> {
        let (parts, body) = request.into_parts();
        let check = match parts.extensions.get::<CsrfCheck<N>>() {
            Some(check) => check.clone(),
            None => {
                let policy = parts.extensions.get::<CsrfPolicy>().cloned().unwrap_or_default();
                CsrfCheck::new(policy, parts.extensions.get::<Session<N>>().cloned())?
            }
        };
        let verdict = check.head_in_handler(&parts)?;
        // As the request that it was: axum's limit of the body's length is kept in its extensions.
        let request = Request::from_parts(parts.clone(), body);
        let form = Bytes::from_request(request, state).await;
        let form = form.map_err(|error| SessionError::body(error.status().as_u16()))?;
        if verdict == Verdict::NeedsForm {
            check.form(&parts, &form)?;
        }
        Self::parse(&form).map_err(|error| SessionError::form(&error))
    }
}

impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        self.into()
    }
}
