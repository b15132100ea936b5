//! Conversion of sqlx's errors into errors of a store.

use session_store::StoreError;

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
///
/// The new error contains at most the text of sqlx's error, and not sqlx's error itself, because the `Debug` output of
/// sqlx's error shows the key of a row.
pub(crate) fn store_error(
    error: &sqlx::Error,
    kind: impl FnOnce(&dyn sqlx::error::DatabaseError) -> Kind,
) -> StoreError {
    match error {
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let text = format!("{} (code {code})", database.message());
            match kind(&**database) {
                Kind::Unavailable => StoreError::unavailable(text),
                Kind::Refused(None) => StoreError::refused(text),
                Kind::Refused(Some(advice)) => StoreError::refused(format!("{text}; {advice}")),
            }
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::unavailable(error.to_string()),
        sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. } => StoreError::invalid("a column has the wrong type"),
        _ => StoreError::refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decode_error_hides_contents() {
        for error in [
            sqlx::Error::Decode("secret".into()),
            sqlx::Error::ColumnDecode { index: "0".into(), source: "secret".into() },
        ] {
            let error = store_error(&error, |_| Kind::Refused(None));
            assert_eq!(error, StoreError::invalid("a column has the wrong type"));
        }
    }
}
