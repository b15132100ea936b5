//! The times of a session.

use std::cmp::Ordering;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{AnyToJson, Json};

/// A time in seconds since the Unix epoch, as an `f64`: the unit of Python's `time.time()` and of the cookie.
///
/// It is always finite, so two times can be compared. It survives a round trip through a cookie exactly.
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::Timestamp;
///
/// let created = Timestamp::from_secs(1_699_999_000.5).unwrap();
/// assert_eq!(created.as_secs(), 1_699_999_000.5);
/// assert_eq!(created.trunc().as_secs(), 1_699_999_000.0);
/// assert!(Timestamp::from_secs(f64::NAN).is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timestamp(f64);

impl Timestamp {
    /// Creates a time from seconds since the Unix epoch. Returns `None` for NaN and the infinities.
    pub fn from_secs(secs: f64) -> Option<Self> {
        secs.is_finite().then_some(Self(secs))
    }

    /// Returns the seconds since the Unix epoch, negative for a time before it.
    pub fn as_secs(self) -> f64 {
        self.0
    }

    /// Converts the time to a [`SystemTime`], which calendar crates such as jiff and chrono accept. Returns `None` if a
    /// `SystemTime` cannot represent the time.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let since = Duration::try_from_secs_f64(self.0.abs()).ok()?;
        if self.0 < 0.0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) }
    }

    /// Returns the time rounded towards zero to a whole second, as Python's `int(now)` does. Accesses are recorded with
    /// this precision.
    pub fn trunc(self) -> Self {
        Self(self.0.trunc())
    }

    /// Returns the seconds from `earlier` to `self`, negative if `earlier` is later.
    pub fn secs_since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }

    /// Returns the time from `earlier` to `self`, or zero if `earlier` is later.
    pub fn duration_since(self, earlier: Self) -> Duration {
        let secs = self.secs_since(earlier).max(0.0);
        // Two times can be further apart than the longest `Duration`.
        Duration::try_from_secs_f64(secs).unwrap_or(Duration::MAX)
    }

    /// Returns the time as an integer if it is a whole number of seconds, at most 2^53 before or after the epoch. An
    /// `f64` holds all these numbers exactly. If possible, a record writes its time of access in this form.
    pub fn as_whole_secs(self) -> Option<i64> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        (self.0.trunc() == self.0 && self.0.abs() <= EXACT).then_some(self.0 as i64)
    }
}

/// A time is never NaN, so any two times can be compared.
impl Eq for Timestamp {}

impl Ord for Timestamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Timestamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self((self.0 + later.as_secs_f64()).clamp(f64::MIN, f64::MAX))
    }
}

/// Converts to whole microseconds, the precision of Python's `datetime`, and rounds towards the epoch. An `f64` is
/// hardly more precise, and the JSON text of whole microseconds is short.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        // Until the year 2255, the microseconds since the epoch are fewer than 2^53. An `f64` holds such a number
        // exactly, so the division gives the float that is nearest to the time.
        let secs = |since: Duration| match u64::try_from(since.as_micros()) {
            Ok(micros) => micros as f64 / 1e6,
            Err(_) => since.as_secs_f64(),
        };
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => secs(after),
            Err(before) => -secs(before.duration()),
        })
    }
}

/// Serializes as the seconds since the Unix epoch: as an integer if possible, otherwise as a float.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole_secs() {
            Some(secs) => serializer.serialize_i64(secs),
            None => serializer.serialize_f64(self.0),
        }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Deserializes any finite number, integer or float. A time in a record can be either, and formats such as CBOR
/// distinguish them.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::with_capacity(24);
        AnyToJson { out: &mut text, depth: 0 }.deserialize(deserializer)?;
        let number = match str::from_utf8(&text).map(Json::parse) {
            Ok(Ok(Json::Number(number))) => number.parse().ok(),
            _ => None,
        };
        let secs = number.ok_or_else(|| de::Error::custom("time is not a number"))?;
        Self::from_secs(secs).ok_or_else(|| de::Error::custom("time is not finite"))
    }
}
