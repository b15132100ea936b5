//! The stores behind PgBouncer.
//!
//! Debian 12 has PgBouncer 1.18, which does not have the setting `max_prepared_statements`. The environment variable
//! `PGBOUNCER` names the program of another version.

use std::sync::OnceLock;

use session_store::{Row, Store, Version};
use session_store_sqlx::PostgresStore;
use session_tests::servers::{PgBouncer, PostgresServer};
use session_tests::store::ManualHarness;
use session_tests::store_suite;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use crate::common::{self, NOW, at, handle, row};

/// Makes PgBouncer accept and drop the startup parameters of sqlx and of `PostgresStore::connect` that it refuses by
/// default.
const ACCEPT_PARAMETERS: &str = "ignore_startup_parameters = extra_float_digits, options";

/// In session mode, each client keeps a connection of its own to the server, so the suite needs many connections.
const MANY_CONNECTIONS: &str = "default_pool_size = 400";

store_suite!(session_mode, async || {
    static BOUNCER: OnceLock<Option<PgBouncer>> = OnceLock::new();
    let bouncer = BOUNCER.get_or_init(|| PgBouncer::start(server()?, &[MANY_CONNECTIONS]));
    Some(harness(bouncer.as_ref()?).await)
});

store_suite!(transaction_mode, async || {
    static BOUNCER: OnceLock<Option<PgBouncer>> = OnceLock::new();
    // With few connections, the statements of a client run on different ones.
    let settings = ["default_pool_size = 3"];
    let bouncer = BOUNCER.get_or_init(|| PgBouncer::start_with_prepared_statements(server()?, &settings));
    Some(harness(bouncer.as_ref()?).await)
});

/// Returns the server behind the PgBouncers of these tests. The other tests use another server, because these tests
/// need many connections.
fn server() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    SERVER.get_or_init(|| PostgresServer::start_with(&["-c", "max_connections=500"])).as_ref()
}

async fn harness(bouncer: &PgBouncer) -> ManualHarness<PostgresStore> {
    let (store, clock) = common::postgres(pool(bouncer)).await;
    ManualHarness::new(store.with_max_connections(2), clock)
}

fn pool(bouncer: &PgBouncer) -> PgPool {
    common::pool_options().connect_lazy_with(connect_options(bouncer))
}

/// Returns options without `extra_float_digits`, a startup parameter that PgBouncer refuses by default.
fn connect_options(bouncer: &PgBouncer) -> PgConnectOptions {
    common::connect_options(bouncer.port()).extra_float_digits(None)
}

/// Starts PgBouncer in transaction mode without prepared statements. Returns PgBouncer and three stores on one table:
/// two with one connection to PgBouncer each, and one that connects directly to PostgreSQL.
async fn without_prepared_statements(pool_size: u8) -> Option<(PgBouncer, [PostgresStore; 3])> {
    let size = format!("default_pool_size = {pool_size}");
    let bouncer = PgBouncer::start_without_prepared_statements(server()?, &[&size])?;
    let table = common::new_table();
    let store = |pool| {
        let store = PostgresStore::new(pool).with_table(&table).unwrap().with_max_connections(1);
        store.with_clock(common::clock())
    };
    let direct = store(common::pool(server()?.port()));
    direct.migrate().await.unwrap();
    let stores = [store(pool(&bouncer)), store(pool(&bouncer)), direct];
    Some((bouncer, stores))
}

#[tokio::test]
async fn restarted_pgbouncer_is_used_again() {
    let Some(server) = server() else { return };
    let Some(mut bouncer) = PgBouncer::start(server, &[]) else { return };
    let (store, _) = common::postgres(pool(&bouncer)).await;
    store.create(&handle(1), &row(b"1")).await.unwrap();
    bouncer.restart();
    assert_eq!(store.load(&handle(1)).await.unwrap().unwrap().0, row(b"1"));
    bouncer.restart();
    assert!(store.touch(&handle(1), at(NOW), None).await.unwrap());
    bouncer.restart();
    // Unlike PostgreSQL, PgBouncer does not say that it has not run the statement, so the statement is not repeated.
    let error = store.create(&handle(2), &row(b"2")).await.unwrap_err();
    assert!(error.is_unavailable(), "{error}");
    assert_eq!(store.create(&handle(2), &row(b"2")).await.unwrap(), Some(Version::FIRST));
}

