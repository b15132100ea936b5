//! The one error type of the crate.

use std::borrow::Cow;
use std::fmt;

/// Why a cookie cannot be made.
///
/// The message says what to do. It may quote the configuration (name, path, domain), never the value of a
/// cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieError {
    kind: Kind,
    message: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Name,
    Value,
    TooLarge,
    Path,
    Domain,
    MaxAge,
    SameSite,
    Partitioned,
    Prefix,
}

impl CookieError {
    pub(crate) fn new(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The name is empty or not a token.
    pub fn is_invalid_name(&self) -> bool {
        self.kind == Kind::Name
    }

    /// The value holds something other than cookie-octets, or was not begun with
    /// [`start`](crate::CookieTemplate::start).
    pub fn is_invalid_value(&self) -> bool {
        self.kind == Kind::Value
    }

    /// Name and value together are over 4096 bytes, or the path is over 1024: browsers would drop the cookie
    /// or the attribute.
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// The path does not start with `/`, or holds something that a path cannot hold.
    pub fn is_invalid_path(&self) -> bool {
        self.kind == Kind::Path
    }

    /// The domain is not an ASCII host name.
    pub fn is_invalid_domain(&self) -> bool {
        self.kind == Kind::Domain
    }

    /// The max-age is less than one second.
    pub fn is_invalid_max_age(&self) -> bool {
        self.kind == Kind::MaxAge
    }

    /// The SameSite value is unknown, or it is `None` without `secure`.
    pub fn is_invalid_samesite(&self) -> bool {
        self.kind == Kind::SameSite
    }

    /// `partitioned` without `secure`.
    pub fn is_invalid_partitioned(&self) -> bool {
        self.kind == Kind::Partitioned
    }

    /// The name has a prefix (`__Secure-`, `__Host-`, `__Http-`, `__Host-Http-`) whose conditions the
    /// attributes do not meet.
    pub fn is_prefix_violation(&self) -> bool {
        self.kind == Kind::Prefix
    }
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CookieError {}
