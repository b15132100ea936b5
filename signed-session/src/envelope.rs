//! The decoded value of a cookie, and the serializers that authenticate it.

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use session_serde::{LoadError, Loaded, Serializer};
use session_sign::KeyId;

/// A serializer that authenticates its input before another serializer reads it. The trait is sealed: only
/// [`SignedSerializer`](crate::SignedSerializer) and [`EncryptedSerializer`](crate::EncryptedSerializer) implement it.
pub trait AuthenticatedSerializer: Serializer + Authenticate {}

impl<S: Serializer + Authenticate> AuthenticatedSerializer for S {}

/// The private part of [`AuthenticatedSerializer`].
pub trait Authenticate {
    /// The serializer of the payload.
    type Inner: Serializer;

    fn inner(&self) -> &Self::Inner;

    /// Authenticates the text of a cookie. Returns the key that wrote the cookie, and the parts of the cookie.
    fn authenticate(&self, text: &[u8]) -> Result<(KeyId, Envelope), LoadError>;

    /// Authenticates the text of a cookie. Returns the key that wrote the cookie, and the payload.
    fn open(&self, text: &[u8]) -> Result<(KeyId, Vec<u8>), LoadError> {
        let (key, envelope) = self.authenticate(text)?;
        Ok((key, envelope.into_payload()))
    }

    /// Implements [`Serializer::loads`].
    fn open_value<T: DeserializeOwned>(&self, text: &[u8]) -> Result<T, LoadError> {
        let (_, payload) = self.open(text)?;
        self.inner().loads(&payload).map_err(LoadError::verified)
    }

    /// Implements [`Serializer::loads_record`].
    fn open_record(&self, text: &[u8]) -> Result<Loaded, LoadError> {
        let (key, payload) = self.open(text)?;
        let mut loaded = self.inner().loads_record(payload.into()).map_err(LoadError::verified)?;
        loaded.key_index = key.index();
        Ok(loaded)
    }
}

/// The decoded value of a cookie, with its payload in plain text.
#[derive(Clone)]
pub struct Envelope {
    pub(crate) bytes: Vec<u8>,
    pub(crate) tag: Range<usize>,
    pub(crate) payload: Range<usize>,
}

impl Envelope {
    pub(crate) fn tag(&self) -> &[u8] {
        &self.bytes[self.tag.clone()]
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.bytes[self.payload.clone()]
    }

    pub(crate) fn into_payload(self) -> Vec<u8> {
        let Self { mut bytes, payload, .. } = self;
        bytes.truncate(payload.end);
        bytes.drain(..payload.start);
        bytes
    }
}

/// Shows no contents.
impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_contents() {
        let envelope = Envelope { bytes: vec![77; 3], tag: 0..1, payload: 1..3 };
        assert_eq!(format!("{envelope:?}"), "Envelope { len: 3, .. }");
    }
}
