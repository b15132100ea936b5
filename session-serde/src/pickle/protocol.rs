//! The pickle protocols.

use std::fmt;

/// The latest protocol, new in Python 3.8.
pub(super) const MAX_PROTOCOL: u8 = 5;

/// The protocol that is written by default. Python can read it since 3.4.
pub(super) const DEFAULT_PROTOCOL: u8 = 4;

/// Error returned by [`PickleSerializer::new`](crate::PickleSerializer::new) if the protocol does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownPickleProtocol {
    pub(super) protocol: u8,
}

impl fmt::Display for UnknownPickleProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pickle has no protocol {}; choose one from 0 to {MAX_PROTOCOL}", self.protocol)
    }
}

impl std::error::Error for UnknownPickleProtocol {}
