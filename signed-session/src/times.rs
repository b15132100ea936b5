//! The limits of a session's life.

use std::time::Duration;

use session_core::{EntryError, Record, Rejection, State, Timestamp};

use crate::error::BuildError;

/// Minimum time that a store keeps a row after the end of its session, because the store's clock may be fast. The
/// factory itself checks the end of the session.
#[cfg(feature = "store")]
pub(crate) const ROW_MARGIN: Duration = Duration::from_secs(60);

/// Maximum time for which browsers keep a cookie (RFC 6265bis, section 5.5).
const MAX_COOKIE_AGE: Duration = Duration::from_secs(400 * 24 * 60 * 60);

const SECOND: Duration = Duration::from_secs(1);

/// Minimum timeout. An access is recorded in whole seconds, rounded down. With a shorter timeout, a session could
/// expire a moment after its access.
const MIN_TIMEOUT: Duration = Duration::from_secs(2);

/// The options that limit a session's life.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    /// Maximum time without an access.
    pub(crate) timeout: Option<Duration>,
    /// A read re-issues a cookie that is older than this. `None` if reads do not count as accesses.
    pub(crate) reissue_time: Option<Duration>,
    /// Maximum time since the session began.
    pub(crate) lifetime: Option<Duration>,
    /// Upper bound of a session's own timeout and lifetime; `None` if a session cannot have its own.
    pub(crate) max_lifetime: Option<Duration>,
    /// How long a browser keeps a cookie whose session has no limits of its own. With `None`, until the browser closes.
    pub(crate) cookie_max_age: Option<Duration>,
}

/// Returns whether the end of a row is more than `tolerance` before the end that it should have. `None` is later than
/// any time.
#[cfg(feature = "store")]
pub(crate) fn is_earlier(end: Option<Timestamp>, expected: Option<Timestamp>, tolerance: Duration) -> bool {
    match (end, expected) {
        (Some(end), Some(expected)) => expected.secs_since(end) > tolerance.as_secs_f64(),
        (end, expected) => end.is_some() && expected.is_none(),
    }
}

/// The limits of one session: its own, capped at `max_lifetime`, or the factory's if the session has none. A session
/// with a timeout of its own always has a lifetime of at most `max_lifetime`.
struct Limits {
    timeout: Option<Duration>,
    lifetime: Option<Duration>,
}

impl Times {
    /// Sets the re-issue time to a tenth of the timeout, of the cookie's max-age or of [`MAX_COOKIE_AGE`], whichever is
    /// shortest. Without a timeout, the maximum lifetime takes its place. If there is no limit at all, reads do not
    /// re-issue the cookie.
    pub(crate) fn set_reissue_time_to_tenth(&mut self) {
        let limits = [self.timeout.or(self.max_lifetime), self.cookie_max_age];
        self.reissue_time = limits.into_iter().flatten().min().map(|limit| limit.min(MAX_COOKIE_AGE) / 10);
    }

    /// Checks that no limit is too short, and that the options do not contradict each other.
    pub(crate) fn check(&self) -> Result<(), BuildError> {
        let limits = [
            ("timeout", self.timeout, MIN_TIMEOUT, "two seconds"),
            ("lifetime", self.lifetime, SECOND, "one second"),
            ("max_lifetime", self.max_lifetime, SECOND, "one second"),
        ];
        for (option, limit, min, words) in limits {
            if limit.is_some_and(|limit| limit < min) {
                return Err(BuildError::new(
                    option,
                    format!(
                        "less than {words}; use at least {words}, or None for sessions without this limit"
                    ),
                ));
            }
        }
        if self.reissues_too_late(self.timeout) {
            return Err(BuildError::new(
                "reissue_time",
                "the session would expire before a read re-issues it; use a time more than one second less than the \
                 timeout, or None",
            ));
        }
        // If the lifetime is not longer than max_age, the session ends no later than the browser drops the cookie.
        let dropped_first =
            self.cookie_max_age.filter(|&max_age| self.lifetime.is_none_or(|end| end > max_age));
        if self.reissues_too_late(dropped_first) {
            return Err(BuildError::new(
                "reissue_time",
                "the browser would drop the cookie before a read re-issues it; use a time more than one second \
                 less than max_age, or None",
            ));
        }
        match (self.timeout, self.lifetime) {
            (Some(timeout), Some(lifetime)) if timeout > lifetime => Err(BuildError::new(
                "timeout",
                "each session would end before its timeout; use at most the lifetime, or set a longer lifetime",
            )),
            _ => Ok(()),
        }
    }

