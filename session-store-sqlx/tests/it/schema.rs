//! The table, and the errors for a wrong table.

use std::time::{Duration, Instant};

use session_core::SessionHandle;
use session_store::{Row, Store, StoreError, Version};
use session_store_sqlx::{PostgresStore, SqliteStore};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use tokio::time::timeout;

use crate::common::{self, NOW, PATIENCE, at, handle, row, row_until};

/// Runs a test on both engines, each with a new table. The test gets the store and a function that runs SQL.
macro_rules! on_both {
    (|$store:ident, $sql:ident| $test:block) => {{
        let pool = memory();
        let $store = SqliteStore::new(pool.clone()).with_clock(common::clock());
        let $sql = async |sql: &str| run_sqlite(&pool, sql).await;
        $store.migrate().await.unwrap();
        $test
        if let Some(server) = common::server() {
            let pool = common::pool(server.port());
            // The table is called `sessions`, as in SQLite, but is in a schema of its own.
            let schema = common::new_table();
            let $store = PostgresStore::new(pool.clone()).with_table(&format!("{schema}.sessions")).unwrap();
            let $store = $store.with_max_connections(1).with_clock(common::clock());
            run_postgres(&pool, &format!("CREATE SCHEMA \"{schema}\"")).await;
            let $sql = async |sql: &str| {
                run_postgres(&pool, &sql.replace("sessions", &format!("\"{schema}\".sessions"))).await;
            };
            $store.migrate().await.unwrap();
            $test
        }
    }};
}

fn memory() -> SqlitePool {
    SqlitePoolOptions::new().max_connections(1).connect_lazy("sqlite::memory:").unwrap()
}

async fn run_sqlite(pool: &SqlitePool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

async fn run_postgres(pool: &PgPool, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.unwrap();
}

#[tokio::test]
async fn second_migration_keeps_rows() {
    on_both!(|store, _sql| {
        store.create(&handle(1), &row(b"data")).await.unwrap();
        store.migrate().await.unwrap();
        assert!(store.load(&handle(1)).await.unwrap().is_some());
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_migrations_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = |_| {
        let path = folder.path().join("sessions.db");
        tokio::spawn(async move { SqliteStore::connect(path).await?.migrate().await })
    };
    for task in (0..12).map(migrate).collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }

    let Some(server) = common::server() else { return };
    let table = common::new_table();
    let migrate = |_| {
        let store = PostgresStore::new(common::pool(server.port())).with_table(&table).unwrap();
        tokio::spawn(async move { store.migrate().await })
    };
    for task in (0..12).map(migrate).collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
}

/// Regression: `migrate` locked the table before it looked for the indexes. It waited for VACUUM and for open
/// transactions that had written to the table, and all later writes waited behind it.
#[tokio::test]
async fn migration_of_complete_table_does_not_lock_it() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let schema = common::new_table();
    run_postgres(&pool, &format!("CREATE SCHEMA \"{schema}\"")).await;
    for table in [common::new_table(), format!("{schema}.sessions")] {
        let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap().with_clock(common::clock());
        store.migrate().await.unwrap();
        store.create(&handle(1), &row(b"old")).await.unwrap();
        let mut other = pool.begin().await.unwrap();
        let table = table.replace('.', "\".\"");
        // The lock that VACUUM takes. A transaction that writes takes a weaker one.
        let lock = format!("LOCK TABLE \"{table}\" IN SHARE UPDATE EXCLUSIVE MODE");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *other).await.unwrap();
        timeout(PATIENCE, store.migrate()).await.expect("migrate should not wait for the lock").unwrap();
        let replaced = timeout(PATIENCE, store.replace(&handle(1), Version::FIRST, &row(b"new"))).await;
        assert!(replaced.expect("replace should not wait for the lock").unwrap().is_some());
        other.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn migration_creates_missing_index() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let table = common::new_table();
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap();
    store.migrate().await.unwrap();
    for index in ["owner", "expires_hour"] {
        run_postgres(&pool, &format!("DROP INDEX \"{table}-{index}\"")).await;
        store.migrate().await.unwrap();
        assert_eq!(count_indexes(&pool, &table).await, 3, "{index}");
    }
}

#[tokio::test]
async fn table_without_schema_is_created_in_current_schema() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let (first, second, table) = (common::new_table(), common::new_table(), common::new_table());
    run_postgres(&pool, &format!("CREATE SCHEMA \"{first}\"; CREATE SCHEMA \"{second}\"")).await;
    // The search path of the second store also has the schema of the first store's table. The second store must still
    // create a table of its own.
    for path in [format!("\"{second}\""), format!("\"{first}\", \"{second}\"")] {
        let options = common::connect_options(server.port()).options([("search_path", path)]);
        let pool = common::pool_options().connect_lazy_with(options);
        PostgresStore::new(pool).with_table(&table).unwrap().migrate().await.unwrap();
    }
    assert_eq!(count_indexes(&pool, &table).await, 6, "three in each schema");
}

