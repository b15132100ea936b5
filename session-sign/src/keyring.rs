//! One key that signs, and the keys it has replaced.

use std::fmt;
use std::iter;

use crate::{Sign, VerifyError};

/// One current key and any number of retired ones. Every key verifies; only the current one signs.
///
/// To rotate, make a ring of the new key with the old one retired. To revoke all that a key has signed, leave it out.
/// The keys of a `KeyRing<Box<dyn Sign>>` may be of different MACs, with tags of different lengths.
#[derive(Clone)]
pub struct KeyRing<K> {
    current: K,
    retired: Vec<K>,
}

impl<K: Sign> KeyRing<K> {
    /// A ring of one key.
    pub fn new(current: K) -> Self {
        Self { current, retired: Vec::new() }
    }

    /// Adds a retired key, to be tried after those that are already here: the most recently retired goes first.
    pub fn with_retired(mut self, key: K) -> Self {
        self.retired.push(key);
        self
    }

    /// The length of the tag that [`sign`](Self::sign) writes, in bytes: the current key's.
    pub fn tag_len(&self) -> usize {
        self.current.tag_len()
    }

    /// Signs `envelope[tag_len..]` with the current key and writes the tag into `envelope[..tag_len]`.
    ///
    /// # Panics
    ///
    /// If the envelope is shorter than [`tag_len`](Self::tag_len): the buffer is the caller's, never a request's.
    pub fn sign(&self, envelope: &mut [u8]) {
        let (tag, message) = envelope.split_at_mut(self.tag_len());
        self.current.sign(message, tag);
    }

    /// Verifies `tag ‖ message` with the current key, then with the retired ones in their order, and returns the
    /// message with the name of the key that has signed it.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if no key has signed it, be it forged, cut off or empty.
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

/// A message that a key of the ring has signed. `Debug` shows the name of the key, not the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Verified<'a> {
    key: KeyId,
    message: &'a [u8],
}

impl<'a> Verified<'a> {
    /// Which key has signed it. If it is a retired one, it is time to sign the message anew.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The message, borrowed from the envelope.
    pub fn message(&self) -> &'a [u8] {
        self.message
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The place of a key in its [`KeyRing`]. `Display` is `current` or `retired:1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyId {
    /// The key that signs.
    Current,
    /// A retired key, counted from 1 in the order in which they are tried.
    Retired(usize),
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::Retired(place) => write!(f, "retired:{place}"),
        }
    }
}
