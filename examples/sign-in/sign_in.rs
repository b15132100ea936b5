//! Signing in and out.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use signed_session::axum::{Level, Session, SessionError};

use crate::error::AppError;
use crate::sessions::{Admin, REMEMBERED_LIFETIME, REMEMBERED_TIMEOUT};
use crate::state::App;
use crate::who::{AdminUser, USER};

#[derive(Deserialize)]
pub(crate) struct SignIn {
    name: String,
    password: String,
    /// The value of a checkbox. Browsers send the value only if the box is checked.
    remember: Option<String>,
}

/// `POST /sign-in`
pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    session: Session,
    Form(form): Form<SignIn>,
) -> Result<Redirect, AppError> {
    if !app.verify(form.name.clone(), form.password).await? {
        // A wrong name and a wrong password get the same message, so that the message does not tell which names exist.
        // The redirect leads to the form, which shows the message. Reloading the form does not send the password again.
        // A client may send the form many times and never load a page, so queue the message only once.
        session.flash_unless_queued("Wrong name or password.", Level::Error)?;
        return Ok(Redirect::to("/sign-in"));
    }
    begin_session(&session, &form.name)?;
    if form.remember.is_some() {
        // Set the limits after `begin_session`, which removes the limits of the old session.
        session.set_timeout(REMEMBERED_TIMEOUT)?;
        session.set_lifetime(REMEMBERED_LIFETIME)?;
    }
    session.flash_unless_queued(format!("Welcome, {}.", form.name), Level::Success)?;
    Ok(Redirect::to("/account"))
}

/// Begins the session of a user whose password was verified. The session gets a new CSRF token.
fn begin_session(session: &Session, name: &str) -> Result<(), SessionError> {
    match session.get::<String>(USER)? {
        // The cart belongs to another user.
        Some(previous) if previous != name => session.invalidate(),
        // `renew()` keeps the visitor's cart and flash messages. An attacker may have planted the old session, with its
        // cart, in the browser. A planted cart is harmless. Call `invalidate()` if the session holds anything that you
        // would not accept from a stranger, such as an address or a permission.
        _ => session.renew(),
    }
    session.insert(USER, name)
}

/// `POST /sign-out`
pub(crate) async fn sign_out(session: Session, admin: Session<Admin>) -> Result<Redirect, AppError> {
    admin.invalidate(); // the response removes the admin cookie
    session.invalidate();
    // The response replaces the shop's cookie instead of removing it, because the new session holds this message.
    session.flash("You have signed out.", Level::Info)?;
    Ok(Redirect::to("/"))
}

#[derive(Deserialize)]
pub(crate) struct Password {
    password: String,
}

/// `POST /admin/sign-in`. An administrator who is signed in enters the password again.
pub(crate) async fn admin_sign_in(
    State(app): State<Arc<App>>,
    AdminUser(user): AdminUser,
    session: Session,
    admin: Session<Admin>,
    Form(form): Form<Password>,
) -> Result<Redirect, AppError> {
    if !app.verify(user.name.clone(), form.password).await? {
        session.flash_unless_queued("Wrong password.", Level::Error)?;
        return Ok(Redirect::to("/admin/sign-in"));
    }
    admin.invalidate(); // the old session holds nothing to keep
    admin.insert(USER, user.name)?;
    Ok(Redirect::to("/admin"))
}
