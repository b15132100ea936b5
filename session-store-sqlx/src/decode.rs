//! Decoding the rows of a result.

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, SessionInfo, StoreError, Version};
use sqlx::{ColumnIndex, Database, Decode, Type};

/// Reads a column of a row as one of the types that the table has.
pub(crate) trait Columns {
    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError>;
    fn integer(&self, column: usize) -> Result<i64, StoreError>;
    fn float(&self, column: usize) -> Result<Option<f64>, StoreError>;
}

impl<R> Columns for R
where
    R: sqlx::Row,
    usize: ColumnIndex<R>,
    Vec<u8>: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    i64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    f64: for<'r> Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    fn bytes(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::invalid("a column does not hold bytes"))
    }

    fn integer(&self, column: usize) -> Result<i64, StoreError> {
        self.try_get(column).map_err(|_| StoreError::invalid("the version is not an integer"))
    }

    fn float(&self, column: usize) -> Result<Option<f64>, StoreError> {
        self.try_get(column).map_err(|_| StoreError::invalid("a time is not a float"))
    }
}

/// Decodes a row of [`Statements::load`](crate::statements::Statements::load), or of the statement for several loads.
pub(crate) fn row(columns: &impl Columns) -> Result<(Row, Version), StoreError> {
    let row = Row {
        data: columns.bytes(1)?.ok_or_else(|| StoreError::invalid("a row has no data"))?,
        owner: text(columns.bytes(2)?)?,
        label: text(columns.bytes(3)?)?,
        created: time(columns.float(4)?)?,
        accessed: time(columns.float(5)?)?,
        expires: columns.float(6)?.map(|secs| time(Some(secs))).transpose()?,
    };
    Ok((row, Version::new(columns.integer(0)?.cast_unsigned())))
}

/// Decodes a row of [`Statements::delete`](crate::statements::Statements::delete) or
/// [`Statements::delete_by_owner`](crate::statements::Statements::delete_by_owner). The time need not be finite: the row
/// was deleted, whatever another program has written into it.
pub(crate) fn expires(columns: &impl Columns) -> Result<Option<f64>, StoreError> {
    columns.float(0)
}

/// Decodes a row of [`Statements::by_owner`](crate::statements::Statements::by_owner).
pub(crate) fn info(columns: &impl Columns) -> Result<SessionInfo, StoreError> {
    let handle = columns.bytes(0)?.and_then(|handle| handle.try_into().ok());
    let handle = handle.ok_or_else(|| StoreError::invalid("the handle is not 32 bytes"))?;
    Ok(SessionInfo::new(
        SessionHandle::from_bytes(handle),
        text(columns.bytes(1)?)?,
        time(columns.float(2)?)?,
        time(columns.float(3)?)?,
    ))
}

fn text(bytes: Option<Vec<u8>>) -> Result<Option<String>, StoreError> {
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| StoreError::invalid("the owner or the label is not UTF-8"))
}

fn time(secs: Option<f64>) -> Result<Timestamp, StoreError> {
    secs.and_then(Timestamp::from_secs).ok_or_else(|| StoreError::invalid("a time is not a finite number"))
}
