//! PostgreSQL's errors, by their SQLSTATE.

use session_store::StoreError;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::failure::{self, Kind, MIGRATE, OTHER_TABLE};

const ADMIN_SHUTDOWN: &str = "57P01";
const IDLE_SESSION_TIMEOUT: &str = "57P05";
const UNKNOWN_STATEMENT: &str = "26000";
const DUPLICATE_STATEMENT: &str = "42P05";
const NO_TABLE: &str = "42P01";
const NO_SCHEMA: &str = "3F000";
const NO_COLUMN: &str = "42703";
const WRONG_TYPE: &str = "42804";
const NO_OPERATOR: &str = "42883";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const READ_ONLY: &str = "25006";
const CHANGED_RESULT_TYPE: &str = "0A000";

/// The class of deadlocks and of conflicts between transactions.
const TRANSACTION_ROLLBACK: &str = "40";

/// The classes of temporary errors: lost connection, transaction rollback, insufficient resources, operator
/// intervention, system error.
const UNAVAILABLE: [&str; 5] = ["08", TRANSACTION_ROLLBACK, "53", "57", "58"];

const PREPARED_STATEMENTS: &str =
    "prepared statements do not work on this connection; PgBouncer needs `max_prepared_statements`";

pub(super) fn store_error(error: &sqlx::Error) -> StoreError {
    failure::store_error(error, |error| kind(&error.code().unwrap_or_default()))
}

fn kind(code: &str) -> Kind {
    match code {
        NO_TABLE | NO_SCHEMA => Kind::Refused(Some(MIGRATE)),
        NO_COLUMN | WRONG_TYPE | NO_OPERATOR => Kind::Refused(Some(OTHER_TABLE)),
        UNKNOWN_STATEMENT | DUPLICATE_STATEMENT => Kind::Refused(Some(PREPARED_STATEMENTS)),
        LOCK_NOT_AVAILABLE | READ_ONLY => Kind::Unavailable,
        code if UNAVAILABLE.iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Refused(None),
    }
}

/// Returns whether the connection must be closed: it was lost, or the statement may succeed on a new one.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            let is_fatal =
                |error: &PgDatabaseError| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic);
            error.try_downcast_ref::<PgDatabaseError>().is_none_or(is_fatal) || is_stale(&**error)
        }
        // sqlx has read the whole answer, so the connection can be used.
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => false,
        _ => true,
    }
}

/// Returns whether the error concerns all calls of a batch: the connection must be closed, or the server is
/// unavailable. A conflict between transactions does not count, because it can concern a single row.
pub(super) fn is_shared(error: &sqlx::Error) -> bool {
    let is_conflict = error
        .as_database_error()
        .is_some_and(|error| error.code().is_some_and(|code| code.starts_with(TRANSACTION_ROLLBACK)));
    is_lost(error) || (store_error(error).is_unavailable() && !is_conflict)
}

/// Returns whether the server has not run the statement, but may run it on a new connection:
///
/// - The server or a proxy has forgotten the prepared statements of the connection.
/// - The table has changed since the statements were prepared.
/// - The server accepts no writes. After a failover, this is the former primary, and a new connection may lead to the
///   new one.
fn is_stale(error: &dyn DatabaseError) -> bool {
    matches!(&*error.code().unwrap_or_default(), UNKNOWN_STATEMENT | CHANGED_RESULT_TYPE | READ_ONLY)
}

/// Returns whether the error says that the statement has changed nothing. The server sends `ADMIN_SHUTDOWN` and
/// `IDLE_SESSION_TIMEOUT` only before it commits.
pub(super) fn was_not_run(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        matches!(&*error.code().unwrap_or_default(), ADMIN_SHUTDOWN | IDLE_SESSION_TIMEOUT) || is_stale(error)
    })
}
