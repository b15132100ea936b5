//! Servers that stop, restart or do not answer, and calls that are abandoned.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_store::{Row, Store, StoreError, Version};
use session_store_sqlx::PostgresStore;
use session_tests::servers::PostgresServer;
use sqlx::{AssertSqlSafe, Executor};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::busy::Busy;
use crate::common::{self, at, handle, row};
use crate::proxy::Proxy;

/// Long enough for a call, and short enough to wait for in a test.
const SHORT: Duration = Duration::from_millis(300);

/// Returns two stores on one new table. The pool of the second store has the `acquire_timeout` [`SHORT`], so the calls
/// of this store can fail at any time if the machine is busy.
async fn patient_and_impatient(port: u16) -> (PostgresStore, PostgresStore) {
    let table = common::new_table();
    let store = |pool| PostgresStore::new(pool).with_table(&table).unwrap().with_clock(common::clock());
    let patient = store(common::pool(port));
    patient.migrate().await.unwrap();
    let impatient = common::pool_options().acquire_timeout(SHORT);
    (patient, store(impatient.connect_lazy_with(common::connect_options(port))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn store_recovers_from_restart() {
    let Some(mut server) = PostgresServer::start() else { return };
    let (store, impatient) = patient_and_impatient(server.port()).await;
    store.create(&handle(1), &row(b"data")).await.unwrap();
    load_patiently(&impatient, 1).await;
    for _ in 0..3 {
        fill(&store).await;
        server.restart();
        // All idle connections are broken, but no call may fail.
        let calls = (0..20).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.load(&handle(1)).await })
        });
        for call in calls.collect::<Vec<_>>() {
            assert!(call.await.unwrap().unwrap().is_some());
        }
    }

    fill(&store).await;
    server.stop();
    for _ in 0..3 {
        assert_unavailable(&impatient.load(&handle(1)).await.unwrap_err());
        assert_unavailable(&impatient.create(&handle(2), &row(b"data")).await.unwrap_err());
    }
    server.restart();
    assert_eq!(load_patiently(&impatient, 1).await, row(b"data"));
    assert_eq!(store.load(&handle(1)).await.unwrap(), Some((row(b"data"), Version::FIRST)));
    assert_eq!(store.create(&handle(2), &row(b"data")).await.unwrap(), Some(Version::FIRST));
}

/// Makes the store open several connections.
async fn fill(store: &PostgresStore) {
    let calls = (0..50).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.load(&handle(1)).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

fn assert_unavailable(error: &StoreError) {
    assert!(error.is_unavailable(), "{error}");
}

#[tokio::test]
async fn write_after_restart_succeeds_once() {
    let Some(mut server) = PostgresServer::start() else { return };
    let (store, _) = common::postgres(common::pool(server.port())).await;
    let store = store.with_max_connections(1);
    // A server that stops sends an error on each connection before it closes the connection. The store reads this error
    // as the answer to its next statement. The error says that the server has not run the statement, so the store sends
    // the statement again.
    store.create(&handle(1), &row(b"1")).await.unwrap();
    server.restart();
    assert_eq!(store.create(&handle(2), &row(b"2")).await.unwrap(), Some(Version::FIRST));
    server.restart();
    let version = store.replace(&handle(2), Version::FIRST, &row(b"3")).await.unwrap().unwrap();
    server.restart();
    assert!(store.touch(&handle(2), at(common::NOW), None).await.unwrap());
    server.restart();
    assert_eq!(store.load(&handle(2)).await.unwrap(), Some((row(b"3"), version)));
    server.restart();
    assert!(store.delete(&handle(2), Some(version)).await.unwrap());
}

#[tokio::test]
async fn paused_server_blocks_no_later_call() {
    let Some(server) = PostgresServer::start() else { return };
    let (patient, store) = patient_and_impatient(server.port()).await;
    let store = store.with_max_connections(2);
    for number in 0..2 {
        patient.create(&handle(number), &row(&number.to_be_bytes())).await.unwrap();
    }
    // Two calls at once leave two idle connections. Without idle connections, the calls in `hanging` would wait for new
    // connections and time out, instead of hanging.
    let (first, second) = (handle(0), handle(1));
    while !matches!(tokio::join!(store.load(&first), store.load(&second)), (Ok(_), Ok(_))) {}
    server.pause();
    let hanging = [0, 0].map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.load(&handle(number)).await })
    });
    tokio::task::yield_now().await;
    // Both connections are in use, so a third call waits for one until the pool's `acquire_timeout`, and then fails.
    assert_unavailable(&store.load(&handle(0)).await.unwrap_err());
    for call in &hanging {
        call.abort();
    }
    for call in hanging {
        assert!(call.await.unwrap_err().is_cancelled());
    }
    // A call also fails if opening a new connection takes longer than `acquire_timeout`.
    assert_unavailable(&store.load(&handle(0)).await.unwrap_err());
    // A call that is dropped while it opens a connection leaves nothing behind.
    let _ = timeout(SHORT / 3, store.load(&handle(0))).await;
    server.resume();
    // No call gets the answer to an abandoned call.
    for number in [1, 0, 1, 0] {
        assert_eq!(load_patiently(&store, number).await, row(&number.to_be_bytes()));
    }
}

