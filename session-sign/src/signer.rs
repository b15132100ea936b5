//! Signers: MACs whose key is prepared once.

use std::error::Error;
use std::fmt;

use digest::{KeyInit, Mac};

/// A keyed MAC that signs and verifies messages. The trait is object safe, and `Box<dyn Sign>` implements it.
///
/// [`Signer`] implements it for any [`digest::Mac`] that also implements [`digest::KeyInit`] and `Clone`. `sign` must
/// neither fail nor block, so the key has to be in memory, not in a hardware module.
pub trait Sign: Send + Sync + 'static {
    /// Returns the length of every tag in bytes.
    fn tag_len(&self) -> usize;

    /// Writes the tag of `message` to `tag`.
    ///
    /// # Panics
    /// Panics if `tag` is not exactly [`tag_len`](Self::tag_len) bytes long. The caller allocates `tag`, so no request
    /// can cause this panic.
    fn sign(&self, message: &[u8], tag: &mut [u8]);

    /// Checks in constant time that `tag` is the complete tag of `message`.
    ///
    /// # Errors
    /// Returns an error if `tag` differs from the tag of `message`, or is only a part of it.
    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError>;
}

impl<T: Sign + ?Sized> Sign for Box<T> {
    fn tag_len(&self) -> usize {
        (**self).tag_len()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        (**self).sign(message, tag);
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        (**self).verify(message, tag)
    }
}

/// The MAC `M` with its key already processed. Each message is signed or verified with a clone of the keyed `M`.
///
/// `Debug` shows no key. Whether the keyed state is wiped on drop depends on `M`. RustCrypto's `Hmac` wipes it if the
/// feature `zeroize` is on in both `hmac` and the crate of the hash. `SimpleHmac` keeps a copy of the padded key, and
/// does not wipe this copy.
///
/// ```
/// # extern crate session_sign as signed_session;
/// use hmac::Hmac;
/// use signed_session::{Sign, Signer};
/// use sha2::Sha256;
///
/// let signer = Signer::<Hmac<Sha256>>::new(b"Jefe")?; // RFC 4231, test case 2
/// let mut tag = [0; 32];
/// signer.sign(b"what do ya want for nothing?", &mut tag);
/// assert_eq!(tag[..4], [0x5b, 0xdc, 0xc1, 0x46]);
/// assert!(signer.verify(b"what do ya want for nothing?", &tag).is_ok());
/// assert!(signer.verify(b"what do ya want for nothing?", &tag[..16]).is_err());
/// # Ok::<(), session_sign::KeyError>(())
/// ```
#[derive(Clone)]
pub struct Signer<M> {
    keyed: M,
}

impl<M: Mac + KeyInit + Clone> Signer<M> {
    /// Prepares `M` with `key`.
    ///
    /// HMAC accepts a key of any length. Do not give keyed BLAKE2 an empty key. By RFC 7693, the tag would be the hash
    /// without a key, but `Signer` computes a different tag.
    ///
    /// # Errors
    /// Returns an error if `M` does not accept a key of this length. Keyed BLAKE2b accepts at most 64 bytes, keyed
    /// BLAKE2s 32.
    pub fn new(key: &[u8]) -> Result<Self, KeyError> {
        let keyed = <M as KeyInit>::new_from_slice(key).map_err(|_| KeyError::new())?;
        Ok(Self { keyed })
    }
}

impl<M: Mac + KeyInit + Clone + Send + Sync + 'static> Sign for Signer<M> {
    fn tag_len(&self) -> usize {
        M::output_size()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        let mut mac = self.keyed.clone();
        mac.update(message);
        tag.copy_from_slice(mac.finalize().as_bytes());
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        let mut mac = self.keyed.clone();
        mac.update(message);
        mac.verify_slice(tag).map_err(|_| VerifyError::new())
    }
}

impl<M> fmt::Debug for Signer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// Error returned when verification fails. It does not say why, because the reason would only help an attacker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifyError(());

impl VerifyError {
    /// Creates the error, for implementations of [`Sign`].
    pub const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("verification failed")
    }
}

impl Error for VerifyError {}

/// Error returned when a MAC does not accept a key of the given length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyError(());

impl KeyError {
    /// Creates the error, for implementations of [`Algorithm`](crate::Algorithm).
    pub const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "MAC does not accept a key of this length (keyed BLAKE2b: at most 64 bytes, keyed BLAKE2s: 32); \
             shorten the secret or the salt, which together are the key, or use an HMAC, which accepts any length",
        )
    }
}

impl Error for KeyError {}
