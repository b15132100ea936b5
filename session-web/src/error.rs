//! The error of the extractors and of the CSRF check.

use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::{EntryError, FactoryError};

use crate::csrf::CsrfError;
#[cfg(any(feature = "tower", feature = "actix"))]
use crate::head::RequestHead;

/// Error returned by the extractors, by their methods, such as `Session::get`, and by the CSRF check.
///
/// It converts into a response in axum and actix-web, so a handler can return it. The response shows one line of text,
/// [`message`](Self::message). Details go only to the log. An application with its own error type needs one conversion,
/// and can leave the response to this type:
///
/// ```
/// # extern crate session_web as signed_session;
/// # #[cfg(feature = "axum")] {
/// use axum::http::StatusCode;
/// use axum::response::{IntoResponse, Response};
/// use signed_session::axum::{Session, SessionError};
///
/// enum AppError {
///     NotFound,
///     Session(SessionError),
/// }
///
/// impl From<SessionError> for AppError {
///     fn from(error: SessionError) -> Self {
///         Self::Session(error)
///     }
/// }
///
/// impl IntoResponse for AppError {
///     fn into_response(self) -> Response {
///         match self {
///             Self::NotFound => StatusCode::NOT_FOUND.into_response(),
///             Self::Session(error) => error.into_response(),
///         }
///     }
/// }
///
/// async fn cart(session: Session) -> Result<String, AppError> {
///     session.get("cart")?.ok_or(AppError::NotFound)
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionError(Kind);

/// The status of the response to a body whose content type is not that of a form.
const UNSUPPORTED_MEDIA_TYPE: u16 = 415;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// No `SessionLayer` with this name is around the handler or the `CsrfLayer`. Contains the name of the type `N`,
    /// such as `my_app::Admin`.
    NoLayer(&'static str),
    /// The session could not be loaded. Contains the factory's error, and the time after which to try again if a retry
    /// may succeed.
    Load(LoadFailure, Option<Duration>),
    Entry(EntryError),
    Csrf(CsrfError),
    Form,
    Body(u16),
}

/// The error of a factory that could not load a session.
#[derive(Clone)]
struct LoadFailure(Arc<dyn Error + Send + Sync>);

/// Shows the error's `Display` text. The error's own `Debug` output may show the contents of the session, because the
/// factory and its error can be the application's.
impl fmt::Debug for LoadFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoadFailure").field(&self.0.to_string()).finish()
    }
}

/// Compares the `Display` texts of the errors.
impl PartialEq for LoadFailure {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for LoadFailure {}

impl SessionError {
    /// Creates the error for a handler or a `CsrfLayer` without a `SessionLayer` named `N` around it.
    pub(crate) fn no_layer<N>() -> Self {
        Self(Kind::NoLayer(type_name::<N>()))
    }

    /// Creates the error for a session that could not be loaded. If `error` has a `retry_after`, the factory has
    /// already logged it.
    pub(crate) fn load(error: impl FactoryError) -> Self {
        let retry_after = error.retry_after();
        Self(Kind::Load(LoadFailure(Arc::new(error)), retry_after))
    }

    /// Creates the error for a request that the CSRF check refused, and logs the reason.
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub(crate) fn csrf(error: CsrfError, head: RequestHead<'_>) -> Self {
        tracing::warn!(reason = %error, method = head.method(), path = head.path(), "cross-site request refused");
        Self(Kind::Csrf(error))
    }

    /// Creates the error for a form that does not fit the handler's type, and logs the reason. Neither argument may
    /// quote the form.
    pub(crate) fn form(type_name: &str, reason: &str) -> Self {
        tracing::debug!(r#type = type_name, reason, "form does not fit the handler's type");
        Self(Kind::Form)
    }

    /// Creates the error for a body that could not be read, and logs the reason. The error of the framework or the body
    /// is not logged, because it may quote the form.
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub(crate) fn unreadable_body(status: u16, head: RequestHead<'_>) -> Self {
        let reason = if status == 413 {
            "longer than the framework's limit"
        } else {
            "the body or the framework returned an error"
        };
        Self::body(status, reason, head)
    }

    /// Creates the error for a body whose content type is not that of a form, and logs the reason.
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub(crate) fn not_a_form(head: RequestHead<'_>) -> Self {
        Self::body(UNSUPPORTED_MEDIA_TYPE, "the body is not application/x-www-form-urlencoded", head)
    }

    /// Creates the error for a body that was not read, and logs the reason, which must not quote the form. The response
    /// gets `status`.
    #[cfg(any(feature = "tower", feature = "actix"))]
    pub(crate) fn body(status: u16, reason: impl fmt::Display, head: RequestHead<'_>) -> Self {
        tracing::debug!(status, %reason, method = head.method(), path = head.path(), "form not read");
        Self(Kind::Body(status))
    }

    /// Logs the error if its status is 500. Called when the error becomes a response, not when the error is created: a
    /// handler may recover from the error, and then no log line is needed.
    pub(crate) fn log(&self) {
        match self.0 {
            Kind::NoLayer(_) | Kind::Entry(_) | Kind::Load(_, None) => {
                tracing::error!(error = %self, "session error")
            }
            Kind::Load(_, Some(_)) | Kind::Csrf(_) | Kind::Form | Kind::Body(_) => {}
        }
    }

    /// Returns whether no `SessionLayer` with the session's name is around the handler or the `CsrfLayer`.
    pub fn is_no_layer(&self) -> bool {
        matches!(self.0, Kind::NoLayer(_))
    }

    /// Returns whether the session could not be loaded, for example because its store cannot be reached.
    pub fn is_load(&self) -> bool {
        matches!(self.0, Kind::Load(..))
    }

    /// Returns the time after which the browser should try again, if the store of the sessions cannot be reached. The
    /// response then has the status 503 and this time in the header `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.0 {
            Kind::Load(_, retry_after) => retry_after,
            _ => None,
        }
    }

