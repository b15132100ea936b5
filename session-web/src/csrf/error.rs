use std::borrow::Cow;
use std::fmt;

/// Why a request was refused: for the log. What the browser is told is 403 and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfError(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Origin(Cow<'static, str>),
    Token(&'static str),
}

impl CsrfError {
    pub(crate) fn origin(why: impl Into<Cow<'static, str>>) -> Self {
        Self(Reason::Origin(why.into()))
    }

    pub(crate) const fn token(why: &'static str) -> Self {
        Self(Reason::Token(why))
    }

    /// The request comes from elsewhere, or does not say where from: Pyramid's `BadCSRFOrigin`.
    pub fn is_origin(&self) -> bool {
        matches!(self.0, Reason::Origin(_))
    }

    /// The token is missing, or is another one: Pyramid's `BadCSRFToken`.
    pub fn is_token(&self) -> bool {
        matches!(self.0, Reason::Token(_))
    }
}

impl fmt::Display for CsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Origin(why) => write!(f, "origin: {why}"),
            Reason::Token(why) => write!(f, "token: {why}"),
        }
    }
}

impl std::error::Error for CsrfError {}
