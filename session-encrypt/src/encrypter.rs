//! Encryption and decryption of envelopes.

use std::fmt;
use std::iter;

use aead::array::typenum::Unsigned;
use aead::inout::InOutBuf;
use aead::{AeadCore, Nonce, Tag};
use aes_gcm_siv::Aes256GcmSiv;

use crate::key::{DerivedKey, HEADER_LEN};
use crate::{DecryptError, EncryptError, RandomNonceSafe, ShortSecretError};

/// Encrypts messages for one purpose and one cookie, with a current key and any number of retired ones.
///
/// Every key decrypts; only the current one encrypts. To rotate, make an encrypter of the new secret and add the old one
/// with [`with_retired`](Self::with_retired). To revoke all that was encrypted with a secret, leave it out.
///
/// An envelope is `version ‖ key id ‖ nonce ‖ ciphertext ‖ tag`. The nonce is drawn from the operating system's randomness
/// for each message. The keys are prepared once; `Debug` shows none of them.
#[derive(Clone)]
pub struct Encrypter<A: RandomNonceSafe = Aes256GcmSiv> {
    purpose: Box<str>,
    name: Box<str>,
    current: DerivedKey<A>,
    retired: Vec<DerivedKey<A>>,
}

impl<A: RandomNonceSafe> Encrypter<A> {
    /// Length in bytes of what comes before the ciphertext: version, key id and nonce.
    pub const PREFIX_LEN: usize = HEADER_LEN + <A as AeadCore>::NonceSize::USIZE;

    /// Number of bytes by which an envelope is longer than its message. AES-256-GCM-SIV: 33, XChaCha20-Poly1305: 45.
    pub const OVERHEAD: usize = Self::PREFIX_LEN + Self::TAG_LEN;

    const TAG_LEN: usize = <A as AeadCore>::TagSize::USIZE;

    /// Creates an encrypter with one key, derived from `secret` for this `purpose` and this cookie `name`.
    ///
    /// An envelope can be decrypted only with the same secret, algorithm, purpose and name. A secret should be random;
    /// nothing here makes a password hard to guess.
    ///
    /// # Errors
    ///
    /// If `secret` has fewer than [`MIN_SECRET_LEN`](crate::MIN_SECRET_LEN) bytes.
    pub fn new(secret: &[u8], purpose: &str, name: &str) -> Result<Self, ShortSecretError> {
        let current = DerivedKey::new(secret, purpose, name)?;
        Ok(Self { purpose: purpose.into(), name: name.into(), current, retired: Vec::new() })
    }

    /// Adds a retired secret, after those that are already here.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_retired(mut self, secret: &[u8]) -> Result<Self, ShortSecretError> {
        self.retired.push(DerivedKey::new(secret, &self.purpose, &self.name)?);
        Ok(self)
    }

    /// Encrypts in place: `envelope` has [`PREFIX_LEN`](Self::PREFIX_LEN) bytes of room and then the message, and becomes
    /// the whole envelope.
    ///
    /// The message is overwritten. If the vector has to grow for the tag, no copy of the message is left behind.
    ///
    /// # Errors
    ///
    /// If the operating system has no random bytes, or the message is longer than the algorithm takes.
    ///
    /// # Panics
    ///
    /// If `envelope` is shorter than the room. The buffer is the caller's, never a request's.
    pub fn encrypt(&self, envelope: &mut Vec<u8>) -> Result<(), EncryptError> {
        let mut nonce = Nonce::<A>::default();
        getrandom::fill(&mut nonce).map_err(EncryptError::random)?;
        self.encrypt_with_nonce(&nonce, envelope)
    }

    /// Not public, because a nonce must not be chosen.
    pub(crate) fn encrypt_with_nonce(
        &self,
        nonce: &Nonce<A>,
        envelope: &mut Vec<u8>,
    ) -> Result<(), EncryptError> {
        let DerivedKey { header, associated_data, cipher } = &self.current;
        let (prefix, message) = envelope.split_at_mut(Self::PREFIX_LEN);
        prefix[..HEADER_LEN].copy_from_slice(header);
        prefix[HEADER_LEN..].copy_from_slice(nonce);
        let tag = cipher
            .encrypt_inout_detached(nonce, associated_data, message.into())
            .map_err(|_| EncryptError::too_long())?;
        envelope.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts in place with the key whose id is in the envelope, and returns the message.
    ///
    /// If several keys have that id, each is tried. An envelope that cannot be decrypted holds nothing useful afterwards.
    ///
    /// # Errors
    ///
    /// If none of the keys has encrypted it for this purpose and this name, or a single bit was changed.
    pub fn decrypt<'a>(&self, envelope: &'a mut [u8]) -> Result<Decrypted<'a>, DecryptError> {
        let parts = Parts::<A>::split(envelope).ok_or(DecryptError(()))?;
        let Parts { header, nonce, ciphertext, tag } = parts;
        let keys = iter::once(&self.current).chain(&self.retired).enumerate();
        let mut candidates = keys.filter(|(_, key)| key.header == header).peekable();
        while let Some((key_index, key)) = candidates.next() {
            let spare = candidates.peek().map(|_| ciphertext.to_vec());
            let buffer = InOutBuf::from(&mut *ciphertext);
            let decrypted = key.cipher.decrypt_inout_detached(&nonce, &key.associated_data, buffer, &tag);
            if decrypted.is_ok() {
                return Ok(Decrypted { key_index, message: ciphertext });
            }
            match spare {
                Some(spare) => ciphertext.copy_from_slice(&spare),
                // What the AEAD has left here is not authentic.
                None => ciphertext.fill(0),
            }
        }
        Err(DecryptError(()))
    }
}

impl<A: RandomNonceSafe> fmt::Debug for Encrypter<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypter")
            .field("algorithm", &A::NAME)
            .field("purpose", &self.purpose)
            .field("name", &self.name)
            .field("retired", &self.retired.len())
            .finish_non_exhaustive()
    }
}

/// An envelope in its parts.
struct Parts<'a, A: RandomNonceSafe> {
    header: [u8; HEADER_LEN],
    nonce: Nonce<A>,
    ciphertext: &'a mut [u8],
    tag: Tag<A>,
}

impl<'a, A: RandomNonceSafe> Parts<'a, A> {
    fn split(envelope: &'a mut [u8]) -> Option<Self> {
        let (header, rest) = envelope.split_first_chunk_mut()?;
        let (nonce, rest) = rest.split_at_mut_checked(<A as AeadCore>::NonceSize::USIZE)?;
        let ciphertext_len = rest.len().checked_sub(<A as AeadCore>::TagSize::USIZE)?;
        let (ciphertext, tag) = rest.split_at_mut(ciphertext_len);
        let (nonce, tag) = (Nonce::<A>::try_from(&*nonce).ok()?, Tag::<A>::try_from(&*tag).ok()?);
        Some(Self { header: *header, nonce, ciphertext, tag })
    }
}

/// A message that was decrypted. `Debug` does not show it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decrypted<'a> {
    key_index: usize,
    message: &'a [u8],
}

impl<'a> Decrypted<'a> {
    /// The place of the key that decrypted it: 0 is the current key, 1 the retired key that was added first.
    ///
    /// If it is not 0, it is time to encrypt the message again.
    pub fn key_index(&self) -> usize {
        self.key_index
    }

    /// The message, borrowed from the envelope.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }
}

impl fmt::Debug for Decrypted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted").field("key_index", &self.key_index).finish_non_exhaustive()
    }
}
