//! The pages to read, write, sign in and sign out.

use askama::Template;
use axum::Form;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use signed_session::axum::{Level, TypedSession};
use signed_session::{Clock, SystemClock, Timestamp};

use crate::book::{Entry, validated};
use crate::error::AppError;
use crate::layout::{Frame, Message, page};
use crate::user_agent;
use crate::visit::{Visit, Visitor};

/// Maximum length of a name, in characters.
const MAX_NAME_LEN: usize = 40;
/// Maximum length of an entry, in characters.
const MAX_TEXT_LEN: usize = 500;

/// A form field with its value and the message for an invalid value.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) value: String,
    pub(crate) error: Option<String>,
}

impl Field {
    pub(crate) fn invalid(value: String, error: String) -> Self {
        Self { value, error: Some(error) }
    }

    /// Returns the status of the response whose page has this field.
    pub(crate) fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

#[derive(Template)]
#[template(path = "guestbook.html")]
struct Guestbook {
    frame: Frame,
    visitor: Visitor,
    entries: Vec<Entry>,
    now: Timestamp,
    text: Field,
    max_len: usize,
}

impl Guestbook {
    fn respond(visit: &Visit, text: Field) -> Result<Response, AppError> {
        let (frame, visitor) = (visit.frame()?, visit.session.read()?);
        let (status, entries) = (text.status(), visit.app.book().entries());
        let now = SystemClock.now();
        Ok(page(status, &Self { frame, visitor, entries, now, text, max_len: MAX_TEXT_LEN })?)
    }
}

/// `GET /`
pub(crate) async fn guestbook(visit: Visit) -> Result<Response, AppError> {
    Guestbook::respond(&visit, Field::default())
}

// A missing field counts as empty, so the visitor sees the form with a message instead of the page "Bad request".
#[derive(Deserialize)]
pub(crate) struct NewEntry {
    #[serde(default)]
    text: String,
}

/// `POST /`
pub(crate) async fn write(
    visit: Visit,
    visitor: TypedSession<Visitor>,
    Form(form): Form<NewEntry>,
) -> Result<Response, AppError> {
    let Some(name) = visitor.get()?.name else {
        visit.session.flash_unless_queued("Sign in to sign the book.", Level::Warning)?;
        return Ok(Redirect::to("/account/sign-in").into_response());
    };
    let text = match validated(&form.text, MAX_TEXT_LEN) {
        Ok(text) => text.to_owned(),
        Err(error) => return Guestbook::respond(&visit, Field::invalid(form.text, error)),
    };
    visit.app.book().sign(Entry { name, text, at: SystemClock.now() });
    visitor.update(|visitor| visitor.written = visitor.written.saturating_add(1))?;
    visit.session.flash_unless_queued("Thank you: your entry is in the book.", Level::Success)?;
    Ok(Redirect::to("/").into_response())
}

#[derive(Template)]
#[template(path = "sign-in.html")]
struct SignIn {
    frame: Frame,
    name: Field,
    max_len: usize,
}

impl SignIn {
    fn respond(visit: &Visit, name: Field) -> Result<Response, AppError> {
        let frame = visit.frame()?.with_token(&visit.session)?;
        Ok(page(name.status(), &Self { frame, name, max_len: MAX_NAME_LEN })?)
    }
}

/// `GET /account/sign-in`
pub(crate) async fn sign_in_form(visit: Visit) -> Result<Response, AppError> {
    SignIn::respond(&visit, Field::default())
}

#[derive(Deserialize)]
pub(crate) struct Name {
    #[serde(default)]
    name: String,
}

/// `POST /account/sign-in`
pub(crate) async fn sign_in(
    visit: Visit,
    visitor: TypedSession<Visitor>,
    headers: HeaderMap,
    Form(form): Form<Name>,
) -> Result<Response, AppError> {
    let name = match validated(&form.name, MAX_NAME_LEN) {
        Ok(name) => name.to_owned(),
        Err(error) => return SignIn::respond(&visit, Field::invalid(form.name, error)),
    };
    // End the current session and its CSRF token, because an attacker may have planted this session.
    visit.session.invalidate();
    visit.session.flash(format!("Welcome, {name}."), Level::Success)?;
    if visit.app.has_store {
        // With an owner, the session appears in the user's list, where the user can end it.
        visit.session.set_owner(&name)?;
        visit.session.set_label(&user_agent::label(&headers))?;
    }
    visitor.set(&Visitor { name: Some(name), written: 0 })?;
    Ok(Redirect::to("/").into_response())
}

/// `POST /account/sign-out`
pub(crate) async fn sign_out(visit: Visit) -> Result<Redirect, AppError> {
    visit.session.invalidate();
    visit.session.flash("You have signed out.", Level::Info)?;
    Ok(Redirect::to("/"))
}

/// Returns the page for a client error. `is_bad_origin` tells whether the CSRF layer refused the request because of its
/// origin.
pub(crate) fn client_error(
    visit: &Visit,
    status: StatusCode,
    is_bad_origin: bool,
) -> Result<Response, AppError> {
    let (title, text) = match status {
        StatusCode::FORBIDDEN if is_bad_origin => (
            "This form was not sent from our site",
            "Nothing was changed. Your browser reports that another site sent the form, or does not say which site did. \
             Open the guestbook and send the form from there.",
        ),
        StatusCode::FORBIDDEN => (
            "This form is out of date",
            "Nothing was changed. The form does not belong to your current session: you have signed in or out since you \
             opened it, or your session has expired. Go back to copy your text, then reload the page.",
        ),
        StatusCode::NOT_FOUND => ("Page not found", "Check the address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Method not allowed", "This address does not accept this kind of request.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("Form too large", "Nothing was changed. The form exceeds the limit.")
        }
        _ => ("Bad request", "Nothing was changed. The server could not read the request."),
    };
    Ok(page(status, &Message { frame: visit.frame()?, title, text })?)
}
