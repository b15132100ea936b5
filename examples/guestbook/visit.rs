//! The request of a visitor, and the data in the session.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use signed_session::Rejection;
use signed_session::axum::{FlashMessages, Session};

use crate::error::AppError;
use crate::layout::Frame;
use crate::options::LIFETIME;
use crate::state::App;
use crate::time;

/// The visitor's data in the session. Each field is an entry of the session.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Visitor {
    /// `None` before the sign-in.
    pub(crate) name: Option<String>,
    /// Number of guestbook entries that the visitor has written since the sign-in.
    pub(crate) written: u32,
}

/// A request for a page. The extractor loads the session. Loading does not count as an access to the session.
pub(crate) struct Visit {
    pub(crate) app: Arc<App>,
    pub(crate) session: Session,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, AppError> {
        let session = Session::from_request_parts(parts, app).await?;
        Ok(Self { app: Arc::clone(app), session })
    }
}

impl Visit {
    /// Returns the name of the signed-in user.
    pub(crate) fn user(&self) -> Result<Option<String>, AppError> {
        Ok(self.session.read::<Visitor>()?.name)
    }

    /// Returns the frame: the parts around the contents of the requested page. The frame shows the flash messages, so
    /// this method removes them from the session.
    pub(crate) fn frame(&self) -> Result<Frame, AppError> {
        let session = &self.session;
        let timeout = time::span(self.app.timeout);
        let ended = session.rejection().and_then(|why| ended(&why, &timeout));
        let messages = FlashMessages::take(session).into_iter().collect();
        let user = self.user()?;
        if session.is_empty() && (ended.is_some() || !session.is_new()) {
            // The session in the cookie has ended or has no entries, so remove the cookie.
            session.invalidate();
        }
        let ends = session.expires_at().map_or_else(String::new, |at| time::clock(&at));
        let (has_store, csrf) = (self.app.has_store, String::new());
        let frame = Frame { has_session: true, has_store, user, messages, ended, csrf, timeout, ends };
        // Each page shows signed-in visitors the sign-out form, which needs a CSRF token. Other visitors get no token,
        // so they need no cookie.
        Ok(if frame.user.is_some() { frame.with_token(session)? } else { frame })
    }
}

/// Describes how a session ended, from the rejection of its cookie. Returns `None` if the cookie was rejected for a
/// reason other than the end of its session.
fn ended(why: &Rejection, timeout: &str) -> Option<String> {
    if why.is_lifetime_exceeded() {
        Some(format!("because it began more than {} ago", time::span(LIFETIME)))
    } else if why.is_expired() {
        Some(format!("after {timeout} without a request"))
    } else if why.is_revoked() {
        // The store does not record why a session ended.
        Some("because it expired, or because you ended it in another browser".to_owned())
    } else {
        None
    }
}
