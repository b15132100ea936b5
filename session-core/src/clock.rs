//! Clocks: the trait, the system's clock, and a clock for tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::Timestamp;

/// A source of the current time. Use [`SystemClock`] in production, and [`ManualClock`] in tests.
pub trait Clock: Send + Sync {
    /// Returns the current time.
    fn now(&self) -> Timestamp;
}

/// The system's wall clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        SystemTime::now().into()
    }
}

/// A clock that moves only by [`set`](Self::set) and [`advance`](Self::advance). Clones share the time.
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::{Clock, ManualClock, Timestamp};
/// use std::time::Duration;
///
/// let clock = ManualClock::new(Timestamp::from_secs(1_700_000_000.0).unwrap());
/// let in_the_server = clock.clone();
/// clock.advance(Duration::from_millis(1500));
/// assert_eq!(in_the_server.now().as_secs(), 1_700_000_001.5);
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Creates a clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(AtomicU64::new(now.as_secs().to_bits())))
    }

    /// Sets the clock to `now`, which may be earlier than the time that the clock shows.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_secs().to_bits(), Ordering::SeqCst);
    }

    /// Moves the clock forward by `by`.
    pub fn advance(&self, by: Duration) {
        let later = |bits| Some((timestamp(bits) + by).as_secs().to_bits());
        // Concurrent calls add up. The update cannot fail, because `later` always returns a time.
        let _ = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, later);
    }
}

/// Returns the time whose seconds have these bits.
fn timestamp(bits: u64) -> Timestamp {
    Timestamp::from_secs(f64::from_bits(bits)).unwrap_or_default()
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}
