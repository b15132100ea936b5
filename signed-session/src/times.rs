//! The limits of a session's life.

use std::time::Duration;

use session_core::{Record, Rejection, Timestamp};

use crate::error::BuildError;

/// The options that limit a session's life.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// Maximum time without an access.
    pub(crate) timeout: Option<Duration>,
    /// Minimum age of a cookie that a read re-issues.
    pub(crate) reissue_time: Option<Duration>,
    /// Maximum time since the session began.
    pub(crate) lifetime: Option<Duration>,
}

impl Times {
    /// Checks that the options do not contradict each other.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        for (option, limit) in [("timeout", self.timeout), ("lifetime", self.lifetime)] {
            // An access is recorded in whole seconds. With less than a second, a new session could be expired at once.
            if limit.is_some_and(|limit| limit < Duration::from_secs(1)) {
                return Err(BuildError::new(
                    option,
                    "use at least one second, or None for sessions without this limit",
                ));
            }
        }
        match (self.timeout, self.reissue_time) {
            (Some(timeout), Some(reissue_time)) if reissue_time >= timeout => Err(BuildError::new(
                "reissue_time",
                "use less than the timeout, or None: the session would always expire before it is re-issued",
            )),
            _ => Ok(()),
        }
    }

    /// Returns whether a read at `now` re-issues a cookie that was accessed at `accessed`; `None` if reads do not count
    /// as accesses.
    #[inline]
    pub(crate) fn is_due(&self, accessed: Timestamp, now: Timestamp) -> Option<bool> {
        self.reissue_time.map(|reissue_time| now.secs_since(accessed) > reissue_time.as_secs_f64())
    }

    /// Returns why the session has expired; `None` if it has not. At exactly a limit, it has not.
    #[inline]
    pub(crate) fn expiry(&self, record: &Record, now: Timestamp) -> Option<Rejection> {
        let is_over = |limit: Option<Duration>, since: Timestamp| {
            limit.is_some_and(|limit| now.secs_since(since) > limit.as_secs_f64())
        };
        if is_over(self.timeout, record.accessed) || is_over(self.lifetime, record.created) {
            return Some(self.first_limit(record));
        }
        None
    }

    /// Returns which limit an expired session has reached first.
    #[cold]
    fn first_limit(&self, record: &Record) -> Rejection {
        match (self.idle_end(record), self.lifetime_end(record)) {
            (Some(idle_end), Some(lifetime_end)) if lifetime_end < idle_end => Rejection::expired(),
            (None, Some(_)) => Rejection::expired(),
            _ => Rejection::expired(),
        }
    }

    /// Returns when the session expires if it is not accessed again.
    pub(crate) fn expires_at(&self, record: &Record) -> Option<Timestamp> {
        let ends = [self.idle_end(record), self.lifetime_end(record)];
        ends.into_iter().flatten().reduce(|first, second| if second < first { second } else { first })
    }

    fn idle_end(&self, record: &Record) -> Option<Timestamp> {
        self.timeout.map(|timeout| record.accessed + timeout)
    }

    fn lifetime_end(&self, record: &Record) -> Option<Timestamp> {
        self.lifetime.map(|lifetime| record.created + lifetime)
    }
}