/// Returns the number of indexes of all tables with this name, including those of primary keys.
async fn count_indexes(pool: &PgPool, table: &str) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM pg_indexes WHERE tablename = $1").bind(table);
    count.fetch_one(pool).await.unwrap()
}

/// Checks that an error shows no handle, owner or data, and returns the text of the error.
fn text(error: &StoreError) -> String {
    let debug = format!("{error:?}");
    for secret in ["4242", "alice", "cart"] {
        assert!(!debug.contains(secret) && !error.to_string().contains(secret), "{debug}");
    }
    error.to_string()
}

/// Returns a handle whose hex digits are `4242…`.
fn secret() -> SessionHandle {
    SessionHandle::from_bytes([0x42; 32])
}

fn secret_row() -> Row {
    Row { owner: Some("alice".into()), ..row(b"cart") }
}

#[tokio::test]
async fn missing_table_is_refused_with_advice() {
    on_both!(|store, sql| {
        store.create(&secret(), &secret_row()).await.unwrap();
        sql("DROP TABLE sessions").await;
        for error in [
            store.load(&secret()).await.unwrap_err(),
            store.create(&secret(), &secret_row()).await.unwrap_err(),
            store.by_owner("alice").await.unwrap_err(),
        ] {
            assert!(text(&error).contains("run `migrate()`") && !error.is_unavailable(), "{error}");
        }
        store.migrate().await.unwrap();
        assert_eq!(store.load(&secret()).await.unwrap(), None);
        assert_eq!(store.create(&secret(), &secret_row()).await.unwrap(), Some(Version::FIRST));
    });
}

#[tokio::test]
async fn table_of_another_application_is_refused_with_advice() {
    on_both!(|store, sql| {
        sql("DROP TABLE sessions; CREATE TABLE sessions (id integer PRIMARY KEY)").await;
        let error = store.load(&secret()).await.unwrap_err();
        assert!(text(&error).contains("choose another table with `with_table`"), "{error}");
        let error = store.create(&secret(), &secret_row()).await.unwrap_err();
        assert!(text(&error).contains("choose another table with `with_table`"), "{error}");
    });
}

#[tokio::test]
async fn error_of_violated_constraint_shows_no_data() {
    on_both!(|store, sql| {
        sql("CREATE UNIQUE INDEX one_device ON sessions (owner)").await;
        store.create(&handle(1), &secret_row()).await.unwrap();
        let error = store.create(&secret(), &secret_row()).await.unwrap_err();
        assert!(!text(&error).is_empty() && !error.is_unavailable());
        assert!(!text(&error).contains("with_table"), "{error}: another table would not help");
        // The connection is still usable.
        assert!(store.load(&handle(1)).await.unwrap().is_some());
    });
}

