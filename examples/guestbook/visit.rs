//! Who visits, and what every page shows of it.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use signed_session::axum::{CsrfToken, FlashMessage, FlashMessages, Session, SessionError};
use signed_session::{Clock, CookieHeader, Rejection, SystemClock};

use crate::app::App;
use crate::cookie::Cookie;
use crate::error::AppError;
use crate::time;

/// What the session holds of a visitor. Each field is a key of its own in the session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Visitor {
    /// None before the sign-in.
    pub(crate) name: Option<String>,
    /// Entries written since the sign-in.
    pub(crate) written: u32,
}

/// A request for a page. Taking it looks at nothing yet.
pub(crate) struct Visit {
    pub(crate) app: Arc<App>,
    pub(crate) session: Session,
    pub(crate) cookies: CookieHeader,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = SessionError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, SessionError> {
        let session = Session::from_request_parts(parts, app).await?;
        Ok(Self { app: Arc::clone(app), session, cookies: CookieHeader::from(&parts.headers) })
    }
}

/// What is around the contents of a page: who is signed in, for how long, and what there is to say.
#[derive(Default)]
pub(crate) struct Frame {
    /// Whether it is known who visits.
    pub(crate) is_known: bool,
    pub(crate) user: Option<String>,
    pub(crate) messages: Vec<FlashMessage>,
    /// The visitor was signed in until the session expired.
    pub(crate) was_signed_out: bool,
    /// The hidden field of the page's forms: HTML.
    pub(crate) csrf: String,
    /// How long a session lives without a request.
    pub(crate) timeout: String,
    /// When this one ends.
    pub(crate) ends: String,
}

impl Visit {
    /// The frame of the page that answers the request. It shows the flash messages, so they are gone after it.
    pub(crate) fn frame(&self) -> Result<Frame, AppError> {
        let session = &self.session;
        let is_expired = session.rejection().as_ref().is_some_and(Rejection::is_expired);
        let was_signed_out = is_expired && self.had_name();
        let messages = FlashMessages::take(session).into_iter().collect();
        let user = session.read::<Visitor>()?.name;
        if session.is_empty() && (is_expired || !session.is_new()) {
            // Nothing is left to be remembered, so the browser need not keep a cookie.
            session.invalidate();
        }
        let frame = Frame {
            is_known: true,
            messages,
            was_signed_out,
            csrf: String::new(),
            timeout: time::span(self.app.timeout),
            ends: time::clock(&(SystemClock.now() + self.app.timeout)),
            user,
        };
        // Whoever is signed in has the form to sign out on each page. Others get no token, and so no cookie, for nothing.
        if frame.user.is_some() { frame.with_token(session) } else { Ok(frame) }
    }

    /// Whether there is a name in the session that was not taken; only a session that is expired can be believed.
    fn had_name(&self) -> bool {
        let record = Cookie::of(&self.cookies, &self.app.sessions).and_then(|cookie| cookie.record());
        record.is_some_and(|record| matches!(record.state.get::<Option<String>>("name"), Ok(Some(Some(_)))))
    }
}

impl Frame {
    /// The frame of a page that has a form.
    pub(crate) fn with_token(mut self, session: &Session) -> Result<Self, AppError> {
        self.csrf = CsrfToken::of(session)?.field();
        Ok(self)
    }
}
