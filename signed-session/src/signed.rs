//! A serializer that signs the output of another serializer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_sign::{KeyId, KeyRing, Sign, Signer};

use crate::base64::decode;
use crate::envelope::{Authenticate, Envelope};

/// HMAC-SHA-512, Pyramid's default MAC.
pub type HmacSha512 = hmac::Hmac<sha2::Sha512>;

/// A serializer that signs the payload of another serializer, as WebOb's `SignedSerializer` does.
///
/// The output is text that is safe in a cookie: unpadded URL-safe base64 of `tag ‖ payload`, the raw tag first. The tag
/// is verified before the inner serializer reads the payload.
///
/// ```
/// use signed_session::{HmacSha512, JsonSerializer, KeyRing, Serializer, SignedSerializer, Signer};
///
/// // Pyramid's key is the salt followed by the secret.
/// let signer = Signer::<HmacSha512>::new(b"pyramid.session.secret")?;
/// let signed = SignedSerializer::new(KeyRing::new(signer), JsonSerializer);
///
/// let text = signed.dumps(&("any", "value"))?;
/// assert_eq!(signed.loads::<(String, String)>(&text)?, ("any".into(), "value".into()));
///
/// let mut forged = text.clone();
/// forged[0] ^= 1;
/// assert!(signed.loads::<(String, String)>(&forged).unwrap_err().is_bad_signature());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SignedSerializer<K = Signer<HmacSha512>, S = JsonSerializer> {
    pub(crate) keys: KeyRing<K>,
    pub(crate) inner: Arc<S>,
}

impl<K: Sign, S: Serializer> SignedSerializer<K, S> {
    /// Creates a serializer that signs the payload of `inner` with the current key of `keys`.
    pub fn new(keys: KeyRing<K>, inner: S) -> Self {
        Self { keys, inner: Arc::new(inner) }
    }

    /// Verifies `text`. Returns the key that signed it, and the payload.
    ///
    /// # Errors
    /// Returns an error if `text` is not canonical base64, or if no key of the ring signed it. Padding is optional, but
    /// must be correct.
    pub fn verify(&self, text: &[u8]) -> Result<(KeyId, Vec<u8>), LoadError> {
        self.open(text)
    }

    /// Returns the start of an envelope: a zeroed tag, and capacity for a payload of `capacity` bytes.
    fn envelope(&self, capacity: usize) -> Vec<u8> {
        let mut envelope = Vec::with_capacity(self.keys.tag_len() + capacity);
        envelope.resize(self.keys.tag_len(), 0);
        envelope
    }

    /// Writes the tag into the envelope, and appends the envelope's base64 to `out`.
    fn sign_and_encode(&self, mut envelope: Vec<u8>, out: &mut Vec<u8>) {
        self.keys.sign(&mut envelope);
        URL_SAFE_NO_PAD.encode_append(&envelope, out);
    }
}

/// Decodes a cookie's value, and splits it into tag and payload, without verifying the tag.
pub(crate) fn unverified(text: &[u8], tag_len: usize) -> Result<Envelope, LoadError> {
    let bytes = decode(text)?;
    if bytes.len() < tag_len {
        return Err(LoadError::malformed("shorter than a tag"));
    }
    Ok(split(bytes, tag_len))
}

fn split(bytes: Vec<u8>, tag_len: usize) -> Envelope {
    Envelope { tag: 0..tag_len, payload: tag_len..bytes.len(), bytes }
}

impl<K: Sign, S: Serializer> Authenticate for SignedSerializer<K, S> {
    type Inner = S;

    fn inner(&self) -> &S {
        &self.inner
    }

    fn authenticate(&self, text: &[u8]) -> Result<(KeyId, Envelope), LoadError> {
        let bytes = decode(text)?;
        let verified = self.keys.verify(&bytes).map_err(|_| LoadError::bad_signature())?;
        let (key, tag_len) = (verified.key(), bytes.len() - verified.message().len());
        Ok((key, split(bytes, tag_len)))
    }
}

impl<K: Sign, S: Serializer> Serializer for SignedSerializer<K, S> {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let payload = self.inner.dumps(value)?;
        let mut envelope = self.envelope(payload.len());
        envelope.extend_from_slice(&payload);
        let mut out = Vec::new();
        self.sign_and_encode(envelope, &mut out);
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        self.open_value(bytes)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut envelope = self.envelope(record.json_capacity());
        self.inner.dumps_record(record, &mut envelope)?;
        self.sign_and_encode(envelope, out);
        Ok(())
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.open_record(&bytes)
    }
}

impl<K: Clone, S> Clone for SignedSerializer<K, S> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), inner: Arc::clone(&self.inner) }
    }
}

impl<K, S: fmt::Debug> fmt::Debug for SignedSerializer<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedSerializer").field("inner", &self.inner).finish_non_exhaustive()
    }
}
