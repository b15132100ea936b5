//! Conversion of sqlx's errors into errors of a store.

use std::error::Error;
use std::fmt;

use session_store::StoreError;

/// The text of an error. It replaces sqlx's own error, because the `Debug` output of that error shows the key of a row.
#[derive(Debug)]
pub(crate) struct Cause(String);

impl Cause {
    #[cfg(feature = "postgres")]
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

/// The kind of an error that the database reported.
pub(crate) enum Kind {
    /// Trying again later can help.
    Unavailable,
    /// Trying again does not help. Contains advice for the administrator, if there is any.
    Refused(Option<&'static str>),
}

/// The advice for a missing table.
pub(crate) const MIGRATE: &str = "run `migrate()` to create the table";

/// The advice for a table that another program has created.
pub(crate) const OTHER_TABLE: &str =
    "the table was not created by this store; choose another table with `with_table`";

/// Converts an error of sqlx. `kind` classifies the errors that the database reported.
pub(crate) fn store_error(
    error: &sqlx::Error,
    kind: impl FnOnce(&dyn sqlx::error::DatabaseError) -> Kind,
) -> StoreError {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let text = format!("{} (code {code})", database.message());
            match kind(&**database) {
                Kind::Unavailable => StoreError::unavailable(Cause(text)),
                Kind::Refused(None) => StoreError::refused(Cause(text)),
                Kind::Refused(Some(advice)) => StoreError::refused(Cause(format!("{text}; {advice}"))),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::unavailable(Cause(error.to_string())),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. } => StoreError::invalid("a column has the wrong type"),
        _ => StoreError::refused(Cause(error.to_string())),
    }
}
