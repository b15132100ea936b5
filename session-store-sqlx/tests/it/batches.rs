//! Calls that wait for a connection and then run in one statement: a batch. The call that gets the connection *leads*
//! the batch, which also runs other waiting calls.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use session_store::{Row, Store, StoreError, Version};
use session_store_sqlx::PostgresStore;
use tokio::task::JoinHandle;

use crate::busy::Busy;
use crate::common::{self, NOW, handle, row, row_until};

type Loaded = Result<Option<(Row, Version)>, StoreError>;
type Replaced = Result<Option<Version>, StoreError>;

fn load(busy: &Busy, number: u32) -> JoinHandle<Loaded> {
    tokio::spawn(load_of(busy, number))
}

fn load_of(busy: &Busy, number: u32) -> impl Future<Output = Loaded> + Send + use<> {
    let store = busy.store.clone();
    async move { store.load(&handle(number)).await }
}

fn replace(busy: &Busy, number: u32, version: Version, row: Row) -> JoinHandle<Replaced> {
    tokio::spawn(replace_of(busy, number, version, row))
}

fn replace_of(
    busy: &Busy,
    number: u32,
    version: Version,
    row: Row,
) -> impl Future<Output = Replaced> + Send + use<> {
    let store = busy.store.clone();
    async move { store.replace(&handle(number), version, &row).await }
}

/// Polls a future once. If the future is a call that finds no free connection, the call is then in the queue.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// The version of the rows after the first replacement.
const SECOND: Version = Version::FIRST.next();

#[tokio::test]
async fn waiting_loads_run_in_batches_of_32() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(20).await;
    // The first turn prepares the statements. Only the round trips of the second turn count.
    for turn in 0..2 {
        busy.occupy().await;
        let before = busy.proxy.round_trips();
        let loads: Vec<_> = (0..33).map(|number| load(&busy, number % 21)).collect();
        busy.free().await;
        for (number, loaded) in (0..33).zip(loads) {
            let expected = (number != 20).then(|| (row(&[number as u8 % 21]), Version::FIRST));
            assert_eq!(loaded.await.unwrap().unwrap(), expected);
        }
        if turn > 0 {
            assert_eq!(busy.proxy.round_trips() - before, 2, "expected a batch of 32 and a single load");
        }
    }
}

#[tokio::test]
async fn waiting_replaces_are_one_round_trip() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(10).await;
    let mut version = Version::FIRST;
    for turn in 0..2_u8 {
        busy.occupy().await;
        let before = busy.proxy.round_trips();
        let rows: Vec<_> = (0..10_u8)
            .map(|number| Row {
                owner: (number % 2 == 0).then(|| format!("owner {number}")),
                label: (number % 3 == 0).then(|| format!("label\0{number}")),
                expires: row_until(NOW + 10.0).expires.filter(|_| number % 5 == 0),
                ..row(&[number, turn])
            })
            .collect();
        let replaces: Vec<_> =
            (0..).zip(&rows).map(|(number, row)| replace(&busy, number, version, row.clone())).collect();
        busy.free().await;
        version = version.next();
        for replaced in replaces {
            assert_eq!(replaced.await.unwrap().unwrap(), Some(version));
        }
        if turn > 0 {
            assert_eq!(busy.proxy.round_trips() - before, 1);
        }
        for (number, row) in (0..).zip(rows) {
            assert_eq!(busy.store.load(&handle(number)).await.unwrap(), Some((row, version)));
        }
    }
}

#[tokio::test]
async fn large_rows_make_small_batches() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(5).await;
    let mut version = Version::FIRST;
    // The first turn prepares the statements. Only the round trips of the second turn count.
    for turn in 0..2 {
        busy.occupy().await;
        let before = busy.proxy.round_trips();
        let large = || row(&[0; 128 * 1024]);
        let replaces: Vec<_> = (0..5).map(|number| replace(&busy, number, version, large())).collect();
        busy.free().await;
        version = version.next();
        for replaced in replaces {
            assert_eq!(replaced.await.unwrap().unwrap(), Some(version));
        }
        if turn > 0 {
            assert_eq!(busy.proxy.round_trips() - before, 3, "expected two batches of two and a single row");
        }
    }
}

#[tokio::test]
async fn only_first_replace_of_each_row_version_succeeds() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(3).await;
    busy.occupy().await;
    let replaces: Vec<_> =
        (0..12).map(|call| replace(&busy, call % 3, Version::FIRST, row(&[call as u8]))).collect();
    busy.free().await;
    // For each row, the first call in the queue wins.
    for (call, replaced) in (0..12).zip(replaces) {
        assert_eq!(replaced.await.unwrap().unwrap(), (call < 3).then_some(SECOND));
    }
    for number in 0..3 {
        let loaded = busy.store.load(&handle(number)).await.unwrap();
        assert_eq!(loaded, Some((row(&[number as u8]), SECOND)));
    }
}

