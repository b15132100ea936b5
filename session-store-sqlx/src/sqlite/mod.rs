//! SQLite.

mod connect;
mod failure;
mod schema;

use std::fmt;
use std::sync::Arc;

use session_core::SessionHandle;
use session_store::{Row, SessionInfo, StoreError, Version};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, SqlStr, Sqlite, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::timeout;

use crate::decode;
use crate::engine::{Engine, Repeat, Value, arguments, load_values, replace_values};
use crate::statements::Statements;
use crate::store::SqlStore;
use crate::table::Table;

/// Sessions in a table of SQLite, for a site on one machine.
///
/// # Panics
/// The store's calls panic outside a tokio runtime with `enable_time`.
///
/// # Examples
/// ```
/// use session_core::{SessionHandle, Timestamp};
/// use session_store::{Row, Store, Version};
/// use session_store_sqlx::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::in_memory();
/// store.migrate().await?;
///
/// let (handle, now) = (SessionHandle::from_bytes([1; 32]), Timestamp::from_secs(1_700_000_000.0).unwrap());
/// let row = Row::new(b"cart".to_vec(), now);
/// assert_eq!(store.create(&handle, &row).await?, Some(Version::FIRST));
/// assert_eq!(store.load(&handle).await?, Some((row, Version::FIRST)));
/// # Ok(())
/// # }
/// ```
pub type SqliteStore = SqlStore<SqliteEngine>;

impl SqliteStore {
    /// Creates a store in the database of a pool. Configure the pool with WAL and a busy timeout, as
    /// [`connect`](Self::connect) does.
    pub fn new(pool: SqlitePool) -> Self {
        Self::from_engine(SqliteEngine { pool, writer: Arc::default() })
    }

    /// Opens a database file, or creates it: with WAL, `synchronous = NORMAL`, a busy timeout of 5 seconds and at most
    /// 4 connections. The file must be on a local file system. With the path `:memory:`, creates a database in memory,
    /// as [`in_memory`](Self::in_memory) does.
    ///
    /// A power failure can undo the last changes, but does not damage the file. A crash of the process undoes nothing.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened, or if `path` is a URL, which begins with `sqlite:` or `file:`.
    pub async fn connect(path: impl AsRef<std::path::Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        if path.to_str().is_some_and(|path| path.starts_with("sqlite:") || path.starts_with("file:")) {
            return Err(StoreError::refused(
                "the path of the database is a URL; pass it without `sqlite:` or `file:`",
            ));
        }
        if path.as_os_str() == ":memory:" {
            return Ok(Self::in_memory());
        }
        connect::file(path).await.map(Self::new).map_err(|error| failure::store_error(&error))
    }

    /// Creates a store with its own database in memory. The database ends when the last clone of the store is dropped.
    pub fn in_memory() -> Self {
        Self::new(connect::memory())
    }
}

/// The engine of [`SqliteStore`].
pub struct SqliteEngine {
    pool: SqlitePool,
    /// SQLite has one writer at a time, and other writers poll. So the writers of a store and its clones wait here, in
    /// order.
    writer: Arc<Mutex<()>>,
}

impl SqliteEngine {
    /// Waits until the earlier writers of this store and its clones have ended. Times out after the pool's
    /// `acquire_timeout`.
    async fn writer(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let writer = Arc::clone(&self.writer).lock_owned();
        let writer = timeout(self.pool.options().get_acquire_timeout(), writer).await;
        writer.map_err(|_| failure::store_error(&sqlx::Error::PoolTimedOut))
    }

    /// Waits until this call is the next writer, and then runs its statements in a separate task.
    ///
    /// SQLite runs a statement to its end, even if the call is dropped. Without the task, the next writer would not
    /// wait until that statement has ended, and the statement could take effect after the next writer's statement.
    async fn write<T: Send + 'static>(
        &self,
        statements: impl Future<Output = Result<T, sqlx::Error>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let writer = self.writer().await?;
        let result = tokio::spawn(async move {
            let result = statements.await;
            drop(writer);
            result
        });
        let result = result.await.unwrap_or(Err(sqlx::Error::WorkerCrashed));
        result.map_err(|error| failure::store_error(&error))
    }
}

impl Engine for SqliteEngine {
    const SCHEMAS: bool = false;
    /// SQLite has one writer at a time, so no row is committed while a statement deletes rows.
    const ROUNDS: usize = 1;

    fn statements(table: &Table) -> Statements {
        Statements::new(table, schema::delete_by_owner(table), schema::sweep(table))
    }

    fn schema(table: &Table) -> String {
        schema::create(table)
    }

    async fn migrate(&self, schema: SqlStr) -> Result<(), StoreError> {
        let pool = self.pool.clone();
        self.write(async move { sqlx::raw_sql(schema).execute(&pool).await.map(drop) }).await
    }

    async fn execute(&self, sql: &SqlStr, values: &[Value<'_>], _: Repeat) -> Result<u64, StoreError> {
        let (query, pool) = (query(sql, values)?, self.pool.clone());
        self.write(async move { Ok(query.execute(&pool).await?.rows_affected()) }).await
    }

    async fn delete(&self, sql: &SqlStr, values: &[Value<'_>]) -> Result<Vec<Option<f64>>, StoreError> {
        let (query, pool) = (query(sql, values)?, self.pool.clone());
        let rows = self.write(async move { query.fetch_all(&pool).await }).await?;
        rows.iter().map(decode::expires).collect()
    }

    async fn load(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        now: f64,
    ) -> Result<Option<(Row, Version)>, StoreError> {
        let result = query(&statements.load, &load_values(handle, now))?.fetch_optional(&self.pool).await;
        let columns = result.map_err(|error| failure::store_error(&error))?;
        columns.as_ref().map(decode::row).transpose()
    }

    async fn replace(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
        now: f64,
    ) -> Result<bool, StoreError> {
        let values = replace_values(handle, version, row, now);
        Ok(self.execute(&statements.replace, &values, Repeat::IfNotRun).await? > 0)
    }

    async fn fetch_infos(&self, sql: &SqlStr, values: &[Value<'_>]) -> Result<Vec<SessionInfo>, StoreError> {
        let result = query(sql, values)?.fetch_all(&self.pool).await;
        result.map_err(|error| failure::store_error(&error))?.iter().map(decode::info).collect()
    }
}

fn query(sql: &SqlStr, values: &[Value<'_>]) -> Result<Query<'static, Sqlite, SqliteArguments>, StoreError> {
    let arguments = arguments!(SqliteArguments, values).map_err(|error| failure::store_error(&error))?;
    Ok(sqlx::query_with(sql.clone(), arguments))
}

impl fmt::Debug for SqliteEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteEngine").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn engine_debug_hides_pool() {
        assert_eq!(format!("{:?}", SqliteStore::in_memory().engine), "SqliteEngine { .. }");
    }
}
