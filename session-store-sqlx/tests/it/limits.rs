//! `PostgresStore::connect`: the time limits that it sets on the server, and its errors.

use std::time::{Duration, Instant};

use session_store::Store;
use session_store_sqlx::PostgresStore;
use session_tests::servers::PostgresServer;
use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};
use tokio::time::sleep;

use crate::common::{self, PATIENCE, at, handle, row};

/// Calls [`PostgresStore::connect`] with the server's URL and `query` after it. Returns the store and the name of its
/// table, which has one row.
async fn connected(server: &PostgresServer, query: &str) -> (PostgresStore, String) {
    let table = common::new_table();
    let store = PostgresStore::connect(&(server.url() + query)).await.unwrap();
    let store = store.with_clock(common::clock()).with_table(&table).unwrap();
    store.migrate().await.unwrap();
    store.create(&handle(1), &row(b"1")).await.unwrap();
    (store, table)
}

/// Locks all rows of the table until the transaction ends.
async fn lock<'a>(pool: &PgPool, table: &str) -> Transaction<'a, Postgres> {
    let mut other = pool.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM \"{table}\" FOR UPDATE");
    sqlx::query(AssertSqlSafe(lock)).execute(&mut *other).await.unwrap();
    other
}

/// Waits until `expected` server processes wait for a lock in statements on the table.
async fn wait_for_waiting(pool: &PgPool, table: &str, expected: i64) {
    let start = Instant::now();
    loop {
        let waiting: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, $1) > 0",
        )
        // The quotes tell `Table_1` and `Table_10` apart.
        .bind(format!("\"{table}\""))
        .fetch_one(pool)
        .await
        .unwrap();
        if waiting == expected {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{waiting} server processes wait, expected {expected}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// Regression: the server process of an abandoned call waited for a lock for as long as another transaction held this
/// lock.
#[tokio::test]
async fn abandoned_call_leaves_no_waiting_server_process() {
    let Some(server) = common::server() else { return };
    let (store, table) = connected(server, "").await;
    let pool = common::pool(server.port());
    let (other, first) = (lock(&pool, &table).await, handle(1));
    loop {
        tokio::select! {
            // On a slow machine, the time limit can end the call before the test sees that the call waits.
            result = store.touch(&first, at(1.0), None) => assert!(result.is_err(), "the row should be locked"),
            () = wait_for_waiting(&pool, &table, 1) => break,
        }
    }
    wait_for_waiting(&pool, &table, 0).await;
    other.rollback().await.unwrap();
    assert_eq!(
        store.load(&first).await.unwrap().unwrap().0,
        row(b"1"),
        "the abandoned call should not have run"
    );
}

#[tokio::test]
async fn call_ended_by_time_limit_is_unavailable() {
    let Some(server) = common::server() else { return };
    for (query, code) in [
        ("?options[lock_timeout]=1ms", "55P03"),
        ("?options[lock_timeout]=0&options[statement_timeout]=2s", "57014"),
    ] {
        let (store, table) = connected(server, query).await;
        let other = lock(&common::pool(server.port()), &table).await;
        let error = store.touch(&handle(1), at(1.0), None).await.unwrap_err();
        assert!(error.is_unavailable() && error.to_string().contains(code), "{error}");
        other.rollback().await.unwrap();
        assert!(store.touch(&handle(1), at(1.0), None).await.unwrap());
    }
}

/// Regression: `delete_by_owner` deleted all rows in one statement. If a time limit ended it, all rows stayed, and a
/// repeated call began from zero.
#[tokio::test]
async fn ended_deletion_of_many_sessions_keeps_its_progress() {
    let Some(server) = common::server() else { return };
    let (store, table) = connected(server, "").await;
    let name = common::new_table();
    // The trigger ends the statement that deletes the 1500th row, with the error of a time limit.
    let prepare = format!(
        "INSERT INTO \"{table}\" (handle, version, created, accessed, owner, data) \
         SELECT decode(lpad(to_hex(n), 64, '0'), 'hex'), 1, 0, 0, 'alice'::bytea, '' FROM generate_series(1, 2500) n; \
         CREATE SEQUENCE \"{name}\"; \
         CREATE FUNCTION \"{name}\"() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN IF nextval('\"{name}\"') = 1500 THEN RAISE query_canceled; END IF; RETURN old; END $$; \
         CREATE TRIGGER ends BEFORE DELETE ON \"{table}\" FOR EACH ROW EXECUTE FUNCTION \"{name}\"()"
    );
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&common::pool(server.port())).await.unwrap();
    assert!(store.delete_by_owner("alice", None).await.unwrap_err().is_unavailable());
    assert_eq!(store.by_owner("alice").await.unwrap().len(), 1500);
    assert_eq!(store.delete_by_owner("alice", None).await, Ok(1500));
    assert!(store.load(&handle(1)).await.unwrap().is_some(), "the session of another user should stay");
}

#[tokio::test]
async fn migration_ignores_time_limits() {
    let Some(server) = common::server() else { return };
    for (query, code) in [
        ("?options[lock_timeout]=1ms", "55P03"),
        ("?options[lock_timeout]=0&options[statement_timeout]=1s", "57014"),
    ] {
        let (store, table) = connected(server, query).await;
        let pool = common::pool(server.port());
        // The migration locks the table only if an index is missing.
        let drop_index = format!("DROP INDEX \"{table}-owner\"");
        sqlx::raw_sql(AssertSqlSafe(drop_index)).execute(&pool).await.unwrap();
        let mut other = pool.begin().await.unwrap();
        let lock = format!("LOCK TABLE \"{table}\" IN ACCESS EXCLUSIVE MODE");
        sqlx::query(AssertSqlSafe(lock)).execute(&mut *other).await.unwrap();
        let migrating = store.clone();
        let migration = tokio::spawn(async move { migrating.migrate().await });
        wait_for_waiting(&pool, &table, 1).await;
        // The limit ends a call that began after the migration, so the migration has waited longer than the limit.
        let error = store.touch(&handle(1), at(1.0), None).await.unwrap_err();
        assert!(error.to_string().contains(code), "{error}");
        other.rollback().await.unwrap();
        assert_eq!(migration.await.unwrap(), Ok(()), "{query}");
    }
}

#[tokio::test]
async fn errors_of_connect_do_not_show_password() {
    let error = PostgresStore::connect("postgres://web:hunter2@[::1/web").await.unwrap_err();
    assert!(!error.is_unavailable() && !format!("{error:?} {error}").contains("hunter2"), "{error}");
    let error = PostgresStore::connect("postgres://web:hunter2@127.0.0.1:1/web").await.unwrap_err();
    assert!(error.is_unavailable() && !format!("{error:?} {error}").contains("hunter2"), "{error}");
}