#[tokio::test]
async fn batch_does_not_replace_outdated_expired_or_missing_rows() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(4).await;
    busy.store.replace(&handle(1), Version::FIRST, &row(b"newer")).await.unwrap();
    busy.store.replace(&handle(2), Version::FIRST, &row_until(NOW)).await.unwrap();
    busy.occupy().await;
    let calls =
        [(0, Version::FIRST), (1, Version::FIRST), (2, SECOND), (3, Version::FIRST), (9, Version::FIRST)];
    let replaces = calls.map(|(number, version)| replace(&busy, number, version, row(b"batch")));
    let loads = [0, 2, 9].map(|number| load(&busy, number));
    busy.free().await;
    for (replaced, expected) in replaces.into_iter().zip([Some(SECOND), None, None, Some(SECOND), None]) {
        assert_eq!(replaced.await.unwrap().unwrap(), expected);
    }
    for (loaded, exists) in loads.into_iter().zip([true, false, false]) {
        assert_eq!(loaded.await.unwrap().unwrap().is_some(), exists);
    }
    assert_eq!(busy.store.load(&handle(1)).await.unwrap(), Some((row(b"newer"), SECOND)));
}

#[tokio::test]
async fn locked_row_delays_only_the_call_that_changes_it() {
    let Some(mut busy) = Busy::start(2).await else { return };
    busy.create(6).await;
    let mut other = busy.pool.begin().await.unwrap();
    busy.lock_row(&mut other, 3).await;
    busy.occupy().await;
    let mut replaces: Vec<_> =
        (0..6).map(|number| replace(&busy, number, Version::FIRST, row(b"batch"))).collect();
    busy.free().await;
    let locked = replaces.remove(3);
    for replaced in replaces {
        assert_eq!(replaced.await.unwrap().unwrap(), Some(SECOND));
    }
    assert!(!locked.is_finished());
    other.rollback().await.unwrap();
    assert_eq!(locked.await.unwrap().unwrap(), Some(SECOND));
}

#[tokio::test]
async fn failing_call_does_not_fail_rest_of_batch() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(5).await;
    busy.execute("ALTER TABLE {} ADD CHECK (octet_length(data) < 100)").await;
    busy.occupy().await;
    let replaces: Vec<_> = (0..5)
        .map(|number| replace(&busy, number, Version::FIRST, row(&vec![0; number as usize * 30])))
        .collect();
    busy.free().await;
    for (number, replaced) in (0..5).zip(replaces) {
        let replaced = replaced.await.unwrap();
        if number == 4 {
            let error = replaced.unwrap_err();
            // The SQLSTATE of a violated CHECK.
            assert!(!error.is_unavailable() && error.to_string().contains("23514"), "{error}");
        } else {
            assert_eq!(replaced.unwrap(), Some(SECOND));
        }
    }
}

#[tokio::test]
async fn error_of_full_disk_fails_whole_batch() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(5).await;
    busy.execute("CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS \
        'BEGIN RAISE disk_full; END'; \
        CREATE TRIGGER full_disk BEFORE UPDATE ON {} FOR EACH ROW WHEN (new.version > 1) EXECUTE FUNCTION {}()").await;
    // The first turn prepares the statements. Only the round trips of the second turn count.
    for turn in 0..2 {
        busy.occupy().await;
        let before = busy.proxy.round_trips();
        let replaces: Vec<_> =
            (0..5).map(|number| replace(&busy, number, Version::FIRST, row(b"batch"))).collect();
        busy.free().await;
        for replaced in replaces {
            let error = replaced.await.unwrap().unwrap_err();
            assert!(error.is_unavailable() && error.to_string().contains("53100"), "{error}");
        }
        if turn > 0 {
            assert_eq!(busy.proxy.round_trips() - before, 1, "no call should run alone");
        }
    }
}

#[tokio::test]
async fn lost_connection_fails_batch() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(5).await;
    let lock = busy.lock_table().await;
    let blocked = load(&busy, 0);
    busy.until_blocked(1).await;
    let replaces: Vec<_> =
        (0..5).map(|number| replace(&busy, number, Version::FIRST, row(b"batch"))).collect();
    tokio::task::yield_now().await;
    // The load is dropped and gets no answer, so the store closes its connection. The batch opens another one, and
    // waits for the lock of the table.
    blocked.abort();
    busy.until_blocked(2).await;
    busy.proxy.cut().await;
    for replaced in replaces {
        let error = replaced.await.unwrap().unwrap_err();
        assert!(error.is_unavailable(), "{error}");
    }
    lock.rollback().await.unwrap();
    assert!(load(&busy, 0).await.unwrap().unwrap().is_some());
}

