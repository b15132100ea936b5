use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use crate::json::{AnyToJson, Json};

/// A moment: seconds since the Unix epoch as an `f64`, which is what Python's `time.time()` gives and what
/// travels in the cookie. Always finite, so it can be compared; it round-trips exactly.
///
/// ```
/// use session_core::Timestamp;
///
/// let created = Timestamp::from_secs(1_699_999_000.5).unwrap();
/// assert_eq!(created.as_secs(), 1_699_999_000.5);
/// assert_eq!(created.trunc().as_secs(), 1_699_999_000.0);
/// assert!(Timestamp::from_secs(f64::NAN).is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Timestamp(f64);

impl Timestamp {
    /// `None` for NaN and the infinities.
    pub fn from_secs(secs: f64) -> Option<Self> {
        secs.is_finite().then_some(Self(secs))
    }

    /// Seconds since the Unix epoch; negative before it.
    pub fn as_secs(self) -> f64 {
        self.0
    }

    /// The whole second, towards zero: Python's `int(now)`, the granularity in which an access is recorded.
    pub fn trunc(self) -> Self {
        Self(self.0.trunc())
    }

    /// Seconds from `earlier` to `self`; negative if `earlier` is later.
    pub fn secs_since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }

    /// Returns the moment as an integer, if it is a whole second that an `f64` holds exactly: that is how an access is
    /// written.
    pub fn as_whole_secs(self) -> Option<i64> {
        const EXACT: f64 = (1_u64 << 53) as f64;
        (self.0.trunc() == self.0 && self.0.abs() <= EXACT).then_some(self.0 as i64)
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, later: Duration) -> Self {
        Self((self.0 + later.as_secs_f64()).clamp(f64::MIN, f64::MAX))
    }
}

/// To the microsecond, as in Python's `datetime`, cut off towards the epoch: an `f64` holds little more, and the text of
/// such a time is short.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        // Until the year 2255 these are fewer than 2^53, so that this is the float nearest to them.
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

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// From any number: a format such as CBOR tells integers from floats, and has integers for whole seconds.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::with_capacity(24);
        AnyToJson { out: &mut text, depth: 0 }.deserialize(deserializer)?;
        let number = match str::from_utf8(&text).map(Json::parse) {
            Ok(Ok(Json::Number(number))) => number.parse().ok(),
            _ => None,
        };
        let secs = number.ok_or_else(|| de::Error::custom("a time that is not a number"))?;
        Self::from_secs(secs).ok_or_else(|| de::Error::custom("a time that is not finite"))
    }
}
