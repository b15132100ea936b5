//! Sessions for axum.
//!
//! [`SessionLayer`] and [`CsrfLayer`] are layers for `Router::layer`. [`Session`], [`TypedSession`], [`FlashMessages`],
//! [`CsrfToken`] and [`CsrfForm`] are extractors. `SessionLayer` takes a session factory, such as
//! `SignedCookieSessionFactory` of [`signed-session`](https://docs.rs/signed-session). That crate re-exports this
//! module.
//!
//! ```
//! # extern crate session_web as signed_session;
//! use axum::{Router, routing::get};
//! use signed_session::axum::{CookieSessionFactory, CsrfLayer, Session, SessionError, SessionLayer};
//!
//! async fn visits(session: Session) -> Result<String, SessionError> {
//!     let visits: u32 = session.get("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(format!("Visit {visits}"))
//! }
//!
//! # fn check(sessions: impl CookieSessionFactory) {
//! let app: Router = Router::new()
//!     .route("/", get(visits))
//!     .layer(CsrfLayer::default())
//!     .layer(SessionLayer::new(sessions)); // sessions: a factory; the outermost layer is added last
//! # let _ = app;
//! # }
//! ```
//!
//! # Extractors of your own
//!
//! An extractor of your own can use the session as a handler does:
//!
//! ```
//! # extern crate session_web as signed_session;
//! use axum::extract::FromRequestParts;
//! use axum::http::request::Parts;
//! use axum::response::{IntoResponse, Redirect, Response};
//! use signed_session::axum::Session;
//!
//! struct CurrentUser(String);
//!
//! impl<S: Sync> FromRequestParts<S> for CurrentUser {
//!     type Rejection = Response;
//!
//!     async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
//!         let session = Session::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
//!         let user = session.get("user").map_err(IntoResponse::into_response)?;
//!         user.map(CurrentUser).ok_or_else(|| Redirect::to("/sign-in").into_response())
//!     }
//! }
//!
//! async fn account(CurrentUser(name): CurrentUser) -> String {
//!     format!("Signed in as {name}")
//! }
//! # let _: axum::Router = axum::Router::new().route("/", axum::routing::get(account));
//! ```

use axum_core::extract::{FromRequest, FromRequestParts, OptionalFromRequestParts, Request};
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::csrf::CsrfCheck;
use crate::extract::FromSession;
use crate::pending_session::PendingSession;
pub use crate::service;
pub use crate::shared::*;

macro_rules! extractors {
    ($($name:ident<$($own:ident)?; $($parameter:ident),*>;)*) => {$(
        impl<$($own: 'static)?> $name<$($own)?> {
            /// Does the same as [`FromRequestParts::from_request_parts`], always for the unnamed session (`N = ()`).
            /// Extractors of your own can call this function without a type annotation.
            ///
            /// # Errors
            /// Returns the same errors as the extractor.
            pub async fn from_request_parts<St>(parts: &mut Parts, _: &St) -> Result<Self, SessionError> {
                extract(parts).await?.ok_or_else(SessionError::no_layer::<()>)
            }
        }

        impl<St: Sync, $($parameter: 'static),*> FromRequestParts<St> for $name<$($parameter),*> {
            type Rejection = SessionError;

            async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Self, SessionError> {
                extract(parts).await?.ok_or_else(SessionError::no_layer::<N>)
            }
        }

        impl<St: Sync, $($parameter: 'static),*> OptionalFromRequestParts<St> for $name<$($parameter),*> {
            type Rejection = SessionError;

            async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Option<Self>, SessionError> {
                extract(parts).await
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

/// Extracts a `T` from the session of the request. Returns `None` if no `SessionLayer` named `N` is around the handler.
async fn extract<N: 'static, T: FromSession<N>>(parts: &Parts) -> Result<Option<T>, SessionError> {
    match parts.extensions.get::<PendingSession<N>>() {
        Some(pending) => T::from_session(pending.load(parts).await?).map(Some),
        None => Ok(None),
    }
}

impl<St: Send + Sync, T: DeserializeOwned, N: 'static> FromRequest<St> for CsrfForm<T, N> {
    type Rejection = SessionError;

    async fn from_request(request: Request, state: &St) -> Result<Self, SessionError> {
        let (parts, body) = request.into_parts();
        let session = parts.extensions.get::<PendingSession<N>>().cloned();
        let policy = || parts.extensions.get::<CsrfPolicy>().cloned().unwrap_or_default();
        let check = CsrfCheck::in_handler(parts.extensions.get::<CsrfCheck<N>>(), session, policy)?;
        let session = check.token_in_handler(&parts).await?;
        // Keep the request's extensions: axum stores its body limit there.
        let request = Request::from_parts(parts.clone(), body);
        let form = Bytes::from_request(request, state).await;
        let form =
            form.map_err(|error| SessionError::unreadable_body(error.status().as_u16(), (&parts).into()))?;
        if let Some(session) = session {
            check.form((&parts).into(), &session, &form)?;
        }
        Self::parse(&form)
    }
}

impl IntoResponse for SessionError {
    fn into_response(self) -> Response {
        self.into()
    }
}
