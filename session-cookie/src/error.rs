//! The error type of the crate.

use std::borrow::Cow;
use std::fmt;

/// Error returned when the name, the value or an attribute of a cookie is invalid.
///
/// The message says what to do. It may contain the configuration (name, path, domain, SameSite), but never the value of
/// a cookie.
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

    /// Returns `true` if the name is empty or not a token.
    pub fn is_invalid_name(&self) -> bool {
        self.kind == Kind::Name
    }

    /// Returns `true` if the value contains bytes other than cookie-octets, or if the text passed to
    /// [`finish`](crate::CookieTemplate::finish) or
    /// [`finish_with_max_age`](crate::CookieTemplate::finish_with_max_age) does not begin with the string from
    /// [`start`](crate::CookieTemplate::start).
    pub fn is_invalid_value(&self) -> bool {
        self.kind == Kind::Value
    }

    /// Returns `true` if name and value together are over 4096 bytes, or the path is over 1024 bytes.
    ///
    /// Browsers ignore such a cookie or attribute.
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Returns `true` if the path does not start with `/`, or contains `;` or bytes that are not visible ASCII.
    pub fn is_invalid_path(&self) -> bool {
        self.kind == Kind::Path
    }

    /// Returns `true` if the domain is not an ASCII host name.
    pub fn is_invalid_domain(&self) -> bool {
        self.kind == Kind::Domain
    }

    /// Returns `true` if the max-age is less than one second.
    pub fn is_invalid_max_age(&self) -> bool {
        self.kind == Kind::MaxAge
    }

    /// Returns `true` if the SameSite value is unknown, or if `SameSite=None` is set without `secure`.
    pub fn is_invalid_samesite(&self) -> bool {
        self.kind == Kind::SameSite
    }

    /// Returns `true` if `partitioned` is set without `secure`.
    pub fn is_invalid_partitioned(&self) -> bool {
        self.kind == Kind::Partitioned
    }

    /// Returns `true` if the attributes do not meet the requirements of the name's prefix (`__Secure-`, `__Host-`,
    /// `__Http-`, `__Host-Http-`).
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