#[tokio::test]
async fn unreadable_row_is_invalid() {
    on_both!(|store, sql| {
        store.create(&secret(), &secret_row()).await.unwrap();
        let is_postgres = format!("{store:?}").contains("Table_");
        // A label that is not UTF-8, and a time that is not finite.
        for change in ["label = '\\xff'", "accessed = 'Infinity'"] {
            let change = match is_postgres {
                true => change.to_owned(),
                false => change.replace("'\\xff'", "x'ff'").replace("'Infinity'", "9e999"),
            };
            sql(&format!("UPDATE sessions SET {change}")).await;
            for error in
                [store.load(&secret()).await.unwrap_err(), store.by_owner("alice").await.unwrap_err()]
            {
                assert!(text(&error).contains("returned invalid data"), "{error}");
            }
            store.delete(&secret(), None).await.unwrap();
            store.create(&secret(), &secret_row()).await.unwrap();
        }
    });
}

/// Regression: the statement deleted a row whose end was infinite, but the call returned an error. So `delete_by_owner`
/// did not look again for sessions that were renewed in the meantime. After a first fix, a row whose end was NaN still
/// did not count as deleted. PostgreSQL finds NaN greater than any number, so it had not expired.
#[tokio::test]
async fn row_without_finite_end_can_be_deleted() {
    on_both!(|store, sql| {
        let is_postgres = format!("{store:?}").contains("Table_");
        let ends: &[&str] = if is_postgres { &["'Infinity'", "'NaN'"] } else { &["9e999"] };
        for (end, by_owner) in ends.iter().flat_map(|end| [(end, false), (end, true)]) {
            store.create(&secret(), &secret_row()).await.unwrap();
            sql(&format!("UPDATE sessions SET expires = {end}")).await;
            assert!(store.load(&secret()).await.is_err(), "the row has no valid end");
            match by_owner {
                false => assert_eq!(store.delete(&secret(), None).await, Ok(true)),
                true => assert_eq!(store.delete_by_owner("alice", None).await, Ok(1)),
            }
            assert_eq!(store.load(&secret()).await, Ok(None));
        }
    });
}

#[tokio::test]
async fn owner_and_label_can_hold_any_text() {
    on_both!(|store, _sql| {
        let long = "é".repeat(100_000);
        let texts = ["", "\0", "alice\0", "alice", "'; DROP TABLE sessions; --", &long];
        for (number, text) in (0..).zip(texts) {
            let row = Row { owner: Some(text.into()), label: Some(text.into()), ..row(b"") };
            store.create(&handle(number), &row).await.unwrap();
            assert_eq!(store.load(&handle(number)).await.unwrap(), Some((row, Version::FIRST)));
        }
        for (number, text) in (0..).zip(texts) {
            let sessions = store.by_owner(text).await.unwrap();
            assert_eq!(sessions.iter().map(|session| session.handle).collect::<Vec<_>>(), [handle(number)]);
            assert_eq!(store.delete_by_owner(text, None).await.unwrap(), 1);
        }
    });
}

#[tokio::test]
async fn versions_above_i64_max_work() {
    on_both!(|store, sql| {
        store.create(&handle(1), &row(b"old")).await.unwrap();
        sql("UPDATE sessions SET version = 9223372036854775807").await;
        let mut version = store.load(&handle(1)).await.unwrap().unwrap().1;
        assert_eq!(version.number(), (1 << 63) - 1);
        version = store.replace(&handle(1), version, &row(b"new")).await.unwrap().unwrap();
        assert_eq!(version.number(), 1 << 63);
        assert_eq!(store.load(&handle(1)).await.unwrap(), Some((row(b"new"), version)));
        assert!(store.delete(&handle(1), Some(version)).await.unwrap());
    });
}

