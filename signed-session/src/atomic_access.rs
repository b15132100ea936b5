//! The time at which a request accesses its session.

use std::sync::atomic::{AtomicU64, Ordering};

use session_core::Timestamp;

/// An atomic `Option<Timestamp>`. Methods with `&self` can set it. `None` is stored as NaN, which is not a timestamp.
pub(crate) struct AtomicAccess(AtomicU64);

impl AtomicAccess {
    pub(crate) const fn none() -> Self {
        Self(AtomicU64::new(f64::NAN.to_bits()))
    }

    pub(crate) fn get(&self) -> Option<Timestamp> {
        Timestamp::from_secs(f64::from_bits(self.0.load(Ordering::Relaxed)))
    }

    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.as_secs().to_bits(), Ordering::Relaxed);
    }
}
