//! The task of `sweep_every`, in tokio's paused time.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version, sweep_every};
use tokio::time::{Instant, sleep};

use crate::log::Log;

const MINUTE: Duration = Duration::from_secs(60);

/// A store that supports only `sweep`. The calls return the given results in order, and then `Ok(0)`.
struct Swept {
    start: Instant,
    /// How long the first call takes. The other calls return at once.
    first_takes: Duration,
    results: Mutex<VecDeque<Result<u64, StoreError>>>,
    /// For each call, the milliseconds since the start, and the limit.
    calls: Mutex<Vec<(u128, usize)>>,
}

impl Swept {
    fn new(results: impl IntoIterator<Item = Result<u64, StoreError>>) -> Arc<Self> {
        Self::slow(Duration::ZERO, results)
    }

    fn slow(first_takes: Duration, results: impl IntoIterator<Item = Result<u64, StoreError>>) -> Arc<Self> {
        let results = Mutex::new(results.into_iter().collect());
        Arc::new(Self { start: Instant::now(), first_takes, results, calls: Mutex::default() })
    }

    fn times(&self) -> Vec<u128> {
        self.calls.lock().unwrap().iter().map(|(millis, _)| *millis).collect()
    }
}

impl Store for Swept {
    async fn load(&self, _: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        unimplemented!()
    }

    async fn create(&self, _: &SessionHandle, _: &Row) -> Result<Option<Version>, StoreError> {
        unimplemented!()
    }

    async fn replace(&self, _: &SessionHandle, _: Version, _: &Row) -> Result<Option<Version>, StoreError> {
        unimplemented!()
    }

    async fn touch(&self, _: &SessionHandle, _: Timestamp, _: Option<Timestamp>) -> Result<bool, StoreError> {
        unimplemented!()
    }

    async fn delete(&self, _: &SessionHandle, _: Option<Version>) -> Result<bool, StoreError> {
        unimplemented!()
    }

    async fn by_owner(&self, _: &str) -> Result<Vec<SessionInfo>, StoreError> {
        unimplemented!()
    }

    async fn delete_by_owner(&self, _: &str, _: Option<&SessionHandle>) -> Result<u64, StoreError> {
        unimplemented!()
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        let is_first = self.calls.lock().unwrap().is_empty();
        self.calls.lock().unwrap().push((self.start.elapsed().as_millis(), limit));
        if is_first {
            sleep(self.first_takes).await;
        }
        self.results.lock().unwrap().pop_front().unwrap_or(Ok(0))
    }
}

#[tokio::test(start_paused = true)]
async fn store_is_swept_at_once_and_every_period() {
    let store = Swept::new([]);
    let _sweeper = sweep_every(MINUTE, store.clone());
    sleep(MINUTE * 2 + MINUTE / 2).await;
    assert_eq!(*store.calls.lock().unwrap(), [(0, 1000), (60_000, 1000), (120_000, 1000)]);
}

#[tokio::test(start_paused = true)]
async fn full_batch_is_followed_by_another_one() {
    let store = Swept::new([Ok(1000), Ok(1000), Ok(999)]);
    let _sweeper = sweep_every(MINUTE, store.clone());
    sleep(MINUTE + MINUTE / 2).await;
    assert_eq!(store.times(), [0, 50, 100, 60_000]);
}

#[tokio::test(start_paused = true)]
async fn next_period_tries_again_after_a_failure() {
    let failure = StoreError::unavailable(io::Error::other("connection refused"));
    let store = Swept::new([Ok(1000), Err(failure), Ok(1000)]);
    let _sweeper = sweep_every(MINUTE, store.clone());
    sleep(MINUTE + MINUTE / 2).await;
    assert_eq!(store.times(), [0, 50, 60_000, 60_050]);
}

/// Regression: after a call that never returned, nothing was swept until the process was restarted, and nothing was
/// logged.
#[tokio::test(start_paused = true)]
async fn sweep_that_never_returns_is_logged_and_tried_again_in_next_period() {
    let (log, _guard) = Log::record();
    let store = Swept::slow(Duration::MAX, [Ok(1000)]);
    let _sweeper = sweep_every(MINUTE * 10, store.clone());
    sleep(MINUTE * 11).await;
    assert_eq!(store.times(), [0, 600_000, 600_050]);
    assert_eq!(
        log.text(),
        " WARN session_store::sweep: expired sessions not swept error=the session store did not answer within 60s\n"
    );
}

#[tokio::test(start_paused = true)]
async fn batch_that_takes_almost_a_minute_is_followed_by_another_one() {
    let store = Swept::slow(Duration::from_secs(59), [Ok(1000)]);
    let _sweeper = sweep_every(MINUTE * 10, store.clone());
    sleep(MINUTE * 5).await;
    assert_eq!(store.times(), [0, 59_050]);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_sweeper_stops_the_task() {
    let store = Swept::new([]);
    let sweeper = sweep_every(MINUTE, store.clone());
    assert_eq!(format!("{sweeper:?}"), "Sweeper { .. }");
    sleep(MINUTE / 2).await;
    drop(sweeper);
    sleep(MINUTE * 5).await;
    assert_eq!(store.times(), [0]);
    assert_eq!(Arc::strong_count(&store), 1);
}

#[tokio::test]
#[should_panic(expected = "period")]
async fn period_of_zero_panics() {
    let _sweeper = sweep_every(Duration::ZERO, Swept::new([]));
}
