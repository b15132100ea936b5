//! What can go wrong.

use std::error::Error;
use std::fmt;

use crate::MIN_SECRET_LEN;

/// Error returned when a secret is too short to derive a key from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShortSecretError {
    len: usize,
}

impl ShortSecretError {
    /// Checks the length of a secret.
    pub(crate) fn check(secret: &[u8]) -> Result<(), Self> {
        let len = secret.len();
        if len < MIN_SECRET_LEN { Err(Self { len }) } else { Ok(()) }
    }
}

impl fmt::Display for ShortSecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret is {} bytes, need at least {MIN_SECRET_LEN} random ones", self.len)
    }
}

impl Error for ShortSecretError {}

/// Error returned when a message cannot be encrypted.
#[derive(Clone, Copy, Debug)]
pub struct EncryptError(Cause);

#[derive(Clone, Copy, Debug)]
enum Cause {
    Random(getrandom::Error),
    TooLong,
}

impl EncryptError {
    pub(crate) fn random(error: getrandom::Error) -> Self {
        Self(Cause::Random(error))
    }

    pub(crate) fn too_long() -> Self {
        Self(Cause::TooLong)
    }

    /// The operating system gave no random bytes for the nonce.
    pub fn is_random_unavailable(&self) -> bool {
        matches!(self.0, Cause::Random(_))
    }

    /// The message is longer than the AEAD takes. AES-GCM-SIV takes 64 GiB, XChaCha20-Poly1305 nearly 256 GiB.
    pub fn is_too_long(&self) -> bool {
        matches!(self.0, Cause::TooLong)
    }
}

impl fmt::Display for EncryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Cause::Random(error) => {
                write!(f, "the operating system gave no random bytes for a nonce: {error}")
            }
            Cause::TooLong => f.write_str("message is longer than the algorithm can encrypt"),
        }
    }
}

impl Error for EncryptError {}

/// Error returned when an envelope cannot be decrypted.
///
/// It does not say why, because the answer would help an attacker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecryptError(pub(crate) ());

impl fmt::Display for DecryptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("decryption failed")
    }
}

impl Error for DecryptError {}
