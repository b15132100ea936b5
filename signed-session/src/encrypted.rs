//! A serializer that encrypts the output of another serializer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;
use session_encrypt::{Aes256GcmSiv, Encrypter, RandomNonceSafe};
use session_serde::{CompactJsonSerializer, DumpError, LoadError, Loaded, Serializer};
use session_sign::KeyId;

use crate::base64::decode;
use crate::envelope::{Authenticate, Envelope};

/// A serializer that encrypts the payload of another serializer.
///
/// The output is text that is safe in a cookie: unpadded URL-safe base64 of an envelope, which `docs/format.md` in the
/// repository describes. The envelope is authenticated before the inner serializer reads the payload.
///
/// ```
/// use signed_session::parts::session_encrypt::Encrypter;
/// use signed_session::{CompactJsonSerializer, EncryptedSerializer, Secret, Serializer};
///
/// let secret = Secret::generate()?;
/// let encrypter: Encrypter = Encrypter::new(secret.expose_secret(), "session", "__Host-session")?;
/// let encrypted = EncryptedSerializer::new(encrypter, CompactJsonSerializer);
///
/// let text = encrypted.dumps(&("any", "value"))?;
/// assert_eq!(encrypted.loads::<(String, String)>(&text)?, ("any".into(), "value".into()));
///
/// let mut forged = text.clone();
/// forged[9] = if forged[9] == b'A' { b'B' } else { b'A' };
/// assert!(encrypted.loads::<(String, String)>(&forged).unwrap_err().is_bad_signature());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EncryptedSerializer<A: RandomNonceSafe = Aes256GcmSiv, S = CompactJsonSerializer> {
    pub(crate) encrypter: Encrypter<A>,
    pub(crate) inner: Arc<S>,
}

impl<A: RandomNonceSafe, S: Serializer> EncryptedSerializer<A, S> {
    /// Creates a serializer that encrypts the payload of `inner` with the current key of `encrypter`.
    pub fn new(encrypter: Encrypter<A>, inner: S) -> Self {
        Self { encrypter, inner: Arc::new(inner) }
    }

    /// Decrypts `text`. Returns the key that encrypted it, and the payload.
    ///
    /// # Errors
    /// Returns an error if `text` is not canonical base64, or if no key of the encrypter encrypted it for the
    /// encrypter's purpose and cookie name. Padding is optional, but must be correct.
    pub fn decrypt(&self, text: &[u8]) -> Result<(KeyId, Vec<u8>), LoadError> {
        self.open(text)
    }

    /// Encrypts a payload in place, and appends the base64 of the envelope to `out`.
    fn encrypt_and_encode(&self, mut payload: Vec<u8>, out: &mut Vec<u8>) -> Result<(), DumpError> {
        self.encrypter.encrypt(&mut payload).map_err(DumpError::caused_by)?;
        URL_SAFE_NO_PAD.encode_append(&payload, out);
        Ok(())
    }
}

impl<A: RandomNonceSafe, S: Serializer> Authenticate for EncryptedSerializer<A, S> {
    type Inner = S;

    fn inner(&self) -> &S {
        &self.inner
    }

    fn authenticate(&self, text: &[u8]) -> Result<(KeyId, Envelope), LoadError> {
        let mut bytes = decode(text)?;
        let decrypted = self.encrypter.decrypt(&mut bytes).map_err(|_| LoadError::bad_signature())?;
        let (key, len) = (KeyId::from_index(decrypted.key_index()), decrypted.message().len());
        let start = Encrypter::<A>::PREFIX_LEN;
        let payload = start..start + len;
        Ok((key, Envelope { tag: payload.end..bytes.len(), payload, bytes }))
    }
}

impl<A: RandomNonceSafe, S: Serializer> Serializer for EncryptedSerializer<A, S> {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let mut out = Vec::new();
        self.encrypt_and_encode(self.inner.dumps(value)?, &mut out)?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        self.open_value(bytes)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        // With this capacity, the buffer of a JSON serializer does not grow, unless an entry was loaded in another
        // format. Growing would leave a copy of the plaintext in freed memory.
        let mut payload = Vec::with_capacity(record.json_capacity() + Encrypter::<A>::OVERHEAD);
        self.inner.dumps_record(record, &mut payload)?;
        self.encrypt_and_encode(payload, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.open_record(&bytes)
    }
}

impl<A: RandomNonceSafe, S> Clone for EncryptedSerializer<A, S> {
    fn clone(&self) -> Self {
        Self { encrypter: self.encrypter.clone(), inner: Arc::clone(&self.inner) }
    }
}

impl<A: RandomNonceSafe, S: fmt::Debug> fmt::Debug for EncryptedSerializer<A, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedSerializer")
            .field("encrypter", &self.encrypter)
            .field("inner", &self.inner)
            .finish()
    }
}
