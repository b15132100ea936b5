//! The parts that all pages have in common.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use signed_session::axum::{CsrfToken, FlashMessage, Session, SessionError};

/// Renders a page. Only the browser may cache it. The browser must ask the server before it reuses the page, so that no
/// page outlives its session.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response, askama::Error> {
    let html = Html(template.render()?);
    Ok((status, [(header::CACHE_CONTROL, "private, no-cache")], html).into_response())
}

/// The parts around the contents of a page: the user, the messages, and the times of the session.
#[derive(Default)]
pub(crate) struct Frame {
    /// Whether the session was read. A server error page does not read it.
    pub(crate) has_session: bool,
    pub(crate) user: Option<String>,
    pub(crate) messages: Vec<FlashMessage>,
    /// Whether the session is in a store.
    pub(crate) has_store: bool,
    /// How the previous session ended, if the request has the cookie of an ended session.
    pub(crate) ended: Option<String>,
    /// The hidden field with the CSRF token, as HTML. Empty if no form of the page needs the token.
    pub(crate) csrf: String,
    /// The time without a request after which a session expires.
    pub(crate) timeout: String,
    /// The time at which this session expires.
    pub(crate) ends: String,
}

impl Frame {
    /// Adds the CSRF token, for a page with a form.
    pub(crate) fn with_token(mut self, session: &Session) -> Result<Self, SessionError> {
        self.csrf = CsrfToken::of(session)?.field();
        Ok(self)
    }
}

/// A page with a message.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) frame: Frame,
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}
