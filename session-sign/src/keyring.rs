//! Key rings: a current key that signs, and retired keys that only verify.

use std::fmt;
use std::iter;

use crate::{Sign, VerifyError};

/// A current key and any number of retired keys. Every key verifies; only the current key signs.
///
/// To rotate, create a ring of the new key and add the old key as a retired one. To revoke everything that a key has
/// signed, create a ring without that key. The keys of a `KeyRing<Box<dyn Sign>>` may have different MACs, with tags of
/// different lengths.
#[derive(Clone)]
pub struct KeyRing<K> {
    current: K,
    retired: Vec<K>,
}

impl<K: Sign> KeyRing<K> {
    /// Creates a ring of one key.
    pub fn new(current: K) -> Self {
        Self { current, retired: Vec::new() }
    }

    /// Adds a retired key. Keys are tried in the order in which they are added, so add the most recently retired key
    /// first.
    pub fn with_retired(mut self, key: K) -> Self {
        self.retired.push(key);
        self
    }

    /// Returns the length in bytes of the current key's tags, which [`sign`](Self::sign) writes.
    pub fn tag_len(&self) -> usize {
        self.current.tag_len()
    }

    /// Signs `envelope[tag_len..]` with the current key and writes the tag to `envelope[..tag_len]`.
    ///
    /// # Panics
    /// Panics if the envelope is shorter than [`tag_len`](Self::tag_len). The caller allocates the envelope, so no
    /// request can cause this panic.
    pub fn sign(&self, envelope: &mut [u8]) {
        let (tag, message) = envelope.split_at_mut(self.tag_len());
        self.current.sign(message, tag);
    }

    /// Verifies `tag ‖ message` and returns the message with the id of the key that signed it.
    ///
    /// Tries the current key first, then the retired keys in the order in which they were added.
    ///
    /// # Errors
    /// Returns an error if no key of this ring has signed the envelope: for example, if the envelope is forged,
    /// truncated or empty.
    pub fn verify<'a>(&self, envelope: &'a [u8]) -> Result<Verified<'a>, VerifyError> {
        let retired = (1..).map(KeyId::Retired).zip(&self.retired);
        iter::once((KeyId::Current, &self.current))
            .chain(retired)
            .find_map(|(key, signer)| {
                let (tag, message) = envelope.split_at_checked(signer.tag_len())?;
                signer.verify(message, tag).ok()?;
                Some(Verified { key, message })
            })
            .ok_or(VerifyError::new())
    }
}

impl<K> fmt::Debug for KeyRing<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("retired", &self.retired.len()).finish_non_exhaustive()
    }
}

/// A verified message, and the key that signed it. `Debug` shows the id of the key, not the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verified<'a> {
    key: KeyId,
    message: &'a [u8],
}

impl<'a> Verified<'a> {
    /// Returns the id of the key that signed the message. If that key is retired, sign the message again with the
    /// current key.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// Returns the message, borrowed from the envelope.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The position of a key in its [`KeyRing`]. `Display` writes `current` or `retired:1`. The position of a key shifts at
/// each rotation: the key that was `current` becomes `retired:1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyId {
    /// The key that signs.
    Current,
    /// A retired key, with its position among the retired keys. The one that is tried first has position 1.
    Retired(usize),
}

impl KeyId {
    /// Returns the id of the key at `index` in the order in which keys are tried. The current key has index 0.
    pub const fn from_index(index: usize) -> Self {
        if index == 0 { Self::Current } else { Self::Retired(index) }
    }

    /// Returns the index of the key, which is 0 for the current key.
    pub const fn index(self) -> usize {
        match self {
            Self::Current => 0,
            Self::Retired(number) => number,
        }
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Retired(number) => write!(f, "retired:{number}"),
        }
    }
}
