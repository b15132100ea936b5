//! PostgreSQL.

mod batch;
mod batch_statements;
mod call;
mod connect;
mod connections;
mod continue_on_drop;
mod failure;
mod kinds;
mod read_only;
mod schema;
mod waiting;

use std::fmt;
use std::sync::Arc;

use session_core::SessionHandle;
use session_store::{Row, SessionInfo, StoreError, Version};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, Executor as _, PgPool, SqlStr};

use self::batch::Begun;
use self::call::{Call, Run, Statement};
use self::connections::Connections;
use self::kinds::{Load, Replace};
use crate::decode;
use crate::engine::{Engine, Repeat, Value, arguments, load_values, replace_values};
use crate::statements::{Statements, sql};
use crate::store::SqlStore;
use crate::table::Table;

/// Sessions in a table of PostgreSQL.
///
/// A read takes one round trip to the server, and a read followed by a write takes two. sqlx's pool would add a ping
/// after each statement. So the store takes its connections out of the pool and keeps them. If a connection was lost,
/// or if a write was dropped, the store discards the connection and opens another through the pool. If a read was
/// dropped, the store first waits a second for the answer, and keeps the connection if it arrives.
///
/// # Runtimes
/// All clones of a store share its connections. A connection depends on the tokio runtime that has opened it. With
/// actix-web, each worker has a runtime with one thread. If a handler blocks this thread, calls of other workers wait
/// as well: those on connections that the worker has opened, and those in a batch that the worker runs. So a handler
/// must not block its worker; use `spawn_blocking`. If some handlers do block, create a store with its own pool in each
/// worker.
///
/// # Panics
/// The store's calls panic outside a tokio runtime with `enable_time`.
///
/// # Examples
/// ```no_run
/// use session_store_sqlx::PostgresStore;
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://web@db.example/web").await?.with_table("web_sessions")?;
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub type PostgresStore = SqlStore<PostgresEngine>;

impl PostgresStore {
    /// Connects to a server: `postgres://user:password@host:port/database`. The store has at most 10 connections. A
    /// call waits at most 3 seconds for its turn, and then at most 3 seconds for a new connection.
    ///
    /// Each connection sets `statement_timeout` and `lock_timeout`, so that the server ends a statement after 1.5
    /// seconds. This is a little longer than the default `store_timeout` of the session factories. So the server soon
    /// ends the statement of a call that a factory has given up. The URL can set other limits:
    /// `?options[statement_timeout]=6s&options[lock_timeout]=6s`. They should be longer than the `store_timeout`.
    ///
    /// For TLS, enable a TLS feature of the crate `sqlx` in the application.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid, or if the server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        connect::pool(url).await.map(Self::new)
    }

    /// Creates a store in the database of the application's own pool. The store connects when it is first used.
    ///
    /// The store sets no time limits on these connections. If the pool does not set `statement_timeout` and
    /// `lock_timeout` either, a statement can wait for a lock long after its call was given up.
    pub fn new(pool: PgPool) -> Self {
        Self::from_engine(PostgresEngine { connections: Arc::new(Connections::new(pool, None)) })
    }

    /// Sets the maximum number of connections that the store takes out of the pool, at least 1. The pool can still open
    /// up to its own maximum in addition. Default: the maximum of the pool, but no more than 10.
    ///
    /// Calls that find no connection wait for one in order, at most as long as the pool's `acquire_timeout`. When it is
    /// the turn of a load or a replacement, waiting calls of the same kind join its statement, so fewer connections
    /// make larger batches.
    pub fn with_max_connections(self, max: u32) -> Self {
        let connections = Connections::new(self.engine.connections.pool().clone(), Some(max));
        self.with_engine(PostgresEngine { connections: Arc::new(connections) })
    }
}

/// The engine of [`PostgresStore`].
pub struct PostgresEngine {
    connections: Arc<Connections>,
}

impl Engine for PostgresEngine {
    const SCHEMAS: bool = true;
    const ROUNDS: usize = 4;