    /// Returns whether the check of the origin refused the request: `BadCSRFOrigin` in Pyramid.
    pub fn is_bad_csrf_origin(&self) -> bool {
        matches!(self.0, Kind::Csrf(CsrfError::Origin(_)))
    }

    /// Returns whether the check of the CSRF token refused the request: `BadCSRFToken` in Pyramid. The request or the
    /// session has no token, or the two tokens differ.
    pub fn is_bad_csrf_token(&self) -> bool {
        matches!(self.0, Kind::Csrf(CsrfError::Token(_)))
    }

    /// Returns whether the submitted form does not fit the handler's type, or the body is not a form.
    pub fn is_form(&self) -> bool {
        matches!(self.0, Kind::Form | Kind::Body(UNSUPPORTED_MEDIA_TYPE))
    }

    /// Returns whether a change was not made because other clones of the session changed, invalidated or renewed it at
    /// the same time. Read the session again and retry.
    pub fn is_conflict(&self) -> bool {
        self.entry().is_some_and(EntryError::is_conflict)
    }

    /// Returns the [`EntryError`], if the cause is a session or an entry that cannot be read or changed.
    pub fn entry(&self) -> Option<&EntryError> {
        match &self.0 {
            Kind::Entry(error) => Some(error),
            _ => None,
        }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> u16 {
        match self.0 {
            Kind::NoLayer(_) | Kind::Entry(_) | Kind::Load(_, None) => 500,
            Kind::Load(_, Some(_)) => 503,
            Kind::Csrf(_) => 403,
            Kind::Form => 422,
            Kind::Body(status) => status,
        }
    }

    /// Returns the text of the response. It is meant for the browser; the error's `Display` is meant for the log.
    pub fn message(&self) -> &'static str {
        match self.0 {
            Kind::NoLayer(_) => "There is no SessionLayer for this route.",
            Kind::Entry(_) => "The session could not be used.",
            Kind::Load(..) => "The session could not be loaded. Try again later.",
            Kind::Csrf(_) => "This request could not be verified. Reload the page and try again.",
            Kind::Form => "The form is invalid.",
            Kind::Body(413) => "The form is too large.",
            Kind::Body(UNSUPPORTED_MEDIA_TYPE) => "The request must contain a form.",
            Kind::Body(_) => "The form could not be read.",
        }
    }
}

/// The text for the log. The text for the browser is [`message`](SessionError::message).
impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NoLayer(name) => {
                f.write_str("no SessionLayer ")?;
                if *name != type_name::<()>() {
                    write!(f, "named `{name}` ")?;
                }
                f.write_str(
                    "is around the handler or the CsrfLayer; the SessionLayer has to be outermost: add it last, or first in a ServiceBuilder",
                )
            }
            Kind::Entry(error) => error.fmt(f),
            Kind::Load(failure, _) => write!(f, "session not loaded: {}", failure.0),
            Kind::Csrf(error) => write!(f, "cross-site request refused: {error}"),
            Kind::Form => f.write_str("form does not fit the handler's type"),
            Kind::Body(413) => f.write_str("form is larger than the limit"),
            Kind::Body(UNSUPPORTED_MEDIA_TYPE) => {
                f.write_str("the body is not a form; send it as application/x-www-form-urlencoded")
            }
            Kind::Body(_) => f.write_str("form could not be read"),
        }
    }
}

impl Error for SessionError {
    /// Returns the error of the factory or of the CSRF check, if there is one. `Display` of the `SessionError` already
    /// includes the text of the source. If an [`EntryError`] is the cause, its text is the whole text, so this method
    /// returns the source of the `EntryError`. [`entry`](Self::entry) returns the `EntryError` itself.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Entry(error) => error.source(),
            Kind::Load(failure, _) => Some(&*failure.0),
            Kind::Csrf(error) => Some(error),
            Kind::NoLayer(_) | Kind::Form | Kind::Body(_) => None,
        }
    }
}

impl From<EntryError> for SessionError {
    fn from(error: EntryError) -> Self {
        Self(Kind::Entry(error))
    }
}
