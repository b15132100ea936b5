//! The store, for any engine.

use std::fmt;
use std::sync::Arc;

use session_core::{Clock, SessionHandle, SystemClock, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version};

use crate::engine::{Engine, Repeat, Value, row_values};
use crate::statements::{OWNED_CHUNK, Statements, sql};
use crate::table::{InvalidTableName, Table};

/// The name of the table if the application sets none.
const DEFAULT_TABLE: &str = "sessions";

/// A store in a table of a database: [`PostgresStore`](crate::PostgresStore) or [`SqliteStore`](crate::SqliteStore).
///
/// Normally, each method of [`Store`] runs one statement. `delete_by_owner` runs one for each thousand rows, and in
/// PostgreSQL at least two. In PostgreSQL, several waiting calls can share a statement, and a call can send its
/// statement again. Clones share the connections.
pub struct SqlStore<E> {
    pub(crate) engine: Arc<E>,
    table: Table,
    statements: Arc<Statements>,
    clock: Arc<dyn Clock>,
}

impl<E: Engine> SqlStore<E> {
    pub(crate) fn from_engine(engine: E) -> Self {
        let table = Table::parse(DEFAULT_TABLE, E::SCHEMAS).expect("the default name is valid");
        let statements = Arc::new(E::statements(&table));
        Self { engine: Arc::new(engine), table, statements, clock: Arc::new(SystemClock) }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn with_engine(self, engine: E) -> Self {
        Self { engine: Arc::new(engine), ..self }
    }

    /// Sets the table. Default: `sessions`. In PostgreSQL, the name is case-sensitive, and can have a schema, as in
    /// `web.sessions`.
    ///
    /// # Errors
    /// Returns an error if the name or its schema is invalid. Each must have 1 to 40 ASCII letters, digits and
    /// underscores, and must not start with a digit, or with `sqlite_` in upper or lower case.
    pub fn with_table(self, name: &str) -> Result<Self, InvalidTableName> {
        let table = Table::parse(name, E::SCHEMAS)?;
        let statements = Arc::new(E::statements(&table));
        Ok(Self { table, statements, ..self })
    }

    /// Sets the clock that decides which rows have expired. Default: the system's clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Creates the table and its indexes if they do not exist. Several processes may call this method at once. In
    /// PostgreSQL, the method does not lock a table that already has its indexes.
    ///
    /// # Errors
    /// Returns an error if the database cannot be reached or refuses a statement, for instance because the database
    /// user may not create tables.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.engine.migrate(sql(E::schema(&self.table))).await
    }

    fn now(&self) -> Value<'static> {
        Value::time(self.clock.now().as_secs())
    }
}

impl<E: Engine> Store for SqlStore<E> {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.engine.load(&self.statements, handle, self.clock.now().as_secs()).await
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let [data, owner, label, created, accessed, expires] = row_values(row);
        let first = Value::version(Version::FIRST);
        let handle = Value::handle(handle);
        let values = [handle, first, data, owner, label, created, accessed, expires, self.now()];
        let created = self.engine.execute(&self.statements.create, &values, Repeat::IfNotRun).await?;
        Ok((created > 0).then_some(Version::FIRST))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        let now = self.clock.now().as_secs();
        let replaced = self.engine.replace(&self.statements, handle, version, row, now).await?;
        Ok(replaced.then(|| version.next()))
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let accessed = Value::Float(Some(accessed.as_secs()));
        let expires = Value::Float(expires.map(Timestamp::as_secs));
        let values = [Value::handle(handle), accessed, expires, self.now()];
        Ok(self.engine.execute(&self.statements.touch, &values, Repeat::Always).await? > 0)
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let version = Value::Integer(version.map(|version| version.number().cast_signed()));
        let now = self.clock.now();
        let ends = self.engine.delete(&self.statements.delete, &[Value::handle(handle), version]).await?;
        Ok(unexpired(&ends, now) > 0)
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.engine.fetch_infos(&self.statements.by_owner, &[Value::text(Some(owner)), self.now()]).await
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        let except = Value::Bytes(except.map(|except| except.as_bytes().as_slice()));
        let values = [Value::text(Some(owner)), except];
        let (now, mut count, mut round) = (self.clock.now(), 0, 1);
        loop {
            let ends = self.engine.delete(&self.statements.delete_by_owner, &values).await?;
            count += unexpired(&ends, now);
            if ends.len() >= OWNED_CHUNK {
                continue; // More rows may be left.
            }
            // The first round can delete nothing although a session is left: a renewal has committed the new row after
            // the start of the statement, and has then removed the owner from the old row.
            if round == E::ROUNDS || (round > 1 && ends.is_empty()) {
                return Ok(count);
            }
            round += 1;
        }
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        let limit = Value::Integer(Some(i64::try_from(limit).unwrap_or(i64::MAX)));
        self.engine.execute(&self.statements.sweep, &[self.now(), limit], Repeat::IfNotRun).await
    }
}

/// Returns the number of rows that have not expired at `now`. `ends` contains the expiry time of each row, or `None` if
/// the row does not expire. As in PostgreSQL, NaN is later than any other time.
fn unexpired(ends: &[Option<f64>], now: Timestamp) -> u64 {
    ends.iter().filter(|end| end.is_none_or(|end| end.is_nan() || end > now.as_secs())).count() as u64
}

impl<E> Clone for SqlStore<E> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            table: self.table.clone(),
            statements: self.statements.clone(),
            clock: self.clock.clone(),
        }
    }
}

impl<E> fmt::Debug for SqlStore<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").field("table", &self.table.to_string()).finish_non_exhaustive()
    }
}
