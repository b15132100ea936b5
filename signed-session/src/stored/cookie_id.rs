//! The id of a session in its cookie, authenticated and bound to the cookie's name.

use base64_simd::URL_SAFE_NO_PAD;
use hmac::Hmac;
use session_serde::LoadError;
use session_sign::{KeyId, KeyRing, MacAlgorithm, Salt, Secrets, Signer};
use session_store::SessionId;
use sha2::Sha256;

use crate::base64::decode;
use crate::codec::check_len;
use crate::error::BuildError;
use crate::signing::key_ring;

/// The HMAC-SHA-256 keys that authenticate the session ids in cookies with one name.
pub(crate) struct IdKeys(KeyRing<Signer<Hmac<Sha256>>>);

/// Length of the MAC in bytes.
const TAG_LEN: usize = 32;

/// Length of a cookie's value in characters.
pub(super) const VALUE_LEN: usize = (4 * (TAG_LEN + SessionId::LEN)).div_ceil(3);

impl IdKeys {
    /// Derives the keys for a cookie's name. The salt has a colon after the name, and a name cannot contain a colon, so
    /// no two names share a key.
    pub(super) fn new(secrets: &Secrets, cookie_name: &str) -> Result<Self, BuildError> {
        let salt = Salt::from(format!("session-id.v1:{cookie_name}:"));
        let keys = key_ring(&MacAlgorithm::default(), &salt, secrets, |secret, option| {
            secret.check_strength().map_err(BuildError::of_secret(option, ""))
        });
        keys.map(Self)
    }

    /// Reads a cookie's value. Returns the id, and the key that authenticated it.
    pub(super) fn read(&self, value: &[u8]) -> Result<(KeyId, SessionId), LoadError> {
        check_len(value)?;
        let bytes = decode(value)?;
        let verified = self.0.verify(&bytes).map_err(|_| LoadError::bad_signature())?;
        let id = SessionId::from_bytes(verified.message());
        Ok((verified.key(), id.ok_or_else(|| LoadError::malformed("not a session id"))?))
    }

    /// Appends the cookie's value for this id to `out`.
    pub(super) fn write(&self, id: &SessionId, out: &mut Vec<u8>) {
        let mut envelope = [0; TAG_LEN + SessionId::LEN];
        envelope[TAG_LEN..].copy_from_slice(id.expose());
        self.0.sign(&mut envelope);
        URL_SAFE_NO_PAD.encode_append(envelope, out);
    }
}