/// Loads a row. Tries again if the store is unavailable, because opening a connection on a busy machine can take
/// longer than the pool's `acquire_timeout`.
async fn load_patiently(store: &PostgresStore, number: u32) -> Row {
    for _ in 0..100 {
        match store.load(&handle(number)).await {
            Ok(row) => return row.unwrap().0,
            Err(error) => assert_unavailable(&error),
        }
    }
    panic!("the store does not recover");
}

#[tokio::test]
async fn connection_of_abandoned_statement_is_not_used_again() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let pool = common::pool(server.port());
    let table = common::new_table();
    let store = |pool| PostgresStore::new(pool).with_table(&table).unwrap().with_max_connections(1);
    store(pool.clone()).migrate().await.unwrap();
    let store = store(common::pool(proxy.port()));
    store.create(&handle(1), &row(b"1")).await.unwrap();
    store.create(&handle(2), &row(b"2")).await.unwrap();
    store.touch(&handle(1), at(common::NOW), None).await.unwrap();
    let before = proxy.connections();

    let mut other = pool.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM \"{table}\" FOR UPDATE");
    sqlx::query(AssertSqlSafe(lock)).execute(&mut *other).await.unwrap();
    assert!(timeout(SHORT, store.touch(&handle(1), at(1.0), None)).await.is_err());
    // The abandoned statement still waits for the lock. On the same connection, this call would wait as well.
    let load = timeout(Duration::from_secs(20), store.load(&handle(2))).await.unwrap();
    assert_eq!(load.unwrap().unwrap().0, row(b"2"));
    assert_eq!(proxy.connections() - before, 1);
    other.rollback().await.unwrap();
    assert_eq!(store.load(&handle(2)).await.unwrap().unwrap().0, row(b"2"));
    assert_eq!(proxy.connections() - before, 1);
}

