//! A store whose clock differs from the application's clock, as a database server's clock can.

use std::time::Duration;

use session_core::{Clock, ManualClock, Timestamp};
use session_store::MemoryStore;
use session_tests::store::Harness;

/// A store in memory that expires rows early or late.
pub(crate) struct Inexact {
    store: MemoryStore,
    clock: ManualClock,
}

struct Ahead(ManualClock, f64);

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.0.now().as_secs() + self.1).unwrap()
    }
}

impl Inexact {
    /// Creates a store whose clock is this many seconds ahead of the test's clock. A negative number puts it behind.
    pub(crate) fn new(ahead: f64) -> Self {
        let clock = crate::clock();
        Self { store: MemoryStore::new().with_clock(Ahead(clock.clone(), ahead)), clock }
    }
}

impl Harness for Inexact {
    type Store = MemoryStore;

    async fn open(&self) -> MemoryStore {
        self.store.clone()
    }

    fn clock(&self) -> Option<&ManualClock> {
        Some(&self.clock)
    }

    fn margin(&self) -> Duration {
        Duration::from_secs(60)
    }
}