    /// Returns whether a cookie reaches this limit before a read can re-issue the cookie, or at the same moment. A read
    /// re-issues the cookie in the first whole second after the re-issue time. A re-issue time under a second is never
    /// too late: reads then re-issue the cookie as often as they can.
    fn reissues_too_late(&self, limit: Option<Duration>) -> bool {
        let (Some(reissue_time), Some(limit)) = (self.reissue_time, limit) else { return false };
        reissue_time >= SECOND && Duration::from_secs(reissue_time.as_secs()).saturating_add(SECOND) >= limit
    }

    /// Checks a timeout before it is set for the session of this record.
    pub(crate) fn check_own_timeout(
        &self,
        timeout: Duration,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), EntryError> {
        self.check_own(timeout)?;
        if timeout < MIN_TIMEOUT {
            return Err(EntryError::unsupported_lifetime(
                "a timeout of less than two seconds could end the session at once; use at least two seconds",
            ));
        }
        self.check_own_end(self.limits_with(Some(timeout), record.state.lifetime()), record, now)
    }

    /// Checks a lifetime before it is set for the session of this record.
    pub(crate) fn check_own_lifetime(
        &self,
        lifetime: Duration,
        record: &Record,
        now: Timestamp,
    ) -> Result<(), EntryError> {
        self.check_own(lifetime)?;
        // The session stores whole seconds.
        let lifetime = Duration::from_secs(lifetime.as_secs());
        self.check_own_end(self.limits_with(record.state.timeout(), Some(lifetime)), record, now)
    }

    /// Checks that a session with these limits, which is accessed now, is not over.
    fn check_own_end(&self, limits: Limits, record: &Record, now: Timestamp) -> Result<(), EntryError> {
        let age = now.secs_since(record.created);
        match limits.lifetime {
            Some(lifetime) if age > lifetime.as_secs_f64() => Err(EntryError::unsupported_lifetime(format!(
                "the session began {age:.0} s ago, and would end at once, because its lifetime would be {} s; call \
                 renew() first",
                lifetime.as_secs()
            ))),
            _ => Ok(()),
        }
    }

    /// Checks that `max_lifetime` allows this timeout or lifetime for a single session.
    fn check_own(&self, limit: Duration) -> Result<(), EntryError> {
        match self.max_lifetime {
            None => Err(EntryError::unsupported_lifetime("set `max_lifetime` on the builder")),
            Some(max) if limit > max => Err(EntryError::unsupported_lifetime(format!(
                "{} s is over the maximum; use at most {} s, or raise `max_lifetime` on the builder",
                limit.as_secs_f64(),
                max.as_secs_f64()
            ))),
            Some(_) => Ok(()),
        }
    }

    /// Returns whether a read at `now` re-issues the cookie of this record; `None` if reads do not count as accesses.
    #[inline]
    pub(crate) fn is_due(&self, record: &Record, now: Timestamp) -> Option<bool> {
        let reissue_time = self.reissue_time?;
        // A session's own timeout can be shorter than the factory's re-issue time. The session must not expire before
        // its cookie is re-issued.
        let own_timeout = self.max_lifetime.and_then(|_| record.state.timeout());
        let reissue_time = own_timeout.map_or(reissue_time, |timeout| reissue_time.min(timeout / 10));
        Some(now.secs_since(record.accessed) > reissue_time.as_secs_f64())
    }

    /// Returns the minimum time between two accesses that the store records for a revocable session. Few accesses have
    /// to be recorded: the store only has to know whether the session was ended.
    #[cfg(feature = "store")]
    pub(crate) fn touch_period(&self) -> Duration {
        const WITHOUT_TIMEOUT: Duration = Duration::from_secs(60);
        let tenth = self.timeout.map_or(WITHOUT_TIMEOUT, |timeout| timeout / 10);
        self.reissue_time.unwrap_or_default().max(tenth)
    }

