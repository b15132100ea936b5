//! The public name of a session in a store.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The name of a session in a store: the SHA-256 of the session's secret id.
///
/// It identifies a session, for example in a list of devices. It does not give access to the session, because the id
/// cannot be computed from it. `Display` writes 64 lowercase hex digits, and `FromStr` reads them. serde uses the same
/// text, so a form can have a field of this type.
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::SessionHandle;
///
/// let handle = SessionHandle::from_bytes([0xab; 32]);
/// assert_eq!(handle.to_string(), "ab".repeat(32));
/// assert_eq!(handle.to_string().parse(), Ok(handle));
/// assert!("not a handle".parse::<SessionHandle>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionHandle([u8; 32]);

impl SessionHandle {
    /// Creates the handle of a session whose id has this SHA-256.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes. They are the key under which a store keeps the session.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some stores format the handle in every call. A single write is faster than one write per byte.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digits = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let mut text = [0; 64];
        for (character, digit) in text.iter_mut().zip(digits) {
            *character = DIGITS[usize::from(digit)];
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionHandle({self})")
    }
}

impl FromStr for SessionHandle {
    type Err = InvalidSessionHandle;

    fn from_str(text: &str) -> Result<Self, InvalidSessionHandle> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(InvalidSessionHandle(()));
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// Serializes as the text of `Display`.
impl Serialize for SessionHandle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Deserializes from the text of `Display`.
impl<'de> Deserialize<'de> for SessionHandle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

fn digit(digit: u8) -> Result<u8, InvalidSessionHandle> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(InvalidSessionHandle(())),
    }
}

/// Error returned when a text is not a [`SessionHandle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSessionHandle(());

impl fmt::Display for InvalidSessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a session handle is 64 lowercase hex digits")
    }
}

impl std::error::Error for InvalidSessionHandle {}