#[test]
fn invalid_table_names_are_refused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let long = "a".repeat(41);
    let odd = [
        "",
        "a b",
        "a\"b",
        "sessions; --",
        "1a",
        "é",
        "a\0",
        "a-b",
        "sqlite_a",
        "SQLITE_a",
        "a.b.c",
        ".a",
        "a.",
        &long,
    ];
    for name in odd {
        let error = SqliteStore::new(memory()).with_table(name).unwrap_err();
        assert!(error.to_string().starts_with("table name is invalid"), "{error}");
        let error = PostgresStore::new(common::pool(1)).with_table(name).unwrap_err();
        assert!(error.to_string().contains("with a schema"), "{error}");
    }
    assert!(SqliteStore::new(memory()).with_table("main.sessions").is_err());
    for name in ["a", "_a", "Sessions_2", "select", &long[1..]] {
        assert!(SqliteStore::new(memory()).with_table(name).is_ok(), "{name}");
        assert!(PostgresStore::new(common::pool(1)).with_table(&format!("web.{name}")).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn reserved_words_and_longest_names_work_as_table_names() {
    let long = "a".repeat(40);
    for name in ["select", "Select", &long] {
        let store = SqliteStore::in_memory().with_table(name).unwrap();
        store.migrate().await.unwrap();
        assert!(store.create(&handle(1), &row(b"")).await.unwrap().is_some());
        let Some(server) = common::server() else { return };
        let store = PostgresStore::new(common::pool(server.port())).with_table(name).unwrap();
        store.migrate().await.unwrap();
        assert!(store.create(&handle(1), &row(b"")).await.unwrap().is_some());
    }
}

/// Regression: the name of an index was also a valid name of a table. If the table of another store had this name,
/// `migrate` silently created no index in PostgreSQL, and failed in SQLite.
#[tokio::test]
async fn table_can_have_name_of_other_table_and_column() {
    let table = common::new_table();
    let names = ["owner", "expires", "expires_hour"].map(|column| format!("{table}_{column}"));
    let pool = memory();
    for name in names.iter().chain([&table]) {
        SqliteStore::new(pool.clone()).with_table(name).unwrap().migrate().await.unwrap();
    }
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    for name in names.iter().chain([&table]) {
        PostgresStore::new(pool.clone()).with_table(name).unwrap().migrate().await.unwrap();
        assert_eq!(count_indexes(&pool, name).await, 3, "{name}: the primary key, the owner and the end");
    }
}

#[tokio::test]
async fn store_clock_decides_what_has_expired() {
    on_both!(|store, _sql| {
        // The database's clock is years ahead of the store's clock.
        store.create(&handle(1), &row_until(NOW + 0.25)).await.unwrap();
        assert!(store.load(&handle(1)).await.unwrap().is_some());
        store.create(&handle(2), &row_until(NOW)).await.unwrap();
        assert!(store.load(&handle(2)).await.unwrap().is_none());
    });
}

#[tokio::test]
async fn update_that_keeps_expiry_hour_is_heap_only() {
    let Some(server) = common::server() else { return };
    let pool = common::pool(server.port());
    let table = common::new_table();
    let hour = 472_222.0 * 3600.0;
    let store = PostgresStore::new(pool.clone()).with_table(&table).unwrap().with_max_connections(1);
    let clock = common::clock();
    clock.set(at(hour));
    let store = store.with_clock(clock);
    store.migrate().await.unwrap();
    store.create(&handle(1), &row_until(hour + 3601.0)).await.unwrap();
    let mut version = Version::FIRST;
    for second in 0..50 {
        let expires = hour + 3602.0 + f64::from(second);
        assert!(store.touch(&handle(1), at(hour), Some(at(expires))).await.unwrap());
        version = store.replace(&handle(1), version, &row_until(expires)).await.unwrap().unwrap();
    }
    let counts = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = $1";
    // The server publishes its counts when a connection ends.
    drop(store);
    let start = Instant::now();
    loop {
        let (all, hot): (i64, i64) = sqlx::query_as(counts).bind(&table).fetch_one(&pool).await.unwrap();
        if all == 100 {
            // If a page is full, the new version of the row goes to another page, and the update is not heap-only. The
            // test permits a few of these updates.
            assert!(hot >= 90, "{hot} of {all}");
            break;
        }
        assert!(start.elapsed() < PATIENCE, "the server has published {all} updates, expected 100");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