/// Regression: when the server's host vanished, each batch waited for its answer forever, although all its calls were
/// dropped. Once each connection ran such a batch, all calls failed until the process was restarted.
#[tokio::test]
async fn batches_of_dropped_calls_keep_no_connection() {
    let Some(busy) = Busy::start(3).await else { return };
    busy.create(1).await;
    let lock = busy.lock_table().await;
    let load = |_| {
        let store = busy.store.clone();
        tokio::spawn(async move { store.load(&handle(0)).await })
    };
    let single: Vec<_> = (0..3).map(load).collect();
    busy.until_blocked(3).await;
    let batched: Vec<_> = (0..96).map(load).collect();
    tokio::task::yield_now().await;
    // The single calls are dropped and get no answer, so the store closes their connections. Each batch opens another
    // one, and waits for the table's lock.
    single.iter().for_each(JoinHandle::abort);
    busy.until_blocked(6).await;
    busy.proxy.freeze();
    lock.rollback().await.unwrap();
    for call in batched {
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    for _ in 0..3 {
        assert!(busy.store.load(&handle(0)).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn after_cut_connection_only_safe_calls_are_repeated() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let (store, _) = common::postgres(common::pool(proxy.port())).await;
    let store = store.with_max_connections(1);
    store.create(&handle(1), &row(b"1")).await.unwrap();
    proxy.cut().await;
    assert!(store.load(&handle(1)).await.unwrap().is_some());
    proxy.cut().await;
    assert!(store.touch(&handle(1), at(common::NOW), None).await.unwrap());
    proxy.cut().await;
    assert_eq!(store.by_owner("alice").await.unwrap(), []);
    // The server may have run the following statements, so they are not repeated.
    proxy.cut().await;
    assert_unavailable(&store.replace(&handle(1), Version::FIRST, &row(b"2")).await.unwrap_err());
    assert!(store.replace(&handle(1), Version::FIRST, &row(b"2")).await.unwrap().is_some());
    proxy.cut().await;
    assert_unavailable(&store.create(&handle(2), &row(b"2")).await.unwrap_err());
    assert!(store.create(&handle(2), &row(b"2")).await.unwrap().is_some());
    proxy.cut().await;
    assert_unavailable(&store.delete(&handle(2), None).await.unwrap_err());
    assert!(store.delete(&handle(2), None).await.unwrap());
    proxy.cut().await;
    assert_unavailable(&store.delete_by_owner("alice", None).await.unwrap_err());
    assert_eq!(store.delete_by_owner("alice", None).await, Ok(0));
    proxy.cut().await;
    assert_unavailable(&store.sweep(1).await.unwrap_err());
    assert_eq!(store.sweep(1).await, Ok(0));
}

/// Regression: after a failover, the store kept its connections to the former primary, which refuses writes.
#[tokio::test]
async fn connections_to_former_primary_are_replaced() {
    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let store = |pool| PostgresStore::new(pool).with_table(&table).unwrap().with_clock(common::clock());
    store(common::pool(server.port())).migrate().await.unwrap();
    let is_former = Arc::new(AtomicBool::new(true));
    let pool = common::pool_options().after_connect({
        let is_former = Arc::clone(&is_former);
        move |connection, _| {
            let characteristics = if is_former.load(Ordering::Relaxed) { "READ ONLY" } else { "READ WRITE" };
            Box::pin(async move {
                let set = format!("SET SESSION CHARACTERISTICS AS TRANSACTION {characteristics}");
                connection.execute(AssertSqlSafe(set)).await.map(drop)
            })
        }
    });
    let store = store(pool.connect_lazy_with(common::connect_options(server.port())));
    assert_unavailable(&store.create(&handle(1), &row(b"1")).await.unwrap_err());
    fill(&store).await;
    is_former.store(false, Ordering::Relaxed);
    // The server has not run the statements, so they are sent again on new connections.
    let creates = (0..10).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.create(&handle(number), &row(b"1")).await })
    });
    for create in creates.collect::<Vec<_>>() {
        assert_eq!(create.await.unwrap().unwrap(), Some(Version::FIRST));
    }
}

