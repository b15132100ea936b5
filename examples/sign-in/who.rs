//! Extractors that require a sign-in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use signed_session::axum::{Level, Session};

use crate::error::AppError;
use crate::sessions::Admin;
use crate::state::App;

/// The key of the entry that holds the user's name, in the sessions of the shop and of the admin area.
pub(crate) const USER: &str = "user";

/// The signed-in user. Visitors who are not signed in are redirected to the sign-in.
pub(crate) struct CurrentUser {
    pub(crate) name: String,
    pub(crate) is_admin: bool,
}

impl CurrentUser {
    /// Returns the signed-in user, or `None` if nobody is signed in or the user was deleted after the sign-in.
    pub(crate) fn of(app: &App, session: &Session) -> Result<Option<Self>, AppError> {
        let Some(name) = session.get::<String>(USER)? else { return Ok(None) };
        Ok(app.users.get(&name).map(|user| Self { is_admin: user.is_admin, name }))
    }
}

impl FromRequestParts<Arc<App>> for CurrentUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let session = Session::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
        match Self::of(app, &session).map_err(IntoResponse::into_response)? {
            Some(user) => Ok(user),
            None => {
                let flash = session.flash_unless_queued("Sign in first.", Level::Warning);
                flash.map_err(IntoResponse::into_response)?;
                Err(Redirect::to("/sign-in").into_response())
            }
        }
    }
}

/// A signed-in user who is an administrator. Other signed-in users get a 403.
pub(crate) struct AdminUser(pub(crate) CurrentUser);

impl FromRequestParts<Arc<App>> for AdminUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let user = CurrentUser::from_request_parts(parts, app).await?;
        if user.is_admin { Ok(Self(user)) } else { Err(StatusCode::FORBIDDEN.into_response()) }
    }
}

/// An administrator with a session of the admin area. An administrator without such a session is redirected to the form
/// that begins one.
pub(crate) struct CurrentAdmin(pub(crate) CurrentUser);

impl FromRequestParts<Arc<App>> for CurrentAdmin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let AdminUser(user) = AdminUser::from_request_parts(parts, app).await?;
        let session = <Session<Admin> as FromRequestParts<_>>::from_request_parts(parts, app).await;
        let name =
            session.and_then(|session| session.get::<String>(USER)).map_err(IntoResponse::into_response)?;
        // The admin session can be another user's, because signing in to the shop as somebody else does not end it.
        if name.as_ref() == Some(&user.name) {
            Ok(Self(user))
        } else {
            Err(Redirect::to("/admin/sign-in").into_response())
        }
    }
}