#[tokio::test]
async fn dropped_call_does_not_disturb_queue_or_batch() {
    let Some(busy) = Busy::start(1).await else { return };
    busy.create(6).await;
    let lock = busy.lock_table().await;
    let blocked = load(&busy, 0);
    busy.until_blocked(1).await;
    let mut replaces: Vec<_> =
        (0..6).map(|number| replace(&busy, number, Version::FIRST, row(b"batch"))).collect();
    tokio::task::yield_now().await;
    // Before the batch starts, drop two calls: call 3, which would be in the batch, and call 0, which would lead it.
    for index in [3, 0] {
        let dropped = replaces.remove(index);
        dropped.abort();
        assert!(dropped.await.unwrap_err().is_cancelled());
    }
    blocked.abort();
    busy.until_blocked(2).await;
    // Drop the call that leads the batch while the batch waits for the lock of the table.
    let leader = replaces.remove(0);
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    lock.rollback().await.unwrap();
    for replaced in replaces {
        assert_eq!(replaced.await.unwrap().unwrap(), Some(SECOND));
    }
    for (number, expected) in [(0, Version::FIRST), (1, SECOND), (3, Version::FIRST)] {
        assert_eq!(load(&busy, number).await.unwrap().unwrap().unwrap().1, expected);
    }
}

#[tokio::test]
async fn by_owner_runs_before_replaces_that_came_later() {
    let Some(mut busy) = Busy::start(1).await else { return };
    busy.create(100).await;
    busy.occupy().await;
    let loads: Vec<_> = (0..50).map(|number| load(&busy, number)).collect();
    let store = busy.store.clone();
    let list = tokio::spawn(async move { store.by_owner("alice").await });
    tokio::task::yield_now().await;
    let later: Vec<_> = (0..50).map(|number| replace(&busy, number, Version::FIRST, row(b"later"))).collect();
    busy.free().await;
    // All calls share one connection, so `by_owner` ends before the replacements that came after it.
    for replaced in later {
        assert!(replaced.await.unwrap().unwrap().is_some());
        assert!(list.is_finished());
    }
    assert_eq!(list.await.unwrap().unwrap(), []);
    for loaded in loads {
        assert_eq!(loaded.await.unwrap().unwrap().unwrap().1, Version::FIRST);
    }
}

#[test]
fn stopped_runtime_fails_only_its_own_batch() {
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (stays, stops) = (runtime(), runtime());
    let Some(busy) = stays.block_on(Busy::start(1)) else { return };
    stays.block_on(busy.create(4));
    let lock = stays.block_on(busy.lock_table());
    let blocked = stays.spawn(load_of(&busy, 0));
    stays.block_on(busy.until_blocked(1));
    // The call that leads the batch belongs to the runtime that stops.
    let mut leader = Box::pin(replace_of(&busy, 0, Version::FIRST, row(b"batch")));
    let mut other = Box::pin(replace_of(&busy, 1, Version::FIRST, row(b"batch")));
    stops.block_on(async { assert!(poll_once(leader.as_mut()).await.is_pending()) });
    stays.block_on(async { assert!(poll_once(other.as_mut()).await.is_pending()) });
    stops.spawn(leader);
    let other = stays.spawn(other);
    blocked.abort();
    stays.block_on(busy.until_blocked(2));
    stops.shutdown_background();
    // The statement may have been sent already, so the other call gets an error, and is not repeated.
    let error = stays.block_on(other).unwrap().unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    stays.block_on(lock.rollback()).unwrap();
    assert!(stays.block_on(busy.store.load(&handle(2))).unwrap().is_some());
    let replaced = stays.block_on(busy.store.replace(&handle(3), Version::FIRST, &row(b"after")));
    assert_eq!(replaced.unwrap(), Some(SECOND));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_changed_in_opposite_order_do_not_deadlock() {
    const ROWS: u32 = 12;
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let open = || PostgresStore::new(common::pool(server.port())).with_table(&table).unwrap();
    let (first, second) = (open().with_max_connections(2), open().with_max_connections(2));
    first.migrate().await.unwrap();
    for number in 0..ROWS {
        first.create(&handle(number), &row(b"")).await.unwrap();
    }
    let change = |store: PostgresStore, rows: Vec<u32>| {
        tokio::spawn(async move {
            let mut changed = 0;
            for number in rows {
                let (row, version) = store.load(&handle(number)).await.unwrap().unwrap();
                changed += u64::from(store.replace(&handle(number), version, &row).await.unwrap().is_some());
            }
            changed
        })
    };
    let mut tasks = Vec::new();
    for task in 0..24 {
        let ascending = (0..10 * ROWS).map(|number| (number + task) % ROWS);
        tasks.push(change(first.clone(), ascending.clone().collect()));
        tasks.push(change(second.clone(), ascending.rev().collect()));
    }
    let mut changed = 0;
    for task in tasks {
        changed += task.await.unwrap();
    }
    let mut versions = 0;
    for number in 0..ROWS {
        versions += first.load(&handle(number)).await.unwrap().unwrap().1.number() - 1;
    }
    assert_eq!(versions, changed);
    assert!(changed > 0);
}
