//! Runs the store suite on the stores of `session-store`.

mod inexact;

use std::sync::Arc;

use session_core::{ManualClock, Timestamp};
use session_store::{DynStore, MemoryStore, Store};
use session_tests::store::ManualHarness;
use session_tests::store_suite;

use self::inexact::Inexact;

store_suite!(memory, async || harness(|store| store));
store_suite!(memory_with_small_bound, async || harness(|store| store.with_max_rows(300)));
store_suite!(dynamic, async || harness(DynStore::new));
store_suite!(shared, async || harness(Arc::new));
store_suite!(expires_early, async || Inexact::new(45.0));
store_suite!(expires_late, async || Inexact::new(-45.0));

fn harness<S: Store + Clone>(wrap: impl Fn(MemoryStore) -> S) -> ManualHarness<S> {
    let clock = clock();
    ManualHarness::new(wrap(MemoryStore::new().with_clock(clock.clone())), clock)
}

fn clock() -> ManualClock {
    ManualClock::new(Timestamp::from_secs(1_700_000_000.75).unwrap())
}
