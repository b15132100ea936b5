//! Formats that a factory reads and does not write.

use std::fmt;
use std::sync::Arc;

use session_cookie::SetCookie;
use session_core::Timestamp;
use session_serde::{LoadError, Loaded};

/// The cookies of another factory, which [`Builder::also_reads`](crate::Builder::also_reads) reads.
///
/// A factory that signs or encrypts its cookies converts into its format. [`until`](Self::until) sets an end date.
#[derive(Clone)]
pub struct OldFormat {
    reader: Arc<dyn Reader>,
    until: Option<Timestamp>,
}

/// The part of a factory that reads its cookies.
pub(crate) trait Reader: Send + Sync {
    fn cookie_name(&self) -> &str;

    fn removal(&self) -> SetCookie;

    fn read(&self, value: &[u8]) -> Result<Loaded, LoadError>;
}

impl OldFormat {
    pub(crate) fn new(reader: Arc<dyn Reader>) -> Self {
        Self { reader, until: None }
    }

    /// Sets the date from which the format is no longer read.
    ///
    /// A good date is one [`timeout`](crate::Builder::timeout), or one [`max_lifetime`](crate::Builder::max_lifetime), after
    /// the last server has stopped writing the format. Sessions that are still in it have then expired. Take a fixed date:
    /// one that counts from the start of the program moves with each restart.
    #[must_use = "until() returns the format with the end date"]
    pub fn until(mut self, date: impl Into<Timestamp>) -> Self {
        self.until = Some(date.into());
        self
    }

    pub(crate) fn is_read_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    pub(crate) fn cookie_name(&self) -> &str {
        self.reader.cookie_name()
    }

    pub(crate) fn removal(&self) -> SetCookie {
        self.reader.removal()
    }

    pub(crate) fn read(&self, value: &[u8]) -> Result<Loaded, LoadError> {
        self.reader.read(value)
    }
}

impl fmt::Debug for OldFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OldFormat")
            .field("cookie_name", &self.cookie_name())
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
