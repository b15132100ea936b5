//! Formats that a factory reads and does not write.

use std::sync::Arc;
use std::{fmt, iter};

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

    /// Returns the values that the factory writes, or has written, with each of its keys.
    fn probes(&self) -> Result<Vec<Probe>, BuildError>;
}

impl OldFormat {
    pub(crate) fn new(reader: Arc<dyn Reader>) -> Self {
        Self { reader, until: None }
    }

    /// Sets the date from which the format is no longer read.
    ///
    /// A good date is one [`timeout`](crate::Builder::timeout), or one [`max_lifetime`](crate::Builder::max_lifetime)
    /// if that is longer, after the last server has stopped writing the format. Without a timeout, wait for one
    /// [`lifetime`](crate::Builder::lifetime). Sessions still in the format have then expired. Use a fixed date: a date
    /// that is computed from the start of the program moves with each restart.
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

/// The value of a cookie that a format writes, or wrote in the past. Each format that authenticates the value has the
/// key of the probe.
pub(crate) struct Probe {
    value: Vec<u8>,
    /// Whether the key of the probe is retired.
    is_retired: bool,
    /// Whether the session has the [`PROBE_ENTRY`].
    has_entry: bool,
}

/// The entry of the session in a [`Probe`]. The entry's value is not ASCII, so that the probe also shows whether two
/// formats differ in their text encoding.
const PROBE_ENTRY: (&str, &str) = ("key", "välue");

/// Returns a probe of each key: the key of `current`, and the keys of the serializers for the retired secrets. If a
/// serializer cannot write the entry, its probe is a session without entries. Leaves out the probe if the serializer
/// cannot write this session either.
pub(crate) fn probes<S: Serializer>(current: &S, retired: &[S]) -> Vec<Probe> {
    let mut records = [Record::default(), Record::default()];
    let _ = records[0].state.insert(PROBE_ENTRY.0, PROBE_ENTRY.1);
    let retired = retired.iter().map(|serializer| (serializer, true));
    let probe = |(serializer, is_retired): (&S, bool)| {
        records.iter().find_map(|record| {
            let mut value = Vec::new();
            serializer.dumps_record(record, &mut value).ok()?;
            Some(Probe { value, is_retired, has_entry: !record.state.is_empty() })
        })
    };
    iter::once((current, false)).chain(retired).filter_map(probe).collect()
}

/// Checks that no format authenticates the cookies of another format with the same cookie name. `retired` are the
/// serializers for the retired secrets of the current format.
///
/// A cookie is read in the first format that authenticates it. So if two formats share a key, the later format never
/// reads its own cookies of this key. As an exception, both formats can have the same retired key if they read the
/// cookies of this key alike.
pub(crate) fn check_keys<S: Serializer>(
    cookie_name: &str,
    serializer: &S,
    retired: &[S],
    old_formats: &[OldFormat],
) -> Result<(), BuildError> {
    if old_formats.is_empty() {
        return Ok(());
    }
    let current = |value: &[u8]| serializer.loads_record(value.into());
    let probes = probes(serializer, retired);
    check_probed(vec![Probed { number: 0, cookie_name, probes, read: Box::new(current) }], old_formats)
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
            probes: old.reader.probes()?,
            read: Box::new(|value| old.read(value)),
        };
        let conflict = earlier.iter().find_map(|other| Some((other, other.conflict(&old)?)));
        if let Some((other, conflict)) = conflict {
            return Err(BuildError::new("also_reads", other.advice(conflict, number)));
        }
        earlier.push(old);
    }
    Ok(())
}

/// A format, with a probe of each of its keys.
struct Probed<'a> {
    /// Number of the old format, beginning with 1; the current format has 0.
    number: usize,
    cookie_name: &'a str,
    probes: Vec<Probe>,
    read: Box<Read<'a>>,
}

type Read<'a> = dyn Fn(&[u8]) -> Result<Loaded, LoadError> + 'a;

/// Why two formats cannot be read together.
enum Conflict {
    /// The formats share a key that is the current key of at least one of them.
    SharedKey,
    /// The formats share a key that is retired in both, and they read the cookies of this key differently.
    SharedRetiredKey,
}

impl Probed<'_> {
    /// Returns what to do about the conflict of the old format `later` with this format.
    fn advice(&self, conflict: Conflict, later: usize) -> String {
        match (conflict, self.number) {
            (Conflict::SharedKey, 0) => format!(
                "old format {later} shares a key with the current format, which would read the cookies of the old \
                 format; give the current format another secret, salt or cookie name, or remove the call of \
                 also_reads()"
            ),
            (Conflict::SharedKey, earlier) => format!(
                "old format {later} shares a key with old format {earlier}, which would read the cookies of old \
                 format {later}; remove one of the two calls of also_reads()"
            ),
            (Conflict::SharedRetiredKey, number) => {
                let other = match number {
                    0 => "the current format".to_owned(),
                    earlier => format!("old format {earlier}"),
                };
                format!(
                    "old format {later} and {other} share a retired key, but read its cookies differently; remove its \
                     secret from the format that has never written with it"
                )
            }
        }
    }

    fn conflict(&self, other: &Self) -> Option<Conflict> {
        if self.cookie_name != other.cookie_name {
            return None;
        }
        let shares = |is_retired| self.takes(other, is_retired) || other.takes(self, is_retired);
        if shares(false) {
            Some(Conflict::SharedKey)
        } else if shares(true) {
            Some(Conflict::SharedRetiredKey)
        } else {
            None
        }
    }

    /// Returns whether this format authenticates a cookie that `other` has written with its current key or, if
    /// `is_retired` is true, with a retired key. A cookie of a retired key does not count if this format reads it as
    /// the session that `other` has written.
    fn takes(&self, other: &Self, is_retired: bool) -> bool {
        let mut probes = other.probes.iter().filter(|probe| probe.is_retired == is_retired);
        probes.any(|probe| match (self.read)(&probe.value) {
            Ok(loaded) => !(is_retired && probe.is_read_as(&loaded.record)),
            Err(error) => error.is_verified(),
        })
    }
}

impl Probe {
    /// Returns whether `record` is the record that was written into the probe.
    fn is_read_as(&self, record: &Record) -> bool {
        let times = [record.accessed, record.created];
        let value = record.state.get::<String>(PROBE_ENTRY.0);
        times == [Timestamp::default(); 2]
            && record.state.len() == usize::from(self.has_entry)
            && value.is_ok_and(|value| value.as_deref() == self.has_entry.then_some(PROBE_ENTRY.1))
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
