//! The reason for refusing a request.

use std::borrow::Cow;
use std::fmt;

/// The reason for refusing a request. It is meant for the log, not for the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CsrfError {
    /// The check of the origin refused the request.
    Origin(Cow<'static, str>),
    /// The check of the token refused the request.
    Token(&'static str),
}

impl fmt::Display for CsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(why) => write!(f, "origin: {why}"),
            Self::Token(why) => write!(f, "token: {why}"),
        }
    }
}

impl std::error::Error for CsrfError {}
