//! The error types of the crate.

use std::error::Error;
use std::fmt;

/// Minimum length of a secret in bytes. This many random bytes have 256 bits of entropy.
pub const MIN_SECRET_LEN: usize = 32;

/// Error returned when a secret is too short to derive a key from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortSecretError {
    len: usize,
}

impl ShortSecretError {
    /// Returns an error if the secret is too short.
    pub(crate) fn check(secret: &[u8]) -> Result<(), Self> {
        let len = secret.len();
        if len < MIN_SECRET_LEN { Err(Self { len }) } else { Ok(()) }
    }
}

impl fmt::Display for ShortSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret is {} bytes, need at least {MIN_SECRET_LEN} random bytes", self.len)
    }
}

impl Error for ShortSecretError {}

/// Error returned when a message cannot be encrypted.
#[derive(Clone, Copy, Debug)]
pub struct EncryptError(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Random(getrandom::Error),
    TooLong,
}

impl EncryptError {
    pub(crate) fn random(error: getrandom::Error) -> Self {
        Self(Kind::Random(error))
    }

    pub(crate) fn too_long() -> Self {
        Self(Kind::TooLong)
    }

    /// Returns `true` if the operating system provided no random bytes for the nonce.
    pub fn is_random_unavailable(&self) -> bool {
        matches!(self.0, Kind::Random(_))
    }

    /// Returns `true` if the message is longer than the AEAD accepts.
    ///
    /// AES-GCM-SIV accepts 64 GiB, XChaCha20-Poly1305 nearly 256 GiB.
    pub fn is_too_long(&self) -> bool {
        matches!(self.0, Kind::TooLong)
    }
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Random(error) => {
                write!(f, "operating system provided no random bytes for a nonce: {error}")
            }
            Kind::TooLong => {
                f.write_str("message is longer than the algorithm accepts; encrypt a shorter one")
            }
        }
    }
}

impl Error for EncryptError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Random(error) => Some(error),
            Kind::TooLong => None,
        }
    }
}

/// Error returned when an envelope cannot be decrypted.
///
/// It does not say why, because the reason would only help an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecryptError(pub(crate) ());

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("decryption failed")
    }
}

impl Error for DecryptError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypt_error_names_cause() {
        let cause = getrandom::Error::UNSUPPORTED;
        let error = EncryptError::random(cause);
        assert!(error.is_random_unavailable() && !error.is_too_long());
        let text = format!("operating system provided no random bytes for a nonce: {cause}");
        assert_eq!(error.to_string(), text);
        assert_eq!(error.source().unwrap().to_string(), cause.to_string());

        let error = EncryptError::too_long();
        assert!(error.is_too_long() && !error.is_random_unavailable());
        assert!(error.source().is_none());
    }
}
