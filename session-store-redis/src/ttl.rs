//! How long keys live.

use session_core::Timestamp;

/// Maximum time to live in seconds, about 300 years. A key that would live longer does not expire. Redis refuses times
/// beyond 292 million years.
const LONGEST: f64 = 1e10;

const DAY: f64 = 86_400.0;

/// Seconds added to the time to live of an index and its entries, because the clocks of store and server can differ.
const CLOCK_DIFFERENCE: f64 = 3600.0;

/// How long a key lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ttl {
    /// The row has expired, so it is not stored.
    Ended,
    /// The key lives for this number of milliseconds.
    Millis(u64),
    /// The key lives until it is deleted.
    Unlimited,
}

impl Ttl {
    /// Returns the time from `now` until a row expires, rounded up, so that the key does not expire before the row.
    pub(crate) fn of(expires: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(expires) = expires else { return Self::Unlimited };
        Self::secs(expires.secs_since(now))
    }

    fn secs(secs: f64) -> Self {
        if secs <= 0.0 {
            Self::Ended
        } else if secs > LONGEST {
            Self::Unlimited
        } else {
            Self::Millis((secs * 1000.0).ceil() as u64)
        }
    }

    /// Returns the argument for the scripts.
    pub(crate) fn argument(self) -> String {
        match self {
            Self::Ended => "0".to_owned(),
            Self::Millis(millis) => millis.to_string(),
            Self::Unlimited => String::new(),
        }
    }
}

/// How long a session's entry lives in its owner's index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct IndexTtl {
    /// Time, in seconds since 1970, until which the row can rely on the entry.
    pub(crate) until: f64,
    pub(crate) ttl: Ttl,
}

impl IndexTtl {
    /// Returns how long the entry lives for a row that expires at `expires`. The entry lives at least a day longer than
    /// the row, and at least twice as long. Each request can move the expiry time of the row, but the entry need not be
    /// written each time. For a session in constant use, the entry is written once a day, or once per time to live of
    /// the row if this time is longer than a day.
    pub(crate) fn of(expires: Option<Timestamp>, now: Timestamp) -> Self {
        let Some(secs) = expires.map(|expires| expires.secs_since(now).max(0.0)) else {
            return Self::UNLIMITED;
        };
        let secs = secs + secs.max(DAY);
        match Ttl::secs(secs + CLOCK_DIFFERENCE) {
            Ttl::Unlimited => Self::UNLIMITED,
            ttl => Self { until: now.as_secs() + secs, ttl },
        }
    }

    const UNLIMITED: Self = Self { until: f64::INFINITY, ttl: Ttl::Unlimited };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: f64) -> Timestamp {
        Timestamp::from_secs(secs).unwrap()
    }

    #[test]
    fn ttl_is_rounded_up_to_milliseconds() {
        assert_eq!(Ttl::of(Some(at(100.0001)), at(100.0)), Ttl::Millis(1));
        assert_eq!(Ttl::of(Some(at(101.5)), at(100.0)), Ttl::Millis(1500));
    }

    #[test]
    fn row_that_expires_now_or_earlier_has_ended() {
        assert_eq!(Ttl::of(Some(at(100.0)), at(100.0)), Ttl::Ended);
        assert_eq!(Ttl::of(Some(at(f64::MIN)), at(f64::MAX)), Ttl::Ended);
    }

    #[test]
    fn distant_or_missing_expiry_time_is_unlimited() {
        assert_eq!(Ttl::of(None, at(0.0)), Ttl::Unlimited);
        assert_eq!(Ttl::of(Some(at(f64::MAX)), at(f64::MIN)), Ttl::Unlimited);
        assert_eq!(Ttl::of(Some(at(LONGEST)), at(0.0)), Ttl::Millis(10_000_000_000_000));
        assert_eq!(IndexTtl::of(Some(at(f64::MAX)), at(0.0)).until, f64::INFINITY);
        assert_eq!(IndexTtl::of(None, at(0.0)).until, f64::INFINITY);
    }

    #[test]
    fn index_entry_outlives_its_row() {
        let short = IndexTtl::of(Some(at(1600.0)), at(1000.0));
        assert_eq!(short.until, 1000.0 + 600.0 + DAY);
        assert_eq!(short.ttl, Ttl::Millis((600.0 + DAY + 3600.0) as u64 * 1000));
        let long = IndexTtl::of(Some(at(30.0 * DAY)), at(0.0));
        assert_eq!(long.until, 60.0 * DAY);
    }
}
