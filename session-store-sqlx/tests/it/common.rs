//! The server that the tests share, and functions that create stores, rows and handles.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use session_core::{ManualClock, SessionHandle, Timestamp};
use session_store::Row;
use session_store_sqlx::PostgresStore;
use session_tests::servers::PostgresServer;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

pub(crate) const NOW: f64 = 1_700_000_000.75;

/// Time limit for what a test waits for, such as a lock. A server needs far less time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the server that the tests share. Tests that stop or pause a server start their own. Returns `None` if
/// PostgreSQL is not installed.
pub(crate) fn server() -> Option<&'static PostgresServer> {
    static SERVER: OnceLock<Option<PostgresServer>> = OnceLock::new();
    SERVER.get_or_init(PostgresServer::start).as_ref()
}

pub(crate) fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new().test_before_acquire(false).acquire_timeout(Duration::from_secs(20))
}

pub(crate) fn pool(port: u16) -> PgPool {
    pool_options().connect_lazy_with(connect_options(port))
}

/// Returns a store with at most one connection, in the table `table`.
pub(crate) fn single(port: u16, table: &str) -> PostgresStore {
    let store = PostgresStore::new(pool(port)).with_table(table).unwrap();
    store.with_clock(clock()).with_max_connections(1)
}

pub(crate) fn connect_options(port: u16) -> PgConnectOptions {
    PgConnectOptions::new().host("127.0.0.1").port(port).username("postgres").database("postgres")
}

/// Returns a name that no other test uses, for a table. Some tests use the name for a schema, a role or a sequence.
pub(crate) fn new_table() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("Table_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Returns a store with a new table, and the clock of the store.
pub(crate) async fn postgres(pool: PgPool) -> (PostgresStore, ManualClock) {
    let clock = clock();
    let store = PostgresStore::new(pool).with_table(&new_table()).unwrap().with_clock(clock.clone());
    store.migrate().await.unwrap();
    (store, clock)
}

pub(crate) fn clock() -> ManualClock {
    ManualClock::new(at(NOW))
}

pub(crate) fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

pub(crate) fn handle(number: u32) -> SessionHandle {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SessionHandle::from_bytes(bytes)
}

pub(crate) fn row(data: &[u8]) -> Row {
    Row::new(data.to_vec(), at(NOW))
}

pub(crate) fn row_until(expires: f64) -> Row {
    Row { expires: Some(at(expires)), ..row(b"data") }
}
