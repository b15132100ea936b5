//! Calls to a store, with a time limit. Failed calls are logged, and reported to the observer.

use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use session_store::StoreError;
use tokio::time::Instant;

use crate::observer::Observer;

/// Minimum time between two log lines about failures, for each factory.
const LOG_PERIOD: Duration = Duration::from_secs(1);

/// Maximum time of a call. Adding a longer time to an instant could overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Maximum number of attempts to change a row that other requests keep changing. The time is limited as well.
const MAX_ATTEMPTS: u32 = 200;

/// A guard that limits the time of calls to the store, and reports failures.
pub(crate) struct Guard {
    timeout: Duration,
    observer: Option<Arc<dyn Observer>>,
    last_logged: Mutex<Option<Instant>>,
    /// Number of failures since `last_logged` that were not logged.
    suppressed: AtomicU64,
}

impl Guard {
    pub(crate) fn new(timeout: Duration, observer: Option<Arc<dyn Observer>>) -> Self {
        let timeout = timeout.min(LONGEST);
        Self { timeout, observer, last_logged: Mutex::new(None), suppressed: AtomicU64::new(0) }
    }

    /// Begins the first attempt to change a row. No further attempt begins after ten times the time limit of one call.
    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts { guard: self, attempt: 1, deadline: Instant::now() + 10 * self.timeout }
    }

    /// Awaits a call to the store, for a limited time.
    pub(crate) async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let outcome = match tokio::time::timeout(self.timeout, call).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StoreError::timeout(self.timeout)),
        };
        // `no_owner` means that the handle belongs to no session with an owner. The store has not failed.
        if let Err(error) = &outcome
            && !error.is_no_owner()
        {
            self.report(error);
        }
        outcome
    }

    /// Reports that a save gives up because other requests kept changing the session. Returns the error.
    fn conflict(&self) -> StoreError {
        let error = StoreError::conflict();
        self.report(&error);
        error
    }

    /// Tells the observer of each failure, but logs at most one failure a second, because every request fails during an
    /// outage.
    fn report(&self, error: &StoreError) {
        if let Some(observer) = &self.observer {
            observer.store_failed(error);
        }
        let now = Instant::now();
        let is_due = {
            let mut last = self.last_logged.lock().unwrap_or_else(PoisonError::into_inner);
            let is_due = last.is_none_or(|last| now.duration_since(last) >= LOG_PERIOD);
            if is_due {
                *last = Some(now);
            }
            is_due
        };
        if is_due {
            let suppressed = self.suppressed.swap(0, Ordering::Relaxed);
            tracing::error!(%error, suppressed, "session store failed");
        } else {
            self.suppressed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The attempts to change a row that other requests may change at the same time.
pub(crate) struct Attempts<'a> {
    guard: &'a Guard,
    attempt: u32,
    deadline: Instant,
}

impl Attempts<'_> {
    /// Begins another attempt, because another request has changed the row. First waits for a random time, so that
    /// requests do not collide again. The maximum wait grows with the number of attempts, up to 5 ms.
    ///
    /// # Errors
    /// Returns the conflict error if no further attempt is allowed: after [`MAX_ATTEMPTS`], or after the deadline.
    pub(crate) async fn next(&mut self) -> Result<(), StoreError> {
        let micros = u64::from(self.attempt.min(20)) * 250;
        // Each `RandomState` has different keys, so its hash of no input is a random number.
        let random = RandomState::new().build_hasher().finish();
        tokio::time::sleep(Duration::from_micros(random % micros)).await;
        self.attempt += 1;
        if self.attempt > MAX_ATTEMPTS || Instant::now() >= self.deadline {
            return Err(self.guard.conflict());
        }
        Ok(())
    }
}
