//! The reason for refusing a request.

use std::borrow::Cow;
use std::fmt;

/// The reason for refusing a request. It is meant for the log, not for the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CsrfError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Origin(Cow<'static, str>),
    Token(&'static str),
}

impl CsrfError {
    pub(crate) fn origin(why: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Origin(why.into()))
    }

    pub(crate) const fn token(why: &'static str) -> Self {
        Self(Kind::Token(why))
    }

    /// Returns whether the check of the origin refused the request.
    pub(crate) fn is_origin(&self) -> bool {
        matches!(self.0, Kind::Origin(_))
    }
}

impl fmt::Display for CsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Origin(why) => write!(f, "origin: {why}"),
            Kind::Token(why) => write!(f, "token: {why}"),
        }
    }
}

impl std::error::Error for CsrfError {}
