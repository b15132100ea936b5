//! The session's cookie, taken apart to be shown.
//!
//! An application has no need for any of this: it is here to explain what the library does.

use std::borrow::Cow;

use base64_simd::URL_SAFE_NO_PAD;
use signed_session::parts::session_core::Record;
use signed_session::{CookieHeader, MAX_CANDIDATES, Rejection, SignedCookieSessionFactory};

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
    /// What follows the tag, verified or not; `None` if it is not base64 of at least a tag.
    pub(crate) payload: Option<Vec<u8>>,
}

impl Cookie {
    /// The cookie of a request. Of several, it is the one that the library takes, or whose rejection it reports.
    pub(crate) fn of(cookies: &CookieHeader, sessions: &SignedCookieSessionFactory) -> Option<Self> {
        let name = sessions.cookie_name();
        let values = cookies.values(name).take(MAX_CANDIDATES);
        let cookies: Vec<_> = values.map(|value| Self::read(name, value, sessions)).collect();
        let taken = cookies.iter().position(|cookie| cookie.rejection.is_none());
        let reported = taken.or_else(|| cookies.iter().position(Self::is_signed)).unwrap_or(0);
        cookies.into_iter().nth(reported)
    }

    fn read(name: &str, value: &[u8], sessions: &SignedCookieSessionFactory) -> Self {
        let session = sessions.load([name.as_bytes(), b"=", value].concat());
        let text = String::from_utf8_lossy(value).into_owned();
        let envelope = URL_SAFE_NO_PAD.decode_to_vec(text.trim_end_matches('='));
        let payload = envelope.ok().and_then(|bytes| Some(bytes.get(TAG_LEN..)?.to_vec()));
        Self { text, rejection: session.rejection().cloned(), payload }
    }

    /// Whether the signature is good. The session may have expired.
    pub(crate) fn is_signed(&self) -> bool {
        self.rejection.as_ref().is_none_or(Rejection::is_expired)
    }

    /// What the payload says: to be believed if there is no rejection.
    pub(crate) fn record(&self) -> Option<Record> {
        Record::from_json(self.payload.clone()?).ok()
    }

    /// What the payload says, as it is written.
    pub(crate) fn payload_text(&self) -> Option<Cow<'_, str>> {
        self.payload.as_deref().map(String::from_utf8_lossy)
    }

    /// The length of the cookie that the session came from.
    pub(crate) fn used(&self) -> usize {
        if self.rejection.is_none() { self.text.len() } else { 0 }
    }

    /// The characters of the tag, the one that holds bits of both, and those of the payload.
    pub(crate) fn split(&self) -> Option<(&str, &str, &str)> {
        const TAG_CHARS: usize = TAG_LEN * 8 / 6;
        self.payload.as_ref()?;
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
