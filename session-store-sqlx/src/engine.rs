//! The operations that [`SqlStore`](crate::SqlStore) needs from a database engine.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, StoreError, Version};
use sqlx::SqlStr;

use crate::statements::Statements;
use crate::table::Table;

/// A database engine: [`PostgresEngine`](crate::PostgresEngine) or [`SqliteEngine`](crate::SqliteEngine).
pub trait Engine: Send + Sync + 'static {
    /// Whether a table's name can have a schema.
    #[doc(hidden)]
    const SCHEMAS: bool;

    /// Maximum number of times that `delete_by_owner` looks for the rows of an owner. Above 1, it looks at least twice,
    /// and then until it finds nothing. An engine needs this if a statement can miss rows that other transactions
    /// commit after the statement has started.
    #[doc(hidden)]
    const ROUNDS: usize;

    #[doc(hidden)]
    fn statements(table: &Table) -> Statements;

    /// Returns the statements that create the table and its indexes.
    #[doc(hidden)]
    fn schema(table: &Table) -> String;

    /// Runs the statements of [`schema`](Self::schema).
    #[doc(hidden)]
    fn migrate(&self, schema: SqlStr) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Runs a statement that changes rows, and returns the number of changed rows.
    #[doc(hidden)]
    fn execute(
        &self,
        sql: &SqlStr,
        values: &[Value<'_>],
        repeat: Repeat,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Runs [`Statements::delete`] or [`Statements::delete_by_owner`]. Returns the expiry time of each deleted row.
    #[doc(hidden)]
    fn delete(
        &self,
        sql: &SqlStr,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Option<f64>>, StoreError>> + Send;

    /// Loads a row: runs [`Statements::load`], or one statement for several loads.
    #[doc(hidden)]
    fn load(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        now: f64,
    ) -> impl Future<Output = Result<Option<(Row, Version)>, StoreError>> + Send;

    /// Replaces a row: runs [`Statements::replace`], or one statement for several replacements. Returns whether the row
    /// was replaced.
    #[doc(hidden)]
    fn replace(
        &self,
        statements: &Arc<Statements>,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
        now: f64,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Runs [`Statements::by_owner`].
    #[doc(hidden)]
    fn fetch_infos(
        &self,
        sql: &SqlStr,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<SessionInfo>, StoreError>> + Send;
}

/// A parameter of a statement.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Bytes(Option<&'a [u8]>),
    Integer(Option<i64>),
    Float(Option<f64>),
}

/// Shows only the name of the type, not the value.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value").finish_non_exhaustive()
    }
}

impl<'a> Value<'a> {
    pub(crate) fn handle(handle: &'a SessionHandle) -> Self {
        Self::Bytes(Some(handle.as_bytes()))
    }

    pub(crate) fn text(text: Option<&'a str>) -> Self {
        Self::Bytes(text.map(str::as_bytes))
    }

    pub(crate) fn time(secs: f64) -> Self {
        Self::Float(Some(secs))
    }

    pub(crate) fn version(version: Version) -> Self {
        Self::Integer(Some(version.number().cast_signed()))
    }
}

/// Returns the parameters of [`Statements::load`].
pub(crate) fn load_values(handle: &SessionHandle, now: f64) -> [Value<'_>; 2] {
    [Value::handle(handle), Value::time(now)]
}

/// Returns the parameters of [`Statements::replace`].
pub(crate) fn replace_values<'a>(
    handle: &'a SessionHandle,
    version: Version,
    row: &'a Row,
    now: f64,
) -> [Value<'a>; 10] {
    let [data, owner, label, created, accessed, expires] = row_values(row);
    let (old, new) = (Value::version(version), Value::version(version.next()));
    [Value::handle(handle), old, new, data, owner, label, created, accessed, expires, Value::time(now)]
}

/// Returns the parameters for the columns of a row: data, owner, label, and the three times.
pub(crate) fn row_values(row: &Row) -> [Value<'_>; 6] {
    [
        Value::Bytes(Some(&row.data)),
        Value::text(row.owner.as_deref()),
        Value::text(row.label.as_deref()),
        Value::time(row.created.as_secs()),
        Value::time(row.accessed.as_secs()),
        Value::Float(row.expires.map(Timestamp::as_secs)),
    ]
}

/// Whether a statement may be sent again after its connection was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// The statement only reads. It may be sent again after any loss of the connection, and may still be sent after its
    /// call was dropped.
    Read,
    /// The statement may be sent again after any loss of the connection. A second run changes nothing more, and has the
    /// same result.
    Always,
    /// The statement may be sent again only if the server says that the statement was not run.
    IfNotRun,
}

/// Converts values into arguments of a statement. `$type` is the engine's type for arguments.
macro_rules! arguments {
    ($type:ty, $values:expr) => {{
        let mut arguments = <$type>::default();
        $values
            .iter()
            .try_for_each(|value| match *value {
                Value::Bytes(bytes) => arguments.add(bytes),
                Value::Integer(integer) => arguments.add(integer),
                Value::Float(float) => arguments.add(float),
            })
            .map(|()| arguments)
            .map_err(sqlx::Error::Encode)
    }};
}
pub(crate) use arguments;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_debug_hides_contents() {
        assert_eq!(format!("{:?}", Value::Bytes(Some(b"secret"))), "Value { .. }");
    }
}
