//! SQLite stores in files and in memory.

use std::pin::pin;
use std::time::Duration;

use session_store::{Store, Version};
use session_store_sqlx::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{Connection, SqliteConnection};
use tokio::time::timeout;

use crate::common::{at, clock, handle, row};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_two_stores_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let stores = [SqliteStore::connect(&path).await.unwrap(), SqliteStore::connect(&path).await.unwrap()];
    stores[0].migrate().await.unwrap();
    let write = |number: u32| {
        let store = stores[number as usize % 2].clone();
        tokio::spawn(async move {
            let key = handle(number);
            let mut version = store.create(&key, &row(b"data")).await.unwrap().unwrap();
            for _ in 0..20 {
                let (row, loaded) = store.load(&key).await.unwrap().unwrap();
                assert_eq!(loaded, version);
                version = store.replace(&key, version, &row).await.unwrap().unwrap();
            }
        })
    };
    for task in (0..32).map(write).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn reopened_file_keeps_rows_and_wal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sessions.db");
    let store = SqliteStore::connect(&path).await.unwrap();
    store.migrate().await.unwrap();
    store.create(&handle(1), &row(b"data")).await.unwrap();
    drop(store);
    let store = SqliteStore::connect(&path).await.unwrap();
    assert_eq!(store.load(&handle(1)).await.unwrap(), Some((row(b"data"), Version::FIRST)));
    let mut other =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&path)).await.unwrap();
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut other).await.unwrap();
    assert_eq!(mode, "wal");
}

/// Regression: `connect` created a file with the name `sqlite:sessions.db`, and a file for `sqlite::memory:`.
#[tokio::test]
async fn url_as_path_is_refused() {
    for url in ["sqlite:sessions.db", "sqlite::memory:", "file:sessions.db?mode=memory"] {
        let error = SqliteStore::connect(url).await.unwrap_err();
        assert!(error.to_string().contains("without `sqlite:`"), "{error}");
        assert!(!std::path::Path::new(url).exists());
    }
}

#[tokio::test]
async fn each_store_in_memory_has_its_own_rows() {
    let stores = [SqliteStore::connect(":memory:").await.unwrap(), SqliteStore::in_memory()];
    for store in &stores {
        store.migrate().await.unwrap();
        assert_eq!(store.create(&handle(1), &row(b"data")).await.unwrap(), Some(Version::FIRST));
    }
    assert!(stores[0].clone().load(&handle(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn locked_file_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("sessions.db"));
    let options = options.create_if_missing(true).busy_timeout(Duration::from_millis(50));
    let store = SqliteStore::new(SqlitePoolOptions::new().connect_lazy_with(options.clone()));
    store.migrate().await.unwrap();
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    let lock = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    assert!(store.create(&handle(1), &row(b"data")).await.unwrap_err().is_unavailable());
    assert!(store.load(&handle(1)).await.unwrap_err().is_unavailable());
    lock.rollback().await.unwrap();
    assert_eq!(store.create(&handle(1), &row(b"data")).await.unwrap(), Some(Version::FIRST));
}

/// Regression: a dropped write that waited for the lock of another process ran after a later write.
#[tokio::test]
async fn dropped_write_does_not_run_after_later_write() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("sessions.db"));
    let options = options.create_if_missing(true).busy_timeout(Duration::from_secs(60));
    let pool = SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options.clone());
    let store = SqliteStore::new(pool.clone()).with_clock(clock());
    store.migrate().await.unwrap();
    store.create(&handle(1), &row(b"data")).await.unwrap();

    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let dropped = timeout(Duration::from_millis(300), store.touch(&handle(1), at(1.0), None)).await;
    assert!(dropped.is_err());
    let next = tokio::spawn({
        let store = store.clone();
        async move { store.touch(&handle(1), at(2.0), None).await }
    });
    tokio::task::yield_now().await;
    lock.rollback().await.unwrap();
    assert_eq!(next.await.unwrap(), Ok(true));
    // `close` waits until the dropped statement has ended.
    pool.close().await;
    let store = SqliteStore::new(SqlitePoolOptions::new().connect_lazy_with(options)).with_clock(clock());
    assert_eq!(store.load(&handle(1)).await.unwrap().unwrap().0.accessed, at(2.0));
}

/// Regression: after a dropped `migrate`, the next write did not wait until the table had been created.
#[tokio::test]
async fn write_waits_for_dropped_migration() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(folder.path().join("sessions.db"));
    let options = options.create_if_missing(true).busy_timeout(Duration::from_secs(60));
    let store = SqliteStore::new(SqlitePoolOptions::new().connect_lazy_with(options.clone()));
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    assert!(timeout(Duration::from_millis(300), store.migrate()).await.is_err());
    let (handle, row) = (handle(1), row(b"data"));
    let mut next = pin!(store.create(&handle, &row));
    // A write that did not wait for the migration would fail within this time.
    assert!(timeout(Duration::from_millis(300), &mut next).await.is_err());
    lock.rollback().await.unwrap();
    assert_eq!(next.await, Ok(Some(Version::FIRST)));
}

#[tokio::test]
async fn missing_folder_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let error = SqliteStore::connect(folder.path().join("missing/sessions.db")).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("unable to open"), "{error}");
}
