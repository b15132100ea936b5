//! The key that authenticated a session.

use std::fmt;

/// The key that authenticated the session in a request.
///
/// It shows the progress of a rotation. Remove the retired secrets and the old formats when the key of every request
/// has been [current](Self::is_current) for one timeout, or for one `max_lifetime` if that is longer. Otherwise, users
/// who have not come back yet are signed out.
///
/// `Display` writes a label for logs and metrics: `current`, `retired:1`, `old_format:1`, or `old_format:1:retired:2`.
/// The number of a retired key is a position, which shifts at each rotation: the key that was `current` becomes
/// `retired:1`, and the key that was `retired:1` becomes `retired:2`.
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::CookieKey;
///
/// assert_eq!(CookieKey::new(0, 0).to_string(), "current");
/// assert_eq!(CookieKey::new(0, 1).to_string(), "retired:1");
/// assert_eq!(CookieKey::new(2, 1).to_string(), "old_format:2:retired:1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CookieKey {
    format: usize,
    key: usize,
}

impl CookieKey {
    /// Creates a `CookieKey` from the index of the format and the index of the key within this format. The current
    /// format has index 0. In each format, the current key has index 0.
    pub const fn new(format: usize, key: usize) -> Self {
        Self { format, key }
    }

    /// Returns whether this is the current key of the current format, with which sessions are written.
    pub const fn is_current(self) -> bool {
        self.format == 0 && self.key == 0
    }

    /// Returns the number of this key if it is retired, or `None` if it is the current key of its format. Retired keys
    /// are numbered from 1, in the order in which they are tried.
    pub const fn retired(self) -> Option<usize> {
        if self.key > 0 { Some(self.key) } else { None }
    }

    /// Returns the number of the key's format if it is an old one, or `None` if it is the current format. Old formats
    /// are numbered from 1, in the order in which they were added.
    pub const fn old_format(self) -> Option<usize> {
        if self.format > 0 { Some(self.format) } else { None }
    }
}

impl fmt::Display for CookieKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.format, self.key) {
            (0, 0) => f.write_str("current"),
            (0, key) => write!(f, "retired:{key}"),
            (format, 0) => write!(f, "old_format:{format}"),
            (format, key) => write!(f, "old_format:{format}:retired:{key}"),
        }
    }
}
