use std::any::type_name;
use std::fmt;

use session_core::EntryError;

use crate::csrf::{CsrfError, RequestHead};

/// Error returned by the extractors, and by the check of a [`CsrfLayer`](crate::CsrfLayer).
///
/// It is `From<EntryError>`, and a response in axum and actix-web, so a handler can use `?` on the methods of a
/// [`Session`](crate::Session). The details go to the log and not to the browser.
///
/// ```
/// # fn main() {}
/// # use session_web::{Session, SessionError};
/// async fn visits(session: Session) -> Result<String, SessionError> {
///     let visits: u32 = session.get("visits")?.unwrap_or(0) + 1;
///     session.insert("visits", visits)?;
///     Ok(format!("Visit {visits}"))
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionError(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    /// The name that the session was asked for by.
    NoLayer(&'static str),
    Session,
    CsrfOrigin,
    CsrfToken,
    Form,
    Body(u16),
}

impl SessionError {
    /// No `SessionLayer` of this name is around the handler.
    pub(crate) fn no_layer<N>() -> Self {
        Self(Reason::NoLayer(type_name::<N>()))
    }

    /// The CSRF check refused the request; logs the reason.
    pub(crate) fn csrf(error: &CsrfError, head: &impl RequestHead) -> Self {
        tracing::warn!(reason = %error, method = head.method(), path = head.path(), "refused as a cross-site request");
        Self(if error.is_origin() { Reason::CsrfOrigin } else { Reason::CsrfToken })
    }

    /// The form does not have the type that the handler asked for; logs the reason.
    pub(crate) fn form(error: &str) -> Self {
        tracing::debug!(error, "a form is not what was asked for");
        Self(Reason::Form)
    }

    /// The body could not be read; the status says why.
    pub(crate) fn body(status: u16) -> Self {
        Self(Reason::Body(status))
    }

    /// Logs a missing layer. Called when the error becomes a response, because a handler may do without a layer.
    pub(crate) fn log(&self) {
        if let Reason::NoLayer(name) = self.0 {
            let name = if name == type_name::<()>() { "without a name" } else { name };
            tracing::error!(name, "no SessionLayer of this name around the handler, or around the CsrfLayer");
        }
    }

    /// Whether the request comes from another site, or does not say where it comes from: Pyramid's `BadCSRFOrigin`.
    pub fn is_bad_csrf_origin(&self) -> bool {
        self.0 == Reason::CsrfOrigin
    }

    /// Whether the CSRF token is missing or is not that of the session: Pyramid's `BadCSRFToken`.
    pub fn is_bad_csrf_token(&self) -> bool {
        self.0 == Reason::CsrfToken
    }

    /// The status of the response.
    pub fn status(&self) -> u16 {
        match self.0 {
            Reason::NoLayer(_) | Reason::Session => 500,
            Reason::CsrfOrigin | Reason::CsrfToken => 403,
            Reason::Form => 422,
            Reason::Body(status) => status,
        }
    }
}

/// The text of the response.
impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::NoLayer(_) => f.write_str("There is no SessionLayer for this route."),
            Reason::Session => f.write_str("The session could not be used."),
            Reason::CsrfOrigin | Reason::CsrfToken => {
                f.write_str("This request could not be verified. Reload the page and try again.")
            }
            Reason::Form => f.write_str("The form is not as it should be."),
            Reason::Body(413) => f.write_str("The form is too large."),
            Reason::Body(_) => f.write_str("The form could not be read."),
        }
    }
}

impl std::error::Error for SessionError {}

/// A 500; logs the error.
impl From<EntryError> for SessionError {
    fn from(error: EntryError) -> Self {
        let event = if error.is_read() {
            "the session does not hold what was asked for"
        } else if error.is_write() {
            "a value could not be written to the session"
        } else {
            // A conflict, or no random bytes: the error says it.
            "the session could not be changed"
        };
        tracing::error!(%error, "{event}");
        Self(Reason::Session)
    }
}
