//! The request of a visitor, and the data in the session.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use signed_session::axum::{FlashMessages, Session, SessionError};
use signed_session::{CookieHeader, Rejection};

use crate::cookie::Cookie;
use crate::error::AppError;
use crate::layout::Frame;
use crate::state::App;
use crate::time;

/// The visitor's data in the session. Each field is an entry.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Visitor {
    /// `None` before the sign-in.
    pub(crate) name: Option<String>,
    /// Entries written since the sign-in.
    pub(crate) written: u32,
}

/// A request for a page. Extracting it does not access the session.
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

impl Visit {
    /// Returns the frame of the requested page. It shows the flash messages, so this removes them from the session.
    pub(crate) fn frame(&self) -> Result<Frame, AppError> {
        let session = &self.session;
        let timeout = time::span(self.app.timeout);
        let expired = session.rejection().filter(Rejection::is_expired);
        let is_expired = expired.is_some();
        let signed_out_because = expired.filter(|_| self.had_name()).map(|why| {
            if why.is_lifetime_exceeded() {
                "because you signed in too long ago".to_owned()
            } else {
                format!("after {timeout} without a request")
            }
        });
        let messages = FlashMessages::take(session).into_iter().collect();
        let user = session.read::<Visitor>()?.name;
        if session.is_empty() && (is_expired || !session.is_new()) {
            // The session is empty, so remove the cookie.
            session.invalidate();
        }
        let ends = session.expires_at().map_or_else(String::new, |at| time::clock(&at));
        let csrf = String::new();
        let frame = Frame { has_session: true, user, messages, signed_out_because, csrf, timeout, ends };
        // Signed-in visitors need a token on each page for the form to sign out. Others get no token, so they need no
        // cookie.
        Ok(if frame.user.is_some() { frame.with_token(session)? } else { frame })
    }

    /// Returns whether the rejected session has a name.
    fn had_name(&self) -> bool {
        let record = Cookie::of(&self.cookies, &self.app.sessions).and_then(|cookie| cookie.record());
        record.is_some_and(|record| matches!(record.state.get::<Option<String>>("name"), Ok(Some(Some(_)))))
    }
}
