//! A finished `Set-Cookie` header value.

use std::fmt;

/// A complete, valid value of a `Set-Cookie` header. Made by `CookieTemplate`.
///
/// It holds only visible ASCII and spaces, so it can go into any HTTP message as it is. `Display`,
/// `AsRef<str>` and `Into<String>` give the whole text, session and all; `Debug` leaves the cookie's value
/// out.
///
/// With the feature `http`, `http::HeaderValue` is `From<SetCookie>`: it takes over the buffer and is
/// marked sensitive, so that its `Debug` is redacted and HTTP/2 keeps it out of compression tables.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie(String);

impl SetCookie {
    /// `text` is `name=value` and attributes, all of them checked by the caller.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The header value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the cookie.
    pub fn name(&self) -> &str {
        self.split().0
    }

    /// The value of the cookie; empty if this is a removal.
    pub fn value(&self) -> &str {
        self.split().1
    }

    /// Neither can a name hold a `=`, nor a value a `;`.
    fn split(&self) -> (&str, &str) {
        let pair = self.0.split_once(';').map_or(self.as_str(), |(pair, _)| pair);
        pair.split_once('=').unwrap_or((pair, ""))
    }
}

impl AsRef<str> for SetCookie {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<SetCookie> for String {
    fn from(cookie: SetCookie) -> Self {
        cookie.0
    }
}

impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetCookie").field("name", &self.name()).finish_non_exhaustive()
    }
}

#[cfg(feature = "http")]
impl From<SetCookie> for http::HeaderValue {
    fn from(cookie: SetCookie) -> Self {
        let value = http::HeaderValue::try_from(cookie.0);
        let mut value = value.expect("a SetCookie holds nothing but visible ASCII and spaces");
        value.set_sensitive(true);
        value
    }
}