    /// Returns whether a request with an access at `accessed` has taken so long that other requests may have recorded
    /// later accesses.
    #[cfg(feature = "store")]
    pub(crate) fn is_outdated(&self, accessed: Timestamp, now: Timestamp) -> bool {
        now.secs_since(accessed) > self.touch_period().as_secs_f64()
    }

    /// Returns why the session has expired; `None` if it has not. A session that is exactly at a limit has not expired.
    #[inline]
    pub(crate) fn expiry(&self, record: &Record, now: Timestamp) -> Option<Rejection> {
        let Limits { timeout, lifetime } = self.limits(&record.state);
        let is_over = |limit: Option<Duration>, since: Timestamp| {
            limit.is_some_and(|limit| now.secs_since(since) > limit.as_secs_f64())
        };
        match (is_over(timeout, record.accessed), is_over(lifetime, record.created)) {
            (false, false) => None,
            (true, false) => Some(Rejection::expired()),
            (false, true) => Some(Rejection::lifetime_exceeded()),
            (true, true) => Some(self.first_limit(record)),
        }
    }

    /// Returns the rejection of a session that has exceeded both limits. The limit that was reached first decides.
    #[cold]
    fn first_limit(&self, record: &Record) -> Rejection {
        let [idle_end, lifetime_end] = self.ends(record, record.accessed);
        if lifetime_end < idle_end { Rejection::lifetime_exceeded() } else { Rejection::expired() }
    }

    /// Returns when a session that was last accessed at `accessed` expires; `None` if it never does.
    pub(crate) fn expires_at(&self, record: &Record, accessed: Timestamp) -> Option<Timestamp> {
        let ends = self.ends(record, accessed).into_iter().flatten();
        ends.reduce(|first, second| if second < first { second } else { first })
    }

    /// Returns when the session reaches its timeout and its lifetime.
    fn ends(&self, record: &Record, accessed: Timestamp) -> [Option<Timestamp>; 2] {
        let Limits { timeout, lifetime } = self.limits(&record.state);
        [timeout.map(|timeout| accessed + timeout), lifetime.map(|lifetime| record.created + lifetime)]
    }

    /// Returns whether a session has a timeout or a lifetime of its own, and the factory has a `max_lifetime`. Its
    /// cookie then has a `Max-Age`.
    pub(crate) fn has_own_limits(&self, state: &State) -> bool {
        self.max_lifetime.is_some() && (state.timeout().is_some() || state.lifetime().is_some())
    }

    /// Returns how long a browser keeps a cookie of this record that is sent at `now`: until the session expires. The
    /// recorded access can be earlier than `now`, if the cookie is re-issued without an access. It can be later, if the
    /// clock was set back. Returns `None` if the session never expires.
    pub(crate) fn max_age(&self, record: &Record, now: Timestamp) -> Option<Duration> {
        let sent = now.max(record.accessed);
        let secs = self.expires_at(record, record.accessed)?.secs_since(sent).ceil();
        Some(Duration::from_secs_f64(secs.clamp(1.0, MAX_COOKIE_AGE.as_secs_f64())))
    }

    #[inline]
    fn limits(&self, state: &State) -> Limits {
        if self.max_lifetime.is_none() {
            return Limits { timeout: self.timeout, lifetime: self.lifetime };
        }
        self.limits_with(state.timeout(), state.lifetime())
    }

    /// Returns the limits of a session that has this timeout and this lifetime of its own.
    fn limits_with(&self, timeout: Option<Duration>, lifetime: Option<Duration>) -> Limits {
        let Some(max) = self.max_lifetime else {
            return Limits { timeout: self.timeout, lifetime: self.lifetime };
        };
        // The maximum may be lower than when the session was written.
        let own = |limit: Option<Duration>| limit.map(|limit| limit.min(max));
        let (timeout, lifetime) = (own(timeout), own(lifetime));
        Limits {
            timeout: timeout.or(self.timeout),
            // Accesses must not extend a session with a timeout of its own beyond the maximum.
            lifetime: lifetime.or(match timeout {
                Some(_) => Some(self.lifetime.map_or(max, |lifetime| lifetime.min(max))),
                None => self.lifetime,
            }),
        }
    }
}