/// Regression: each write to a read-only server closed all idle connections, so reads had to log in again.
#[tokio::test]
async fn refused_writes_keep_connections_to_read_only_server() {
    let Some(server) = common::server() else { return };
    let proxy = Proxy::start(server.port()).await;
    let table = common::new_table();
    let store = |options| {
        let store = PostgresStore::new(common::pool_options().connect_lazy_with(options));
        store.with_table(&table).unwrap().with_clock(common::clock()).with_max_connections(3)
    };
    let direct = store(common::connect_options(server.port()));
    direct.migrate().await.unwrap();
    direct.create(&handle(1), &row(b"1")).await.unwrap();
    let options = common::connect_options(proxy.port()).options([("default_transaction_read_only", "on")]);
    let store = store(options);
    fill(&store).await;
    let before = proxy.connections();
    for _ in 0..20 {
        assert_unavailable(&store.touch(&handle(1), at(common::NOW), None).await.unwrap_err());
    }
    // If the machine stops for more than a second, the store opens a connection to look for a new primary again.
    let opened = proxy.connections() - before;
    assert!((1..10).contains(&opened), "{opened} connections for 20 writes");
    fill(&store).await;
    assert_eq!(proxy.connections() - before, opened, "the reads should find idle connections");
}

#[tokio::test]
async fn changed_type_of_column_is_noticed() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let table = common::new_table();
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap().with_max_connections(1);
    store.migrate().await.unwrap();
    let row = Row { label: Some("Firefox".into()), ..row(b"1") };
    store.create(&handle(1), &row).await.unwrap();
    let alter = async |change: &str| {
        let alter = format!("ALTER TABLE \"{table}\" ALTER COLUMN label {change}");
        sqlx::raw_sql(AssertSqlSafe(alter)).execute(&pool).await.unwrap();
    };
    assert!(store.load(&handle(1)).await.unwrap().is_some());
    alter("TYPE text USING convert_from(label, 'UTF8')").await;
    let error = store.load(&handle(1)).await.unwrap_err();
    assert!(error.to_string().contains("does not hold bytes"), "{error}");
    alter("TYPE bytea USING convert_to(label, 'UTF8')").await;
    assert!(store.load(&handle(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn server_that_accepts_no_connection_is_unavailable() {
    let Some(server) = common::server() else { return };
    let admin = common::pool(server.port());
    let role = common::new_table();
    let create = format!("CREATE ROLE \"{role}\" LOGIN CONNECTION LIMIT 0");
    sqlx::raw_sql(AssertSqlSafe(create)).execute(&admin).await.unwrap();
    let pool = common::pool_options().acquire_timeout(SHORT);
    let options = common::connect_options(server.port());
    let limited = PostgresStore::new(pool.clone().connect_lazy_with(options.clone().username(&role)));
    assert_unavailable(&limited.load(&handle(1)).await.unwrap_err());

    let refused = PostgresStore::new(pool.clone().connect_lazy_with(options.clone().port(1)));
    assert_unavailable(&refused.load(&handle(1)).await.unwrap_err());
    assert_unavailable(&refused.migrate().await.unwrap_err());

    // If the database does not exist, trying again does not help, so the error is not `unavailable`.
    let options = options.database("nowhere").password("hunter2");
    let pool = common::pool_options().connect_lazy_with(options);
    let error = PostgresStore::new(pool).load(&handle(1)).await.unwrap_err();
    assert!(!error.is_unavailable() && !format!("{error:?} {error}").contains("hunter2"), "{error}");
}

#[tokio::test]
async fn closed_pool_is_unavailable() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let (store, _) = common::postgres(pool.clone()).await;
    store.create(&handle(1), &row(b"1")).await.unwrap();
    // The store's connections no longer belong to the pool, so `close` does not wait for them.
    timeout(Duration::from_secs(20), pool.close()).await.unwrap();
    assert_unavailable(&store.load(&handle(1)).await.unwrap_err());
}

#[tokio::test]
async fn old_connections_are_replaced() {
    let Some(server) = common::server() else { return };
    for old in [
        common::pool_options().max_lifetime(Duration::from_nanos(1)),
        common::pool_options().idle_timeout(Duration::from_nanos(1)),
    ] {
        let proxy = Proxy::start(server.port()).await;
        let (store, _) = common::postgres(old.connect_lazy_with(common::connect_options(proxy.port()))).await;
        let before = proxy.connections();
        for _ in 0..3 {
            store.load(&handle(1)).await.unwrap();
        }
        assert!(proxy.connections() - before >= 2);
    }
}
