//! The parts of the session's cookie, for the session inspector.
//!
//! Applications do not need this module. It only shows what the library does.

use std::borrow::Cow;
use std::fmt::Write;

use signed_session::parts::session_encrypt::Encrypter;
use signed_session::{
    Aes256GcmSiv, CookieHeader, CookieParts, EncryptedCookieSessionFactory, KeyId, Record, Rejection,
    Timestamp, UnverifiedEnvelope,
};

/// Number of bytes that the envelope adds to the payload.
pub(crate) const OVERHEAD: usize = <Encrypter>::OVERHEAD;

/// Returns the number of bytes that base64 text of `text_len` characters encodes.
pub(crate) const fn bytes_in(text_len: usize) -> usize {
    text_len * 3 / 4
}

/// A cookie with the session's name.
pub(crate) struct Cookie {
    /// The cookie's value.
    pub(crate) text: String,
    /// Why the library rejects the cookie. `None` if it accepts the cookie.
    pub(crate) rejection: Option<Rejection>,
    /// The time at which the session expires. `None` if the cookie is not authentic or holds no session, or if the
    /// session never expires.
    pub(crate) expires_at: Option<Timestamp>,
    /// The key that encrypted the cookie. `None` if none of the server's keys did.
    key: Option<KeyId>,
    /// The decrypted payload. `None` if none of the server's keys encrypted the cookie.
    parts: Option<CookieParts>,
    /// The parsed envelope, which may be forged. `None` if the value is too short or too long, is not base64, or has an
    /// unknown version.
    pub(crate) envelope: Option<Envelope>,
}

impl Cookie {
    /// Returns the session cookie of a request. If there are several, returns the one that the library accepts. If it
    /// accepts none, returns the one whose rejection it reports.
    pub(crate) fn of(cookies: &CookieHeader, sessions: &EncryptedCookieSessionFactory) -> Option<Self> {
        let inspection = sessions.inspect(cookies.clone());
        let cookie = inspection.deciding()?;
        Some(Self {
            text: String::from_utf8_lossy(cookie.value()).into_owned(),
            rejection: cookie.rejection().cloned(),
            expires_at: cookie.expires_at(),
            key: cookie.key(),
            parts: cookie.parts().cloned(),
            envelope: Envelope::parse(cookie.value()),
        })
    }

    /// Returns the record in the payload, even if the session has expired.
    pub(crate) fn record(&self) -> Option<Record> {
        self.parts.as_ref()?.record().ok().cloned()
    }

    /// Returns the length of the payload in bytes.
    pub(crate) fn payload_len(&self) -> usize {
        self.parts.as_ref().map_or(0, |parts| parts.payload().len())
    }

    /// Returns the text of the decrypted payload.
    pub(crate) fn payload_text(&self) -> Option<Cow<'_, str>> {
        self.parts.as_ref().map(|parts| String::from_utf8_lossy(parts.payload()))
    }

    /// Returns the length of the cookie's value if the session was read from it, or 0.
    pub(crate) fn accepted_len(&self) -> usize {
        if self.rejection.is_none() { self.text.len() } else { 0 }
    }

    /// Returns a description of the key that encrypted the cookie.
    pub(crate) fn key(&self) -> Option<String> {
        self.key.map(|key| match key {
            KeyId::Current => "the current key".to_owned(),
            retired => format!("a retired key ({retired})"),
        })
    }

    /// Returns whether a retired key encrypted the cookie.
    pub(crate) fn has_retired_key(&self) -> bool {
        self.key.is_some_and(|key| key != KeyId::Current)
    }
}

/// The parts of the envelope, each in hex. The envelope is the decoded cookie value. docs/format.md describes its
/// parts.
pub(crate) struct Envelope {
    pub(crate) version: String,
    pub(crate) key_id: String,
    pub(crate) nonce: String,
    pub(crate) ciphertext: String,
    pub(crate) tag: String,
}

impl Envelope {
    fn parse(value: &[u8]) -> Option<Self> {
        let envelope = UnverifiedEnvelope::decode(value).ok()?;
        let parts = envelope.parts::<Aes256GcmSiv>()?;
        Some(Self {
            version: hex(&[parts.version()]),
            key_id: hex(&parts.key_id()),
            nonce: hex(parts.nonce()),
            ciphertext: hex(parts.ciphertext()),
            tag: hex(parts.tag()),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        text
    })
}

/// Splits a JSON payload `[accessed,created,state]` into its elements. The third element is everything after the second
/// comma, so it may contain commas itself. Returns `None` if the payload is not in brackets, or has fewer than two
/// commas.
pub(crate) fn triple(payload: &str) -> Option<(&str, &str, &str)> {
    let mut elements = payload.strip_prefix('[')?.strip_suffix(']')?.splitn(3, ',').map(str::trim);
    Some((elements.next()?, elements.next()?, elements.next()?))
}

#[cfg(test)]
mod tests {
    use signed_session::Secret;
    use signed_session::testing::mint_cookie;

    use super::*;

    #[test]
    fn envelope_is_split_into_parts() {
        // The worked example in docs/format.md.
        let value = b"AUyxowSgoaKjpKWmp6ipqqu5SzEiqJEfAyfF0ozalo7023MlHY1FpezuH4hzWh0kGQ9da5EYzgoX9B2V786ooVZA5jq_j4LRAQ";
        let envelope = Envelope::parse(value).unwrap();
        assert_eq!((&*envelope.version, &*envelope.key_id), ("01", "4cb1a304"));
        assert_eq!((&*envelope.nonce, envelope.ciphertext.len()), ("a0a1a2a3a4a5a6a7a8a9aaab", 2 * 40));
        assert_eq!(envelope.tag, "f41d95efcea8a15640e63abf8f82d101");
        // The library accepts base64 padding.
        let padded = Envelope::parse(&[&value[..], b"=="].concat()).unwrap();
        assert_eq!(padded.tag, envelope.tag);
    }

    #[test]
    fn invalid_envelope_is_not_parsed() {
        // An envelope has at least 33 bytes, which are 44 characters of base64. Its first byte is the version, 1.
        let value = |len: usize| format!("AQ{}", "A".repeat(len - 2));
        for value in ["", "AUyx", "not base64!", &value(43), &"A".repeat(44)] {
            assert!(Envelope::parse(value.as_bytes()).is_none());
        }
        assert!(Envelope::parse(value(44).as_bytes()).is_some(), "the ciphertext may be empty");
    }

    #[test]
    fn cookie_shows_its_key_and_payload() {
        let sessions = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap()).build().unwrap();
        let header = mint_cookie(&sessions, |session| session.insert("name", "Ada"));
        let cookie = || Cookie::of(&CookieHeader::from(&*header), &sessions).unwrap();
        assert_eq!((cookie().key().unwrap(), cookie().has_retired_key()), ("the current key".into(), false));
        assert!(cookie().payload_text().unwrap().ends_with(r#"{"name":"Ada"}]"#));

        sessions.rotate(Secret::generate().unwrap()).unwrap();
        assert_eq!(
            (cookie().key().unwrap(), cookie().has_retired_key()),
            ("a retired key (retired:1)".into(), true)
        );
        assert_eq!(cookie().accepted_len(), cookie().text.len());

        let other = EncryptedCookieSessionFactory::builder(Secret::generate().unwrap()).build().unwrap();
        let cookie = Cookie::of(&CookieHeader::from(&*header), &other).unwrap();
        assert!(cookie.key().is_none() && cookie.payload_text().is_none() && cookie.record().is_none());
        assert!(cookie.envelope.is_some() && cookie.accepted_len() == 0);
    }
}
