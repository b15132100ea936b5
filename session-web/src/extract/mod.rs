//! What handlers hold as extractors. The types are ours, so it is here that the frameworks' traits are implemented.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;

use session_core::Error;

use crate::csrf::CsrfToken;
use crate::flash::FlashMessages;
use crate::session::Session;
use crate::typed::TypedSession;

/// What is made from the session of a request.
#[cfg_attr(not(any(feature = "axum", feature = "actix")), allow(dead_code))]
trait FromSession<N>: Sized {
    fn from_session(session: Session<N>) -> Result<Self, Error>;
}

impl<N> FromSession<N> for Session<N> {
    fn from_session(session: Session<N>) -> Result<Self, Error> {
        Ok(session)
    }
}

impl<T, N> FromSession<N> for TypedSession<T, N> {
    fn from_session(session: Session<N>) -> Result<Self, Error> {
        Ok(session.into())
    }
}

impl<N> FromSession<N> for FlashMessages<N> {
    fn from_session(session: Session<N>) -> Result<Self, Error> {
        Ok(Self::take(&session))
    }
}

impl<N> FromSession<N> for CsrfToken<N> {
    fn from_session(session: Session<N>) -> Result<Self, Error> {
        Self::of(&session)
    }
}
