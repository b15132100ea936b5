use std::any::type_name;
use std::fmt;

use session_core::Error;

use crate::csrf::{CsrfError, RequestHead};

/// Why a request gets an error for a response: the session does not hold what was asked for, there is none, or the
/// request was refused. It is a response of axum's and an error of actix-web's, and is made from an [`Error`], so that a
/// handler can return it by `?`. What is wrong in detail goes to the log.
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
    Csrf,
    Form,
    Body(u16),
}

impl SessionError {
    /// There is no `SessionLayer` of this name around the handler.
    pub fn no_layer<N>() -> Self {
        Self(Reason::NoLayer(type_name::<N>()))
    }

    /// The request was refused.
    pub fn csrf(error: &CsrfError, head: &impl RequestHead) -> Self {
        tracing::warn!(reason = %error, method = head.method(), path = head.path(), "refused as a cross-site request");
        Self(Reason::Csrf)
    }

    /// The form is not what was asked for.
    pub fn form(error: &str) -> Self {
        tracing::debug!(error, "a form is not what was asked for");
        Self(Reason::Form)
    }

    /// The body could not be read; the status says why.
    pub fn body(status: u16) -> Self {
        Self(Reason::Body(status))
    }

    /// Logs what was not logged when it happened, as the error becomes a response: a handler may do without a layer.
    #[cfg_attr(not(any(feature = "tower", feature = "actix")), allow(dead_code))]
    pub(crate) fn log(&self) {
        if let Reason::NoLayer(name) = self.0 {
            let name = if name == type_name::<()>() { "without a name" } else { name };
            tracing::error!(name, "no SessionLayer of this name around the handler, or around the CsrfLayer");
        }
    }

    /// The status of the response.
    pub fn status(&self) -> u16 {
        match self.0 {
            Reason::NoLayer(_) | Reason::Session => 500,
            Reason::Csrf => 403,
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
            Reason::Session => f.write_str("The session could not be read."),
            Reason::Csrf => f.write_str("This request could not be verified. Reload the page and try again."),
            Reason::Form => f.write_str("The form is not as it should be."),
            Reason::Body(413) => f.write_str("The form is too large."),
            Reason::Body(_) => f.write_str("The form could not be read."),
        }
    }
}

impl std::error::Error for SessionError {}

/// A 500; logs the error.
impl From<Error> for SessionError {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "the session does not hold what was asked for");
        Self(Reason::Session)
    }
}
