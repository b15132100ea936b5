//! The parts of the session's cookie, for the session inspector.
//!
//! Applications need none of this. It only shows what the library does.

use std::borrow::Cow;

use signed_session::parts::session_core::Record;
use signed_session::{CookieHeader, CookieParts, Rejection, SignedCookieSessionFactory, Timestamp};

/// Length of an HMAC-SHA-512 in bytes.
pub(crate) const TAG_LEN: usize = 64;

/// Returns the number of bytes, of tag and payload, in base64 text of this length.
pub(crate) const fn bytes_in(text_len: usize) -> usize {
    text_len * 3 / 4
}

/// A cookie with the session's name.
pub(crate) struct Cookie {
    /// The cookie's value.
    pub(crate) text: String,
    /// Why the library rejects the cookie.
    pub(crate) rejection: Option<Rejection>,
    /// The time at which the session expires, if the cookie is verified.
    pub(crate) expires_at: Option<Timestamp>,
    /// Whether the signature is valid. The session may still be expired.
    pub(crate) is_signed: bool,
    /// Tag and payload, verified or not. `None` if the value is not base64 or shorter than a tag.
    parts: Option<CookieParts>,
}

impl Cookie {
    /// Returns the session's cookie of a request. Of several, returns the one that the library accepts, or the one
    /// whose rejection it reports.
    pub(crate) fn of(cookies: &CookieHeader, sessions: &SignedCookieSessionFactory) -> Option<Self> {
        let inspection = sessions.inspect(cookies.clone());
        let cookie = inspection.deciding()?;
        Some(Self {
            text: String::from_utf8_lossy(cookie.value()).into_owned(),
            rejection: cookie.rejection().cloned(),
            expires_at: cookie.expires_at(),
            is_signed: cookie.key().is_some(),
            parts: sessions.inspect_unverified(cookie.value()).ok(),
        })
    }

    /// Returns the record in the payload. Trust it only if the cookie is not rejected.
    pub(crate) fn record(&self) -> Option<Record> {
        self.parts.as_ref()?.record().ok().cloned()
    }

    /// Returns the length of the payload in bytes.
    pub(crate) fn payload_len(&self) -> usize {
        self.parts.as_ref().map_or(0, |parts| parts.payload().len())
    }

    /// Returns the text of the payload.
    pub(crate) fn payload_text(&self) -> Option<Cow<'_, str>> {
        self.parts.as_ref().map(|parts| String::from_utf8_lossy(parts.payload()))
    }

    /// Returns the length of the cookie if the session was read from it, or 0.
    pub(crate) fn accepted_len(&self) -> usize {
        if self.rejection.is_none() { self.text.len() } else { 0 }
    }

    /// Returns the characters of the tag, the one character with bits of tag and payload, and the characters of the
    /// payload.
    pub(crate) fn split(&self) -> Option<(&str, &str, &str)> {
        const TAG_CHARS: usize = TAG_LEN * 8 / 6;
        self.parts.as_ref()?;
        Some((
            self.text.get(..TAG_CHARS)?,
            self.text.get(TAG_CHARS..=TAG_CHARS)?,
            self.text.get(TAG_CHARS + 1..)?,
        ))
    }
}

/// Returns the texts of the three elements of a payload. Returns `None` if it is not a list of three.
pub(crate) fn triple(payload: &str) -> Option<(&str, &str, &str)> {
    let mut elements = payload.strip_prefix('[')?.strip_suffix(']')?.splitn(3, ',').map(str::trim);
    Some((elements.next()?, elements.next()?, elements.next()?))
}
