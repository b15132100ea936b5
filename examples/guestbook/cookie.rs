//! The session's cookie, taken apart to be shown.
//!
//! An application has no need for any of this: it is here to explain what the library does.

use std::borrow::Cow;

use signed_session::parts::session_core::Record;
use signed_session::{CookieHeader, CookieParts, Rejection, SignedCookieSessionFactory, Timestamp};

/// Bytes of an HMAC-SHA-512.
pub(crate) const TAG_LEN: usize = 64;

/// Bytes, tag and payload, that base64 of this length holds.
pub(crate) const fn bytes_in(text_len: usize) -> usize {
    text_len * 3 / 4
}

/// A cookie of the session's name.
pub(crate) struct Cookie {
    /// The value.
    pub(crate) text: String,
    /// Why the library does not take it.
    pub(crate) rejection: Option<Rejection>,
    /// When its session expires, if it is verified.
    pub(crate) expires_at: Option<Timestamp>,
    /// Whether the signature is good. The session may have expired.
    pub(crate) is_signed: bool,
    /// Tag and payload, verified or not; `None` if it is not base64 of at least a tag.
    parts: Option<CookieParts>,
}

impl Cookie {
    /// The cookie of a request. Of several, it is the one that the library takes, or whose rejection it reports.
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

    /// What the payload says: to be believed if there is no rejection.
    pub(crate) fn record(&self) -> Option<Record> {
        self.parts.as_ref()?.record().ok().cloned()
    }

    /// Bytes of the payload.
    pub(crate) fn payload_len(&self) -> usize {
        self.parts.as_ref().map_or(0, |parts| parts.payload().len())
    }

    /// What the payload says, as it is written.
    pub(crate) fn payload_text(&self) -> Option<Cow<'_, str>> {
        self.parts.as_ref().map(|parts| String::from_utf8_lossy(parts.payload()))
    }

    /// The length of the cookie that the session came from.
    pub(crate) fn used(&self) -> usize {
        if self.rejection.is_none() { self.text.len() } else { 0 }
    }

    /// The characters of the tag, the one that holds bits of both, and those of the payload.
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

/// The elements of a session's payload as they are written, if this is one: neither time can hold a comma.
pub(crate) fn triple(payload: &str) -> Option<(&str, &str, &str)> {
    let mut elements = payload.strip_prefix('[')?.strip_suffix(']')?.splitn(3, ',').map(str::trim);
    Some((elements.next()?, elements.next()?, elements.next()?))
}
