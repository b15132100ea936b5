//! The routes and the layers around them.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use signed_session::axum::{CsrfLayer, CsrfPolicy, SessionLayer};

use crate::sessions::{Admin, Sessions};
use crate::state::App;
use crate::users::Users;
use crate::{pages, sign_in};

pub(crate) fn router(sessions: Sessions, users: Users) -> Result<Router, Box<dyn Error>> {
    let csrf = CsrfPolicy::builder().assume_https(sessions.is_https).build()?;
    Ok(Router::new()
        .route("/", get(pages::shop))
        .route("/cart", post(pages::add_to_cart))
        .route("/sign-in", get(pages::sign_in_form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/account", get(pages::account))
        .route("/admin", get(pages::admin))
        .route("/admin/sign-in", get(pages::admin_sign_in_form).post(sign_in::admin_sign_in))
        .layer(CsrfLayer::new(csrf)) // checks the CSRF token of the shop's session, also in the admin area
        .layer(SessionLayer::new(sessions.admin).named::<Admin>())
        .layer(SessionLayer::new(sessions.site))
        .with_state(Arc::new(App::new(users))))
}