#[tokio::test]
async fn restarted_server_behind_pgbouncer_is_used_again() {
    let Some(mut server) = PostgresServer::start() else { return };
    let Some(bouncer) = PgBouncer::start(&server, &[]) else { return };
    let (store, _) = common::postgres(pool(&bouncer)).await;
    store.create(&handle(1), &row(b"1")).await.unwrap();
    for _ in 0..3 {
        server.restart();
        assert_eq!(store.load(&handle(1)).await.unwrap().unwrap().0, row(b"1"));
    }
}

#[tokio::test]
async fn error_of_refused_startup_parameter_names_setting_of_pgbouncer() {
    let Some(server) = server() else { return };
    let Some(bouncer) = PgBouncer::start(server, &[]) else { return };
    let error = PostgresStore::connect(&bouncer.url()).await.unwrap_err();
    assert!(!error.is_unavailable(), "{error}");
    assert!(error.to_string().contains(ACCEPT_PARAMETERS), "{error}");
}

#[tokio::test]
async fn time_limits_of_connect_are_dropped_and_those_of_role_apply() {
    let Some(server) = PostgresServer::start() else { return };
    let limit = async |bouncer: &PgBouncer| -> String {
        let options: PgConnectOptions = bouncer.url().parse().unwrap();
        let options = options.options([("statement_timeout", "1500ms")]);
        let pool = common::pool_options().connect_with(options).await.unwrap();
        sqlx::query_scalar("SELECT current_setting('statement_timeout')").fetch_one(&pool).await.unwrap()
    };
    let Some(bouncer) = PgBouncer::start(&server, &[ACCEPT_PARAMETERS]) else { return };
    PostgresStore::connect(&bouncer.url()).await.unwrap().migrate().await.unwrap();
    assert_eq!(limit(&bouncer).await, "0");

    let admin = common::pool(server.port());
    sqlx::raw_sql("ALTER ROLE postgres SET statement_timeout = '2s'").execute(&admin).await.unwrap();
    let Some(bouncer) = PgBouncer::start(&server, &[ACCEPT_PARAMETERS]) else { return };
    assert_eq!(limit(&bouncer).await, "2s");
}

#[tokio::test]
async fn error_of_taken_statement_name_names_setting_of_pgbouncer() {
    let Some((_bouncer, [first, second, _])) = without_prepared_statements(1).await else { return };
    first.load(&handle(1)).await.unwrap();
    let error = second.load(&handle(1)).await.unwrap_err();
    assert!(!error.is_unavailable() && error.to_string().contains("`max_prepared_statements`"), "{error}");
}

/// Regression: the error said that the store was unavailable, and did not name the setting.
#[tokio::test]
async fn error_of_statement_with_other_parameters_names_setting_of_pgbouncer() {
    let Some((bouncer, [first, second, direct])) = without_prepared_statements(2).await else { return };
    first.load(&handle(1)).await.unwrap();
    on_other_connection(&bouncer, second.create(&handle(1), &row(b"1"))).await.unwrap().unwrap();
    // This statement gets the connection on which the first client has prepared another statement under the same name.
    let error = second.create(&handle(2), &row(b"2")).await.unwrap_err();
    assert!(!error.is_unavailable() && error.to_string().contains("`max_prepared_statements`"), "{error}");
    assert_eq!(direct.load(&handle(2)).await, Ok(None));
}

/// Documents a danger, not a requirement. Because of this danger, the README says not to use transaction mode without
/// the setting `max_prepared_statements`.
#[tokio::test]
async fn without_setting_a_call_can_get_the_answer_to_another_statement() {
    let Some((bouncer, [first, second, direct])) = without_prepared_statements(2).await else { return };
    let row = Row { owner: Some("alice".to_owned()), ..row(b"1") };
    direct.create(&handle(1), &row).await.unwrap().unwrap();
    first.by_owner("alice").await.unwrap();
    assert!(on_other_connection(&bouncer, second.load(&handle(1))).await.unwrap().is_some());
    assert_eq!(second.load(&handle(1)).await, Ok(None));
}

/// Runs a call while a transaction uses the connection that PgBouncer would otherwise choose. PgBouncer chooses the
/// connection that was used last. After the call, it chooses the connection of the transaction again, because the
/// transaction ends last.
async fn on_other_connection<T>(bouncer: &PgBouncer, call: impl Future<Output = T>) -> T {
    let transaction = pool(bouncer).begin().await.unwrap();
    let result = call.await;
    transaction.rollback().await.unwrap();
    result
}
