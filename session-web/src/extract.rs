//! The extractors' code that all frameworks share.

use crate::csrf::CsrfToken;
use crate::error::SessionError;
use crate::flash::FlashMessages;
use crate::session::Session;
use crate::typed::TypedSession;

/// An extractor that needs only the session of the request.
pub(crate) trait FromSession<N>: Sized {
    fn from_session(session: Session<N>) -> Result<Self, SessionError>;
}

impl<N> FromSession<N> for Session<N> {
    fn from_session(session: Session<N>) -> Result<Self, SessionError> {
        Ok(session)
    }
}

impl<T, N> FromSession<N> for TypedSession<T, N> {
    fn from_session(session: Session<N>) -> Result<Self, SessionError> {
        Ok(session.into())
    }
}

impl<N> FromSession<N> for FlashMessages<N> {
    fn from_session(session: Session<N>) -> Result<Self, SessionError> {
        Ok(Self::take(&session))
    }
}

impl<N> FromSession<N> for CsrfToken<N> {
    fn from_session(session: Session<N>) -> Result<Self, SessionError> {
        Self::of(&session)
    }
}
