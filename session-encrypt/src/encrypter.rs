//! Encryption and decryption of envelopes.

use std::fmt;
use std::iter;

use aead::array::typenum::Unsigned;
use aead::inout::InOutBuf;
use aead::{AeadCore, Nonce, Tag};
use aes_gcm_siv::Aes256GcmSiv;

use crate::key::{DerivedKey, HEADER_LEN};
use crate::{DecryptError, EncryptError, EnvelopeParts, RandomNonceSafe, ShortSecretError};

/// Encryption and decryption for one purpose and cookie, with a current key and any number of retired keys.
///
/// Every key decrypts; only the current key encrypts. To rotate, create an encrypter with the new secret and add the
/// old one with [`with_retired`](Self::with_retired). To revoke everything that was encrypted with a secret, create an
/// encrypter without that secret.
///
/// An envelope is `version ‖ key id ‖ nonce ‖ ciphertext ‖ tag`. Each nonce is random and comes from the operating
/// system. The keys are prepared once. `Debug` does not show them.
#[derive(Clone)]
pub struct Encrypter<A: RandomNonceSafe = Aes256GcmSiv> {
    purpose: Box<str>,
    name: Box<str>,
    current: DerivedKey<A>,
    retired: Vec<DerivedKey<A>>,
}

impl<A: RandomNonceSafe> Encrypter<A> {
    /// Length in bytes of the envelope's part before the ciphertext: version, key id and nonce. A decrypted message
    /// starts at this index.
    pub const PREFIX_LEN: usize = HEADER_LEN + <A as AeadCore>::NonceSize::USIZE;

    /// Number of bytes by which an envelope is longer than its message.
    ///
    /// It is 33 for AES-256-GCM-SIV and 45 for XChaCha20-Poly1305. [`encrypt`](Self::encrypt) does not reallocate a
    /// buffer that has room for this many bytes after the message.
    pub const OVERHEAD: usize = Self::PREFIX_LEN + Self::TAG_LEN;

    const TAG_LEN: usize = <A as AeadCore>::TagSize::USIZE;

    /// Creates an encrypter with one key, derived from `secret` for this `purpose` and this cookie `name`.
    ///
    /// An envelope can be decrypted only with the same secret, algorithm, purpose and name. The secret should be
    /// random, because the key derivation does not make a password harder to guess.
    ///
    /// # Errors
    /// Returns an error if `secret` has fewer than [`MIN_SECRET_LEN`](crate::MIN_SECRET_LEN) bytes.
    pub fn new(secret: &[u8], purpose: &str, name: &str) -> Result<Self, ShortSecretError> {
        let current = DerivedKey::new(secret, purpose, name)?;
        Ok(Self { purpose: purpose.into(), name: name.into(), current, retired: Vec::new() })
    }

    /// Adds a retired secret. The retired keys have the [indices](Decrypted::key_index) 1, 2 and so on, in the order in
    /// which they are added.
    ///
    /// # Errors
    /// Returns an error if `secret` has fewer than [`MIN_SECRET_LEN`](crate::MIN_SECRET_LEN) bytes.
    pub fn with_retired(mut self, secret: &[u8]) -> Result<Self, ShortSecretError> {
        self.retired.push(DerivedKey::new(secret, &self.purpose, &self.name)?);
        Ok(self)
    }

    /// Encrypts a message in place: it replaces the message in the buffer with the envelope.
    ///
    /// The message is overwritten before the buffer grows, so a reallocation leaves no copy of it behind.
    ///
    /// # Errors
    /// Returns an error if the operating system provides no random bytes, or if the message is longer than the
    /// algorithm accepts. The buffer may then still hold the message.
    pub fn encrypt(&self, buffer: &mut Vec<u8>) -> Result<(), EncryptError> {
        let mut nonce = Nonce::<A>::default();
        getrandom::fill(&mut nonce).map_err(EncryptError::random)?;
        let DerivedKey { header, associated_data, cipher } = &self.current;
        let tag = cipher
            .encrypt_inout_detached(&nonce, associated_data, buffer.as_mut_slice().into())
            .map_err(|_| EncryptError::too_long())?;

        // From here on, the buffer holds ciphertext. It moves up to make room for the prefix.
        let len = buffer.len();
        buffer.reserve(Self::OVERHEAD);
        buffer.resize(len + Self::PREFIX_LEN, 0);
        buffer.copy_within(..len, Self::PREFIX_LEN);
        let (envelope_header, rest) = buffer.split_at_mut(HEADER_LEN);
        envelope_header.copy_from_slice(header);
        rest[..nonce.len()].copy_from_slice(&nonce);
        buffer.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts an envelope in place, and returns the message.
    ///
    /// The envelope names its key by id. If several keys have this id, they are tried in the order of their indices. If
    /// decryption fails, the contents of the envelope may be lost.
    ///
    /// # Errors
    /// Returns an error if none of the keys encrypted the envelope for this purpose and this name, or if any bit of the
    /// envelope was changed.
    pub fn decrypt<'a>(&self, envelope: &'a mut [u8]) -> Result<Decrypted<'a>, DecryptError> {
        let parts = EnvelopeParts::split::<A>(envelope).ok_or(DecryptError(()))?;
        let (header, len) = (parts.header, parts.ciphertext().len());
        let nonce = Nonce::<A>::try_from(parts.nonce()).map_err(|_| DecryptError(()))?;
        let tag = Tag::<A>::try_from(parts.tag()).map_err(|_| DecryptError(()))?;
        let ciphertext =
            envelope.get_mut(Self::PREFIX_LEN..Self::PREFIX_LEN + len).ok_or(DecryptError(()))?;
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
                // The AEAD may leave unauthenticated bytes in the buffer.
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

/// A decrypted message, and the key that decrypted it. `Debug` does not show the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Decrypted<'a> {
    key_index: usize,
    message: &'a [u8],
}

impl<'a> Decrypted<'a> {
    /// Returns the index of the key that decrypted the message. The current key has index 0, and the retired key that
    /// was added first has index 1.
    ///
    /// If the index is not 0, encrypt the message again.
    pub fn key_index(&self) -> usize {
        self.key_index
    }

    /// Returns the message, borrowed from the envelope.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }
}

impl fmt::Debug for Decrypted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decrypted").field("key_index", &self.key_index).finish_non_exhaustive()
    }
}