    fn statements(table: &Table) -> Statements {
        Statements {
            load_many: sql(batch_statements::load(table)),
            replace_many: sql(batch_statements::replace(table)),
            ..Statements::new(table, schema::delete_by_owner(table), schema::sweep(table))
        }
    }

    fn schema(table: &Table) -> String {
        schema::create(table)
    }

    async fn migrate(&self, schema: SqlStr) -> Result<(), StoreError> {
        let migrated = sqlx::raw_sql(schema).execute(self.connections.pool()).await;
        migrated.map(drop).map_err(|error| failure::store_error(&error))
    }

    async fn execute(&self, sql: &SqlStr, values: &[Value<'_>], repeat: Repeat) -> Result<u64, StoreError> {
        let done =
            self.run(sql, values, repeat, |connection, statement| connection.execute(statement)).await?;
        Ok(done.rows_affected())
    }

    async fn delete(&self, sql: &SqlStr, values: &[Value<'_>]) -> Result<Vec<Option<f64>>, StoreError> {
        self.fetch_all(sql, values, Repeat::IfNotRun).await?.iter().map(decode::expires).collect()
    }

    async fn load(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        now: f64,
    ) -> Result<Option<(Row, Version)>, StoreError> {
        let waiting = || Load { statements: statements.clone(), handle: *handle, now };
        let call = match batch::begin(&self.connections, waiting).await? {
            Begun::Alone(call) => call,
            Begun::Done(loaded) => return Ok(loaded),
        };
        let values = load_values(handle, now);
        let statement = || statement(&statements.load, &values);
        let row = call.run(statement, |connection, statement| connection.fetch_optional(statement)).await;
        row.map_err(|error| failure::store_error(&error))?.as_ref().map(decode::row).transpose()
    }

    async fn replace(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
        now: f64,
    ) -> Result<bool, StoreError> {
        let waiting =
            || Replace { statements: statements.clone(), handle: *handle, version, row: row.clone(), now };
        let call = match batch::begin(&self.connections, waiting).await? {
            Begun::Alone(call) => call,
            Begun::Done(()) => return Ok(true),
        };
        let values = replace_values(handle, version, row, now);
        let statement = || statement(&statements.replace, &values);
        let done = call.run(statement, |connection, statement| connection.execute(statement)).await;
        Ok(done.map_err(|error| failure::store_error(&error))?.rows_affected() > 0)
    }

    async fn fetch_infos(&self, sql: &SqlStr, values: &[Value<'_>]) -> Result<Vec<SessionInfo>, StoreError> {
        self.fetch_all(sql, values, Repeat::Read).await?.iter().map(decode::info).collect()
    }
}

impl PostgresEngine {
    async fn fetch_all(
        &self,
        sql: &SqlStr,
        values: &[Value<'_>],
        repeat: Repeat,
    ) -> Result<Vec<PgRow>, StoreError> {
        self.run(sql, values, repeat, |connection, statement| connection.fetch_all(statement)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        sql: &SqlStr,
        values: &[Value<'_>],
        repeat: Repeat,
        run: Run<T>,
    ) -> Result<T, StoreError> {
        let result = async {
            let call = Call::new(self.connections.lease().await?, repeat);
            call.run(|| statement(sql, values), run).await
        };
        result.await.map_err(|error| failure::store_error(&error))
    }
}

fn statement(sql: &SqlStr, values: &[Value<'_>]) -> Result<Statement, sqlx::Error> {
    let arguments = arguments!(PgArguments, values)?;
    Ok(sqlx::query_with(sql.clone(), arguments))
}

impl fmt::Debug for PostgresEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresEngine").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn engine_debug_hides_connections() {
        let store =
            PostgresStore::new(PgPool::connect_lazy("postgres://web:hunter2@db.example/web").unwrap());
        assert_eq!(format!("{:?}", store.engine), "PostgresEngine { .. }");
    }
}
