//! SQLite's errors, by their result code.

use session_store::StoreError;
use sqlx::error::DatabaseError;

use crate::failure::{self, Kind, MIGRATE, OTHER_TABLE};

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const IO: i32 = 10;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;

pub(super) fn store_error(error: &sqlx::Error) -> StoreError {
    failure::store_error(error, |error| match primary_code(error) {
        Some(BUSY | LOCKED | IO | FULL | CANNOT_OPEN) => Kind::Unavailable,
        // A missing table and a missing column have no code of their own.
        _ if error.message().contains("no such table") => Kind::Refused(Some(MIGRATE)),
        _ if error.message().contains("no such column") || error.message().contains("has no column") => {
            Kind::Refused(Some(OTHER_TABLE))
        }
        _ => Kind::Refused(None),
    })
}

/// Returns whether the call failed because another connection holds a lock on the database.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| matches!(primary_code(error), Some(BUSY | LOCKED)))
}

/// Returns the primary result code: the lowest byte of the extended code.
fn primary_code(error: &dyn DatabaseError) -> Option<i32> {
    Some(error.code()?.parse::<i32>().ok()? & 0xff)
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{Connection, SqliteConnection};

    use super::*;

    #[tokio::test]
    async fn missing_folder_is_not_busy() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("missing/sessions.db"));
        let error = SqliteConnection::connect_with(&options).await.unwrap_err();
        assert!(error.as_database_error().is_some() && !is_busy(&error), "{error}");
    }
}
