//! Stores with different tables that share connections.

use session_store::{Row, Store, StoreError, Version};
use session_store_sqlx::PostgresStore;
use tokio::task::JoinHandle;

use crate::busy::Busy;
use crate::common::{self, handle, row};

/// The version of a row after its replacement.
const SECOND: Version = Version::FIRST.next();

fn load(store: &PostgresStore, number: u32) -> JoinHandle<Result<Option<(Row, Version)>, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.load(&handle(number)).await })
}

fn replace(store: &PostgresStore, number: u32, row: Row) -> JoinHandle<Result<Option<Version>, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move { store.replace(&handle(number), Version::FIRST, &row).await })
}

#[tokio::test]
async fn batch_has_only_calls_for_one_table() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(6).await;
    // This store has another table, but uses the connections of `busy.store`.
    let other = busy.store.clone().with_table(&common::new_table()).unwrap();
    other.migrate().await.unwrap();
    for number in 0..6 {
        other.create(&handle(number), &row(b"other")).await.unwrap();
    }
    busy.occupy().await;
    let (mut loads, mut replaces) = (Vec::new(), Vec::new());
    for number in 0..3 {
        // A batch never replaces the same handle twice. So the calls for the two tables replace different handles:
        // otherwise their handles alone would keep them out of one batch.
        replaces.push(replace(&busy.store, number, row(b"new")));
        replaces.push(replace(&other, number + 3, row(b"new")));
        loads.push((load(&busy.store, number + 3), row(&[number as u8 + 3])));
        loads.push((load(&other, number), row(b"other")));
    }
    busy.free().await;
    for (loaded, expected) in loads {
        assert_eq!(loaded.await.unwrap().unwrap(), Some((expected, Version::FIRST)));
    }
    for replaced in replaces {
        assert_eq!(replaced.await.unwrap().unwrap(), Some(SECOND));
    }
    for number in 0..3 {
        for replaced in [load(&busy.store, number), load(&other, number + 3)] {
            assert_eq!(replaced.await.unwrap().unwrap(), Some((row(b"new"), SECOND)));
        }
        assert_eq!(load(&other, number).await.unwrap().unwrap(), Some((row(b"other"), Version::FIRST)));
        let kept = load(&busy.store, number + 3).await.unwrap().unwrap();
        assert_eq!(kept, Some((row(&[number as u8 + 3]), Version::FIRST)));
    }
}
