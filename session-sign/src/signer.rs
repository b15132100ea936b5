//! A MAC whose key is prepared once.

use std::error::Error;
use std::fmt;

use digest::{KeyInit, Mac};

/// What everything else needs of a keyed MAC. Object safe: a `Box<dyn Sign>` is a signer too.
///
/// [`Signer`] implements it for any [`digest::Mac`]. Implement it yourself for a key that never leaves other hardware.
pub trait Sign: Send + Sync {
    /// The length of every tag, in bytes.
    fn tag_len(&self) -> usize;

    /// Writes the tag of `message` into `tag`.
    ///
    /// # Panics
    ///
    /// If `tag` is not exactly [`tag_len`](Self::tag_len) bytes long: the buffer is the caller's, never a request's.
    fn sign(&self, message: &[u8], tag: &mut [u8]);

    /// Accepts `tag` only if it is the whole tag of `message`, compared in constant time.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] for every other tag, of whatever length.
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

/// The MAC `M` with its key already absorbed, cloned for every message.
///
/// `Debug` shows no key. On drop the keyed state is wiped as far as `M` does so: RustCrypto's `Hmac` does with its
/// `zeroize` feature and that of the hash; `SimpleHmac` keeps a copy of the padded key that it does not wipe.
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
    /// Prepares `M` with `key`. HMAC takes a key of any length; keyed BLAKE2 is to have one that is not empty, as without
    /// a key it would be another function.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if `M` takes no key of this length. Keyed BLAKE2b takes at most 64 bytes, keyed BLAKE2s 32.
    pub fn new(key: &[u8]) -> Result<Self, KeyError> {
        let keyed = <M as KeyInit>::new_from_slice(key).map_err(|_| KeyError::new())?;
        Ok(Self { keyed })
    }
}

impl<M: Mac + KeyInit + Clone + Send + Sync> Sign for Signer<M> {
    fn tag_len(&self) -> usize {
        M::output_size()
    }

    fn sign(&self, message: &[u8], tag: &mut [u8]) {
        tag.copy_from_slice(self.keyed.clone().chain_update(message).finalize().as_bytes());
    }

    fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), VerifyError> {
        self.keyed.clone().chain_update(message).verify_slice(tag).map_err(|_| VerifyError::new())
    }
}

impl<M> fmt::Debug for Signer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// Verification failed. Why it did is not said, because the answer would help a forger and nobody else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifyError(());

impl VerifyError {
    /// For an implementation of [`Sign`].
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

/// The MAC takes no key of this length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyError(());

impl KeyError {
    /// For an implementation of [`Algorithm`](crate::Algorithm).
    pub const fn new() -> Self {
        Self(())
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this MAC takes no key of this length (keyed BLAKE2b: at most 64 bytes, keyed BLAKE2s: 32): \
             shorten the secret or the salt, which together are the key, or use an HMAC, which takes any length",
        )
    }
}

impl Error for KeyError {}
