//! `sweep`, which deletes expired rows, and the deletion of many rows of one owner.

use session_store::{Row, Store};
use session_store_sqlx::{PostgresStore, SqliteStore};

use crate::common::{self, NOW, at, handle, row, row_until};

#[tokio::test]
async fn sweep_deletes_expired_rows_in_batches() {
    let clock = common::clock();
    let sqlite = SqliteStore::in_memory().with_clock(clock.clone());
    sqlite.migrate().await.unwrap();
    check_batches(&sqlite, &clock).await;
    let Some(server) = common::server() else { return };
    let (postgres, clock) = common::postgres(common::pool(server.port())).await;
    check_batches(&postgres, &clock).await;
}

async fn check_batches(store: &impl Store, clock: &session_core::ManualClock) {
    for number in 0..25 {
        store.create(&handle(number), &row_until(NOW + 10.0 + f64::from(number))).await.unwrap();
    }
    store.create(&handle(25), &row(b"without an end")).await.unwrap();
    assert_eq!(store.sweep(10).await.unwrap(), 0);
    // 20 rows have expired, the last one at exactly this time.
    clock.set(at(NOW + 29.0));
    assert_eq!(store.sweep(0).await.unwrap(), 0);
    assert_eq!(store.sweep(8).await.unwrap(), 8);
    assert_eq!(store.sweep(8).await.unwrap(), 8);
    assert_eq!(store.sweep(8).await.unwrap(), 4);
    assert_eq!(store.sweep(usize::MAX).await.unwrap(), 0);
    for number in 20..26 {
        assert!(store.load(&handle(number)).await.unwrap().is_some(), "{number}");
    }
    clock.set(at(NOW + 3.0e9));
    assert_eq!(store.sweep(usize::MAX).await.unwrap(), 5);
    assert!(store.load(&handle(25)).await.unwrap().is_some());
}

/// `delete_by_owner` deletes up to 1000 rows in a statement.
#[tokio::test]
async fn many_sessions_of_owner_are_deleted_except_one() {
    let store = SqliteStore::in_memory().with_clock(common::clock());
    store.migrate().await.unwrap();
    for number in 0..2002 {
        let row = Row { owner: Some("alice".to_owned()), ..row(b"data") };
        store.create(&handle(number), &row).await.unwrap();
    }
    assert_eq!(store.delete_by_owner("alice", Some(&handle(7))).await, Ok(2001));
    assert_eq!(store.by_owner("alice").await.unwrap()[0].handle, handle(7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_sweeps_count_each_row_once() {
    let Some(server) = common::server() else { return };
    let (store, clock) = common::postgres(common::pool(server.port())).await;
    for number in 0..300 {
        store.create(&handle(number), &row_until(NOW + 1.0)).await.unwrap();
    }
    clock.set(at(NOW + 2.0));
    let sweep = |_| {
        let store: PostgresStore = store.clone();
        tokio::spawn(async move {
            let mut freed = 0;
            for _ in 0..20 {
                let batch = store.sweep(7).await.unwrap();
                assert!(batch <= 7, "{batch}");
                freed += batch;
            }
            freed
        })
    };
    let mut freed = 0;
    for task in (0..4).map(sweep).collect::<Vec<_>>() {
        freed += task.await.unwrap();
    }
    assert_eq!(freed + store.sweep(usize::MAX).await.unwrap(), 300);
}

#[tokio::test]
async fn sweep_skips_rows_that_are_locked() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let table = common::new_table();
    let clock = common::clock();
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap().with_clock(clock.clone());
    store.migrate().await.unwrap();
    for number in 0..3 {
        store.create(&handle(number), &row_until(NOW + 1.0)).await.unwrap();
    }
    clock.set(at(NOW + 2.0));
    let mut other = pool.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM \"{table}\" WHERE handle = $1 FOR UPDATE");
    let lock = sqlx::query(sqlx::AssertSqlSafe(lock)).bind(handle(1).as_bytes().to_vec());
    assert!(lock.fetch_optional(&mut *other).await.unwrap().is_some());
    assert_eq!(store.sweep(10).await.unwrap(), 2);
    other.rollback().await.unwrap();
    assert_eq!(store.sweep(10).await.unwrap(), 1);
}
