//! Runs `store_suite!`, which checks what every store has to do, on each engine.

use session_core::ManualClock;
use session_store_sqlx::{PostgresStore, SqliteStore};
use session_tests::store::{Harness, ManualHarness};
use session_tests::store_suite;
use tempfile::TempDir;

use crate::common::{self, clock};

store_suite!(postgres, async || {
    let server = common::server()?;
    let (store, clock) = common::postgres(common::pool(server.port())).await;
    Some(ManualHarness::new(store, clock))
});

store_suite!(postgres_with_pool_per_store, async || {
    let harness =
        PostgresProcesses { port: common::server()?.port(), table: common::new_table(), clock: clock() };
    harness.open().await.migrate().await.unwrap();
    Some(harness)
});

store_suite!(sqlite_in_memory, async || {
    let clock = clock();
    let store = SqliteStore::in_memory().with_clock(clock.clone());
    store.migrate().await.unwrap();
    ManualHarness::new(store, clock)
});

store_suite!(sqlite_file, async || {
    let harness = SqliteProcesses { folder: tempfile::tempdir().unwrap(), clock: clock() };
    harness.open().await.migrate().await.unwrap();
    harness
});

/// A harness that gives each opened store a pool of its own, as if the stores were in different processes.
struct PostgresProcesses {
    port: u16,
    table: String,
    clock: ManualClock,
}

impl Harness for PostgresProcesses {
    type Store = PostgresStore;

    async fn open(&self) -> PostgresStore {
        let store = PostgresStore::new(common::pool(self.port)).with_max_connections(4);
        store.with_table(&self.table).unwrap().with_clock(self.clock.clone())
    }

    fn clock(&self) -> Option<&ManualClock> {
        Some(&self.clock)
    }
}

/// A harness that gives each opened store a pool of its own, as if the stores were in different processes.
struct SqliteProcesses {
    folder: TempDir,
    clock: ManualClock,
}

impl Harness for SqliteProcesses {
    type Store = SqliteStore;

    async fn open(&self) -> SqliteStore {
        let store = SqliteStore::connect(self.folder.path().join("sessions.db")).await.unwrap();
        store.with_clock(self.clock.clone())
    }

    fn clock(&self) -> Option<&ManualClock> {
        Some(&self.clock)
    }
}
