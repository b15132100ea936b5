//! Runs `store_suite!`, which checks what every store has to do.

use std::time::Duration;

use session_core::ManualClock;
use session_store_redis::RedisStore;
use session_tests::store::Harness as Suite;
use session_tests::store_suite;

use crate::harness::Harness;

store_suite!(single, Harness::single);
store_suite!(cluster, Harness::cluster);
store_suite!(expired_by_server, async || Harness::single().await.map(ExpiredByServer));

impl Suite for Harness {
    type Store = RedisStore;

    async fn open(&self) -> RedisStore {
        self.connect().await.with_clock(self.clock.clone())
    }

    fn clock(&self) -> Option<&ManualClock> {
        Some(&self.clock)
    }

    async fn advance(&self, by: Duration) {
        Harness::advance(self, by);
    }
}

/// A harness whose stores have the system's clock. `advance` lets time pass only for the server, so the server expires
/// the rows before the stores do.
struct ExpiredByServer(Harness);

impl Suite for ExpiredByServer {
    type Store = RedisStore;

    async fn open(&self) -> RedisStore {
        self.0.connect().await
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// Returns more than a minute, because [`RedisServer::advance`](session_tests::servers::RedisServer::advance) keeps
    /// keys whose end is less than a minute away, in the future or in the past. The rest of the margin is for the
    /// duration of a test.
    fn margin(&self) -> Duration {
        Duration::from_secs(100)
    }
}
