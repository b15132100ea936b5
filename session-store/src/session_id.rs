//! The secret id of a session.

use std::fmt;

use session_core::{EntryError, SessionHandle};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The secret id of a session: 256 random bits. It gives access to the session, so only the user's cookie holds it. A
/// store knows only the [handle](Self::handle).
///
/// The bytes are wiped when the id is dropped. `Debug` does not show them.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SessionId([u8; Self::LEN]);

impl SessionId {
    /// Length in bytes.
    pub const LEN: usize = 32;

    /// Generates an id from random bytes of the system.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn generate() -> Result<Self, EntryError> {
        let mut id = Self([0; Self::LEN]);
        getrandom::fill(&mut id.0).map_err(EntryError::random)?;
        Ok(id)
    }

    /// Creates an id from the bytes in an authenticated cookie. Returns `None` if there are not exactly
    /// [`LEN`](Self::LEN) bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Returns the bytes, for the user's cookie.
    pub fn expose(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Returns the name of the session in a store, the SHA-256 of the id.
    pub fn handle(&self) -> SessionHandle {
        SessionHandle::from_bytes(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionId").finish_non_exhaustive()
    }
}
