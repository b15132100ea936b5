//! The interface between the store suite and the tested store.

use std::time::Duration;

use session_core::{Clock, ManualClock, Timestamp};
use session_store::Store;

/// An empty store, and control over its time.
///
/// [`ManualHarness`] implements this trait for a store that has a [`ManualClock`]. If the engine itself expires rows,
/// by the system's clock, implement the trait yourself. Then [`advance`](Self::advance) moves the ends of the rows
/// closer, and [`margin`](Self::margin) is the tolerance for the time at which a row expires:
///
/// ```
/// use std::time::Duration;
///
/// use session_core::{Clock, SystemClock, Timestamp};
/// use session_tests::store::Harness;
/// # use session_store::{MemoryStore as RedisStore};
/// # struct Connection(RedisStore);
/// # impl Connection {
/// #     async fn store(&self) -> RedisStore { self.0.clone() }
/// #     async fn shorten_every_ttl(&self, _: Duration) {}
/// # }
///
/// struct Redis {
///     server: Connection,
/// }
///
/// impl Harness for Redis {
///     type Store = RedisStore;
///
///     async fn open(&self) -> RedisStore {
///         self.server.store().await
///     }
///
///     fn now(&self) -> Timestamp {
///         SystemClock.now()
///     }
///
///     async fn advance(&self, by: Duration) {
///         self.server.shorten_every_ttl(by).await;
///     }
///
///     fn margin(&self) -> Duration {
///         Duration::from_secs(60)
///     }
/// }
/// ```
pub trait Harness: Sync {
    /// The tested store.
    type Store: Store;

    /// Opens the store, as another process would. All stores that this method returns share their rows. For a store in
    /// memory, return a clone or an `Arc`.
    fn open(&self) -> impl Future<Output = Self::Store> + Send;

    /// Returns the current time. The suite adds durations to it to get the ends of rows. [`advance`](Self::advance)
    /// need not change it.
    fn now(&self) -> Timestamp;

    /// Simulates that the time `by` passes: advances the store's clock, or makes each row in the store expire that much
    /// earlier.
    fn advance(&self, by: Duration) -> impl Future<Output = ()> + Send;

    /// Sets the clock of all stores that [`open`](Self::open) has returned, but not the engine's own clock, as if the
    /// clock of a process were wrong. Returns false and does nothing if the stores have no such clock. The suite then
    /// skips the check that needs it.
    fn set_clock(&self, _now: Timestamp) -> bool {
        false
    }

    /// Returns the maximum time between a row's end and the moment at which it disappears, before or after the end. The
    /// suite's scripts never call the store when a row's end is closer than this margin. The margin must be at most 100
    /// s. It is zero by default.
    ///
    /// If the engine's clock runs during a test, the margin must be longer than the test takes.
    fn margin(&self) -> Duration {
        Duration::ZERO
    }
}

/// The return value of the function that you pass to the suite: a [`Harness`], or an `Option` of one.
///
/// If the function returns `None`, the tests pass without testing a store. So the function should print to standard
/// error why there is no store.
pub trait IntoHarness {
    /// The harness.
    type Harness: Harness;

    /// Returns the harness, or `None` if the engine is not available on this machine.
    fn into_harness(self) -> Option<Self::Harness>;
}

impl<H: Harness> IntoHarness for H {
    type Harness = H;

    fn into_harness(self) -> Option<H> {
        Some(self)
    }
}

impl<H: Harness> IntoHarness for Option<H> {
    type Harness = H;

    fn into_harness(self) -> Self {
        self
    }
}

/// A [`Harness`] for a store whose only source of time is a [`ManualClock`]. Clones of the store have the same rows.
#[derive(Clone, Debug)]
pub struct ManualHarness<S> {
    store: S,
    clock: ManualClock,
}

impl<S: Store + Clone> ManualHarness<S> {
    /// Creates the harness of an empty store that uses `clock`.
    pub fn new(store: S, clock: ManualClock) -> Self {
        Self { store, clock }
    }
}

impl<S: Store + Clone> Harness for ManualHarness<S> {
    type Store = S;

    async fn open(&self) -> S {
        self.store.clone()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn set_clock(&self, now: Timestamp) -> bool {
        self.clock.set(now);
        true
    }
}
