//! The envelope of an encrypted cookie, for tools that do not have the secret.

use std::fmt;

use session_encrypt::{EnvelopeParts, RandomNonceSafe};
use session_serde::LoadError;

use crate::base64::decode;
use crate::codec::check_len;

/// The envelope in the value of an encrypted cookie, **neither decrypted nor verified**. Anyone could have written the
/// cookie. This type is meant for tools that do not have the secret. `Debug` shows no contents.
///
/// For the parts of a signed cookie, see [`CookieParts::unverified`](crate::CookieParts::unverified).
///
/// ```
/// use signed_session::testing::mint_cookie;
/// use signed_session::{Aes256GcmSiv, EncryptedCookieSessionFactory, Secret, UnverifiedEnvelope};
///
/// let sessions = EncryptedCookieSessionFactory::builder(Secret::generate()?).build()?;
/// let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
/// let (_, value) = cookie.split_once('=').unwrap();
///
/// let envelope = UnverifiedEnvelope::decode(value.as_bytes())?;
/// let parts = envelope.parts::<Aes256GcmSiv>().expect("the value is an envelope");
/// assert_eq!((parts.version(), parts.nonce().len(), parts.tag().len()), (1, 12, 16));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct UnverifiedEnvelope(Vec<u8>);

impl UnverifiedEnvelope {
    /// Decodes a cookie's value **without verifying** it.
    ///
    /// # Errors
    /// Returns an error if the value is not base64, or if it has more than 4096 bytes, which no cookie of
    /// a browser has.
    pub fn decode(value: &[u8]) -> Result<Self, LoadError> {
        check_len(value)?;
        decode(value).map(Self)
    }

    /// Returns the parts of the envelope, split by the lengths that the AEAD `A` has for its nonce and tag. Returns
    /// `None` if the envelope is too short, or if its version is unknown.
    pub fn parts<A: RandomNonceSafe>(&self) -> Option<EnvelopeParts<'_>> {
        EnvelopeParts::split::<A>(&self.0)
    }
}

impl fmt::Debug for UnverifiedEnvelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedEnvelope").field("len", &self.0.len()).finish_non_exhaustive()
    }
}
