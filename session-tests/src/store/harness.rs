//! The interface between the store suite and the tested store.

use std::time::Duration;

use session_core::{Clock, ManualClock, SystemClock, Timestamp};
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

    /// Returns the clock of all stores that [`open`](Self::open) has returned. By default, returns `None`: the stores
    /// have the system's clock.
    ///
    /// The suite adds durations to the clock's time to get the ends of rows. One check sets the clock forward and back,
    /// but not the engine's own clock, as if the clock of a process were wrong. Without a clock, the suite skips this
    /// check.
    fn clock(&self) -> Option<&ManualClock> {
        None
    }

    /// Simulates that the time `by` passes: advances the clock, or makes each row in the store expire that much
    /// earlier. By default, advances the [`clock`](Self::clock).
    ///
    /// # Panics
    /// Panics by default if there is no clock.
    fn advance(&self, by: Duration) -> impl Future<Output = ()> + Send {
        async move {
            let clock = self.clock().expect("a harness without a clock needs a method `advance`");
            clock.advance(by);
        }
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

/// Returns the time of the harness's clock, or else of the system's clock.
pub(super) fn now(harness: &impl Harness) -> Timestamp {
    harness.clock().map_or_else(|| SystemClock.now(), Clock::now)
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

    fn clock(&self) -> Option<&ManualClock> {
        Some(&self.clock)
    }
}
