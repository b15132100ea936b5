//! A store whose connections a test can keep in use, so that other calls have to wait.

use std::time::Instant;

use session_store::Store;
use session_store_sqlx::PostgresStore;
use sqlx::{AssertSqlSafe, PgPool, PgTransaction};
use tokio::task::JoinHandle;

use crate::common::{self, NOW, PATIENCE, at, handle, row};
use crate::proxy::Proxy;

/// The number of the row that [`Busy::occupy`] locks.
const OCCUPIED: u32 = 1_000_000;

pub(crate) struct Busy {
    pub(crate) store: PostgresStore,
    /// The proxy between the store and the server.
    pub(crate) proxy: Proxy,
    /// A pool that connects to the server without the proxy.
    pub(crate) pool: PgPool,
    table: String,
    connections: u32,
    occupied: Option<(PgTransaction<'static>, Vec<JoinHandle<()>>)>,
}

impl Busy {
    pub(crate) async fn start(connections: u32) -> Option<Self> {
        Self::start_at(connections, "read committed").await
    }

    /// Starts a store whose connections have this isolation level by default.
    pub(crate) async fn start_at(connections: u32, isolation: &str) -> Option<Self> {
        let server = common::server()?;
        let proxy = Proxy::start(server.port()).await;
        let table = common::new_table();
        let options = common::connect_options(proxy.port());
        let options = options.options([("default_transaction_isolation", isolation)]);
        let pool = common::pool_options().connect_lazy_with(options);
        let store = PostgresStore::new(pool).with_table(&table).unwrap();
        let store = store.with_max_connections(connections).with_clock(common::clock());
        store.migrate().await.unwrap();
        store.create(&handle(OCCUPIED), &row(b"data")).await.unwrap();
        let pool = common::pool(server.port());
        Some(Self { store, proxy, pool, table, connections, occupied: None })
    }

    /// Creates `count` rows, numbered from 0. The handle of a row is made from its number, and its data is the number.
    pub(crate) async fn create(&self, count: u8) {
        for number in 0..count {
            self.store.create(&handle(number.into()), &row(&[number])).await.unwrap();
        }
    }

    /// Runs a statement, with the name of the table in place of `{}`.
    pub(crate) async fn execute(&self, statement: &str) {
        sqlx::raw_sql(self.sql(statement)).execute(&self.pool).await.unwrap();
    }

    fn sql(&self, statement: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace("{}", &format!("\"{}\"", self.table)))
    }

    pub(crate) async fn lock_row(&self, transaction: &mut PgTransaction<'static>, number: u32) {
        let lock = sqlx::query(self.sql("SELECT 1 FROM {} WHERE handle = $1 FOR UPDATE"));
        lock.bind(handle(number).as_bytes().to_vec()).fetch_one(&mut **transaction).await.unwrap();
    }

    /// Changes a row: `change` is the list after `SET`.
    pub(crate) async fn change_row(
        &self,
        transaction: &mut PgTransaction<'static>,
        number: u32,
        change: &str,
    ) {
        let update = self.sql(&format!("UPDATE {{}} SET {change} WHERE handle = $1"));
        let update = sqlx::query(update).bind(handle(number).as_bytes().to_vec());
        assert_eq!(update.execute(&mut **transaction).await.unwrap().rows_affected(), 1);
    }

    /// Creates `count` rows of an owner in one statement.
    pub(crate) async fn create_owned(&self, owner: &str, count: i32) {
        let rows = "INSERT INTO {} (handle, version, data, owner, created, accessed) \
                    SELECT sha256(number::text::bytea), 1, '', $1, 0, 0 FROM generate_series(1, $2) number";
        let create = sqlx::query(self.sql(rows)).bind(owner.as_bytes().to_vec()).bind(count);
        create.execute(&self.pool).await.unwrap();
    }

    /// Deletes 1000 rows of an owner, after the first `offset` ones, in a transaction that is not committed.
    pub(crate) async fn delete_owned(&self, owner: &str, offset: i64) -> PgTransaction<'static> {
        let mut transaction = self.pool.begin().await.unwrap();
        let chosen = "SELECT handle FROM {} WHERE owner = $1 LIMIT 1000 OFFSET $2";
        let delete = sqlx::query(self.sql(&format!("DELETE FROM {{}} WHERE handle IN ({chosen})")));
        let deleted =
            delete.bind(owner.as_bytes().to_vec()).bind(offset).execute(&mut *transaction).await.unwrap();
        assert_eq!(deleted.rows_affected(), 1000);
        transaction
    }

    pub(crate) async fn lock_table(&self) -> PgTransaction<'static> {
        let mut transaction = self.pool.begin().await.unwrap();
        sqlx::raw_sql(self.sql("LOCK TABLE {}")).execute(&mut *transaction).await.unwrap();
        transaction
    }

    /// Starts a call on each connection of the store. These calls wait for a locked row.
    pub(crate) async fn occupy(&mut self) {
        let mut transaction = self.pool.begin().await.unwrap();
        self.lock_row(&mut transaction, OCCUPIED).await;
        let touches = (0..self.connections).map(|_| {
            let store = self.store.clone();
            tokio::spawn(async move { assert!(store.touch(&handle(OCCUPIED), at(NOW), None).await.unwrap()) })
        });
        self.occupied = Some((transaction, touches.collect()));
        self.until_blocked(self.connections.into()).await;
    }

    /// Lets the other tasks run until they wait for a connection. Then lets the calls of [`occupy`](Self::occupy) end,
    /// and waits for them.
    pub(crate) async fn free(&mut self) {
        tokio::task::yield_now().await;
        let (transaction, touches) = self.occupied.take().expect("the connections are occupied");
        transaction.rollback().await.unwrap();
        for touch in touches {
            touch.await.unwrap();
        }
    }

    /// Waits until at least `count` statements wait for a lock on the table or on one of its rows.
    pub(crate) async fn until_blocked(&self, count: i64) {
        let select = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1";
        let start = Instant::now();
        loop {
            let blocked = sqlx::query_scalar::<_, i64>(select).bind(format!("%\"{}\"%", self.table));
            let blocked = blocked.fetch_one(&self.pool).await.unwrap();
            if blocked >= count {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{blocked} statements wait, expected at least {count}");
            tokio::task::yield_now().await;
        }
    }
}
