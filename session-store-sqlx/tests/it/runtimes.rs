//! Stores that are used from several tokio runtimes, such as the runtimes of actix-web's workers.

use std::time::Duration;

use session_store::Store;
use session_store_sqlx::PostgresStore;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::common::{self, PATIENCE, handle};

/// Returns a runtime that runs only during `block_on`. At all other times, it is blocked.
fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Returns a store whose only connection was opened in `runtime`. Creates the table.
fn store_of(runtime: &Runtime, port: u16, table: &str) -> PostgresStore {
    runtime.block_on(async {
        let store = common::single(port, table);
        store.migrate().await.unwrap();
        store.load(&handle(1)).await.unwrap();
        store
    })
}

/// Documents a limit, not a requirement. Because of this limit, the documents say that a handler must not block its
/// worker.
#[test]
fn connection_that_blocked_runtime_has_opened_gives_no_answer() {
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let (blocked, other) = (worker(), worker());
    let shared = store_of(&blocked, server.port(), &table);
    other.block_on(async {
        let load = timeout(Duration::from_millis(300), shared.load(&handle(1))).await;
        assert!(load.is_err(), "{load:?}");
    });
}

#[test]
fn store_of_each_runtime_does_not_depend_on_other_runtimes() {
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let (blocked, other) = (worker(), worker());
    let first = store_of(&blocked, server.port(), &table);
    other.block_on(async {
        let second = common::single(server.port(), &table);
        for _ in 0..3 {
            assert_eq!(timeout(PATIENCE, second.load(&handle(1))).await.unwrap(), Ok(None));
        }
    });
    drop(first);
}
