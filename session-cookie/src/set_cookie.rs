//! The value of a `Set-Cookie` header.

use std::fmt;

/// A complete, valid value of a `Set-Cookie` header, created by a [`CookieTemplate`](crate::CookieTemplate).
///
/// It contains only visible ASCII and spaces, so any HTTP message can contain it. `Display`, `AsRef` and `Into<String>`
/// give the complete text, with the cookie's value. `Debug` omits the cookie's value.
///
/// With the feature `http`, `http::HeaderValue` implements `From<SetCookie>`. The header value reuses the buffer and is
/// marked as sensitive, so that `Debug` redacts it and HTTP/2 does not add it to compression tables.
#[derive(Clone, PartialEq, Eq)]
pub struct SetCookie(String);

impl SetCookie {
    /// Wraps `name=value` and attributes, all of which the caller has checked.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the value of the header.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of the cookie.
    pub fn name(&self) -> &str {
        self.split().0
    }

    /// Returns the value of the cookie, which is empty in a removal.
    pub fn value(&self) -> &str {
        self.split().1
    }

    /// Splits name and value. A name cannot contain `=`, and a value cannot contain `;`.
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

impl AsRef<[u8]> for SetCookie {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
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
        let mut value = value.expect("a SetCookie contains only visible ASCII and spaces");
        value.set_sensitive(true);
        value
    }
}
