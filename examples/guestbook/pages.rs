//! The guestbook, and the way in and out.

use askama::Template;
use axum::Form;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use signed_session::axum::{Level, TypedSession};
use signed_session::{Clock, SystemClock, Timestamp};

use crate::book::{Entry, typed};
use crate::error::AppError;
use crate::visit::{Frame, Visit, Visitor};

/// Characters.
const LONGEST_NAME: usize = 40;
/// Characters.
const LONGEST_TEXT: usize = 500;

/// A field of a form: what is in it, and what is wrong with that.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) value: String,
    pub(crate) error: Option<String>,
}

impl Field {
    pub(crate) fn wrong(value: String, error: String) -> Self {
        Self { value, error: Some(error) }
    }

    /// Of the page with this field in its form.
    pub(crate) fn status(&self) -> StatusCode {
        if self.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
    }
}

/// A page that nobody but this browser may keep, and that it asks for again, so that none outlives its session.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response, AppError> {
    let html = Html(template.render()?);
    Ok((status, [(header::CACHE_CONTROL, "private, no-cache")], html).into_response())
}

#[derive(Template)]
#[template(path = "guestbook.html")]
struct Guestbook {
    frame: Frame,
    visitor: Visitor,
    entries: Vec<Entry>,
    now: Timestamp,
    text: Field,
    longest: usize,
}

impl Guestbook {
    fn respond(visit: &Visit, text: Field) -> Result<Response, AppError> {
        let (frame, visitor) = (visit.frame()?, visit.session.read()?);
        let (status, entries) = (text.status(), visit.app.book().entries());
        page(status, &Self { frame, visitor, entries, now: SystemClock.now(), text, longest: LONGEST_TEXT })
    }
}

/// `GET /`
pub(crate) async fn guestbook(visit: Visit) -> Result<Response, AppError> {
    Guestbook::respond(&visit, Field::default())
}

// A field that is missing is an empty one: it is for us to say what is wrong with that.
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
    let text = match typed(&form.text, LONGEST_TEXT) {
        Ok(text) => text.to_owned(),
        Err(error) => return Guestbook::respond(&visit, Field::wrong(form.text, error)),
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
    longest: usize,
}

impl SignIn {
    fn respond(visit: &Visit, name: Field) -> Result<Response, AppError> {
        let frame = visit.frame()?.with_token(&visit.session)?;
        page(name.status(), &Self { frame, name, longest: LONGEST_NAME })
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
    Form(form): Form<Name>,
) -> Result<Response, AppError> {
    let name = match typed(&form.name, LONGEST_NAME) {
        Ok(name) => name.to_owned(),
        Err(error) => return SignIn::respond(&visit, Field::wrong(form.name, error)),
    };
    // A session that somebody else may have planted in the browser ends here, and its CSRF token with it.
    visit.session.invalidate();
    visit.session.flash(format!("Welcome, {name}."), Level::Success)?;
    visitor.set(&Visitor { name: Some(name), written: 0 })?;
    Ok(Redirect::to("/").into_response())
}

/// `POST /account/sign-out`
pub(crate) async fn sign_out(visit: Visit) -> Result<Redirect, AppError> {
    visit.session.invalidate();
    visit.session.flash("You have signed out.", Level::Info)?;
    Ok(Redirect::to("/"))
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) frame: Frame,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

/// Why a request was refused.
pub(crate) fn refusal(visit: &Visit, status: StatusCode) -> Result<Response, AppError> {
    let (title, text) = match status {
        StatusCode::FORBIDDEN => (
            "This form is out of date",
            "Nothing was changed: the form does not belong to your present session, because you have signed in or out \
             since it was opened, or have been away for too long. Go back to copy what you have written, then load the \
             page again.",
        ),
        StatusCode::NOT_FOUND => ("There is no such page", "The address may be mistyped."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("There is nothing to see here", "This address only takes what a form sends to it.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            ("This is too much", "Nothing was changed: the form was longer than any should be.")
        }
        _ => ("This was not understood", "Nothing was changed: the request is not one that our pages make."),
    };
    page(status, &Message { frame: visit.frame()?, title, text })
}
