//! Pools with the settings that a store needs.

use std::path::Path;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::time::sleep;

use super::failure;

const MAX_CONNECTIONS: u32 = 4;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long [`open`] waits between two attempts to open the database.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) async fn file(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    open(path, BUSY_TIMEOUT).await
}

async fn open(path: &Path, busy_timeout: Duration) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(busy_timeout);
    let mut attempts = busy_timeout.as_millis() / PAUSE.as_millis();
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

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use sqlx::{Connection, SqliteConnection};
    use tempfile::TempDir;
    use tokio::time::timeout;

    use super::*;

    /// Returns a folder with a new database, and a connection to the database.
    async fn database() -> (TempDir, SqliteConnection) {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("sessions.db"));
        let other = SqliteConnection::connect_with(&options.create_if_missing(true)).await.unwrap();
        (folder, other)
    }

    #[tokio::test]
    async fn file_is_opened_with_documented_settings() {
        let folder = tempfile::tempdir().unwrap();
        let pool = file(&folder.path().join("sessions.db")).await.unwrap();
        assert_eq!(pool.options().get_max_connections(), 4);
        let pragma = async |query| sqlx::query_scalar::<_, i64>(query).fetch_one(&pool).await.unwrap();
        assert_eq!(pragma("PRAGMA busy_timeout").await, 5000);
        assert_eq!(pragma("PRAGMA synchronous").await, 1, "1 is NORMAL");
    }

    #[tokio::test]
    async fn locked_file_opens_after_lock_has_ended() {
        let (folder, mut other) = database().await;
        let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let path = folder.path().join("sessions.db");
        let mut opened = pin!(file(&path));
        // The call is given time to fail.
        assert!(timeout(Duration::from_millis(300), &mut opened).await.is_err());
        lock.rollback().await.unwrap();
        assert!(opened.await.is_ok());
    }

    #[tokio::test]
    async fn locked_file_is_busy_after_busy_timeout() {
        let (folder, mut other) = database().await;
        let _lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let opened = open(&folder.path().join("sessions.db"), 3 * PAUSE).await;
        assert!(opened.is_err_and(|error| failure::is_busy(&error)));
    }
}
