//! Pools with the settings that a store needs.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::sleep;

use super::failure;

const MAX_CONNECTIONS: u32 = 4;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`file`] waits between two attempts to open the database.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn file(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT);
    let mut attempts = BUSY_TIMEOUT.as_millis() / PAUSE.as_millis();
    loop {
        // Switching to WAL fails at once if another process switches at the same time, because the busy timeout does
        // not apply to the switch.
        let pool = SqlitePoolOptions::new().max_connections(MAX_CONNECTIONS).test_before_acquire(false);
        match pool.connect_with(options.clone()).await {
            Err(error) if attempts > 0 && failure::is_busy(&error) => attempts -= 1,
            result => return result,
        }
        sleep(PAUSE).await;
    }
}

pub(super) fn memory() -> SqlitePool {
    // Each connection has its own database, which ends with the connection. So open only one connection, and keep it
    // open. Don't test it before it is used: a future that is dropped during the test closes the connection.
    let options = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let options = options.test_before_acquire(false);
    options.connect_lazy_with(SqliteConnectOptions::new().in_memory(true))
}
