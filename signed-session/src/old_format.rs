//! Formats that a factory reads and does not write.

use std::fmt;
use std::sync::Arc;

use session_cookie::SetCookie;
use session_core::{Record, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::error::BuildError;

/// The format in which another factory writes its cookies. [`Builder::also_reads`](crate::Builder::also_reads) adds it
/// to a factory.
///
/// A factory that signs or encrypts its cookies converts into this type. [`until`](Self::until) sets an end date.
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

    /// Returns the value of a cookie for a session without entries; `None` if the format cannot write it.
    fn probe(&self) -> Option<Vec<u8>>;
}

impl OldFormat {
    pub(crate) fn new(reader: Arc<dyn Reader>) -> Self {
        Self { reader, until: None }
    }

    /// Sets the date from which the format is no longer read.
    ///
    /// A good date is one [`timeout`](crate::Builder::timeout) after the last server has stopped writing the format, or
    /// one [`max_lifetime`](crate::Builder::max_lifetime) if it is set. Sessions still in the format have then expired.
    /// Use a fixed date: a date that is computed from the start of the program moves with each restart.
    ///
    /// From that date, the factory does not use the keys of the format. So it treats cookies in the format like cookies
    /// of an unknown key. It rejects them as `bad_signature` if they have the name of the current cookie, or of another
    /// old format that is still read. Otherwise, it ignores them. The layers log `bad_signature` as a warning.
    ///
    /// Before that date, an expired cookie in the format is rejected as `expired`, which the layers log at the debug
    /// level. So a later date avoids warnings: browsers have more time to drop the cookies.
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

/// Checks that no format authenticates the cookies that another format with the same cookie name writes.
///
/// A cookie is read in the first format that authenticates it. So if two formats share a key, the later one never reads
/// its own cookies.
pub(crate) fn check_keys<S: Serializer>(
    cookie_name: &str,
    serializer: &S,
    old_formats: &[OldFormat],
) -> Result<(), BuildError> {
    if old_formats.is_empty() {
        return Ok(());
    }
    let mut probe = Vec::new();
    let probe = serializer.dumps_record(&Record::default(), &mut probe).is_ok().then_some(probe);
    let current = |value: &[u8]| serializer.loads_record(value.into());
    check_probed(vec![Probed { number: 0, cookie_name, value: probe, read: Box::new(current) }], old_formats)
}

/// Checks only the old formats, as [`check_keys`] does. Use this function if the current format cannot share a key with
/// them.
#[cfg(feature = "store")]
pub(crate) fn check_old_keys(old_formats: &[OldFormat]) -> Result<(), BuildError> {
    check_probed(Vec::new(), old_formats)
}

fn check_probed<'a>(mut earlier: Vec<Probed<'a>>, old_formats: &'a [OldFormat]) -> Result<(), BuildError> {
    for (old, number) in old_formats.iter().zip(1..) {
        let old = Probed {
            number,
            cookie_name: old.cookie_name(),
            value: old.reader.probe(),
            read: Box::new(|value| old.read(value)),
        };
        if let Some(other) = earlier.iter().find(|other| other.shares_key(&old)) {
            return Err(BuildError::new("also_reads", other.advice(number)));
        }
        earlier.push(old);
    }
    Ok(())
}

/// A format, and the cookie value that it writes for an empty session.
struct Probed<'a> {
    /// Number of the old format, beginning with 1; the current format has 0.
    number: usize,
    cookie_name: &'a str,
    /// `None` if the format cannot write an empty session.
    value: Option<Vec<u8>>,
    read: Box<Read<'a>>,
}

type Read<'a> = dyn Fn(&[u8]) -> Result<Loaded, LoadError> + 'a;

impl Probed<'_> {
    /// Returns what to do if the old format `later` shares a key with this format.
    fn advice(&self, later: usize) -> String {
        match self.number {
            0 => format!(
                "old format {later} shares a key with the current format, which would read its cookies; give the \
                 current format another secret, salt or cookie name, or remove the call"
            ),
            earlier => format!(
                "old format {later} shares a key with old format {earlier}, which would read its cookies; remove one \
                 of the two calls"
            ),
        }
    }

    fn shares_key(&self, other: &Self) -> bool {
        self.cookie_name == other.cookie_name && (self.authenticates(other) || other.authenticates(self))
    }

    fn authenticates(&self, other: &Self) -> bool {
        let read = other.value.as_deref().map(|value| (self.read)(value));
        read.is_some_and(|read| read.map_or_else(|error| error.is_verified(), |_| true))
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
