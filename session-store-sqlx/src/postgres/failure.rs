//! PostgreSQL's errors, by their SQLSTATE.

use session_store::StoreError;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::failure::{self, Kind, MIGRATE, OTHER_TABLE};

const PROTOCOL_VIOLATION: &str = "08P01";
const INVALID_BINARY: &str = "22P03";
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
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";

/// The classes of temporary errors: lost connection, transaction rollback, insufficient resources, operator
/// intervention, system error.
const UNAVAILABLE: [&str; 5] = ["08", "40", "53", "57", "58"];

const PREPARED_STATEMENTS: &str =
    "prepared statements do not work on this connection; PgBouncer needs `max_prepared_statements`";

const STARTUP_PARAMETERS: &str =
    "set `ignore_startup_parameters = extra_float_digits, options` in the configuration of PgBouncer";

pub(super) fn store_error(error: &sqlx::Error) -> StoreError {
    failure::store_error(error, kind)
}

fn kind(error: &dyn DatabaseError) -> Kind {
    match &*error.code().unwrap_or_default() {
        NO_TABLE | NO_SCHEMA => Kind::Refused(Some(MIGRATE)),
        NO_COLUMN | WRONG_TYPE | NO_OPERATOR => Kind::Refused(Some(OTHER_TABLE)),
        UNKNOWN_STATEMENT | DUPLICATE_STATEMENT => Kind::Refused(Some(PREPARED_STATEMENTS)),
        PROTOCOL_VIOLATION | INVALID_BINARY if is_other_statement(error) => {
            Kind::Refused(Some(PREPARED_STATEMENTS))
        }
        // PgBouncer has one code for all its own errors.
        PROTOCOL_VIOLATION if error.message().starts_with("unsupported startup parameter") => {
            Kind::Refused(Some(STARTUP_PARAMETERS))
        }
        LOCK_NOT_AVAILABLE | READ_ONLY => Kind::Unavailable,
        code if UNAVAILABLE.iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
        _ => Kind::Refused(None),
    }
}

/// Returns whether the values of a call did not fit its prepared statement. sqlx prepares a statement for the types of
/// its values, so the server had another statement under the same name: one that another client of PgBouncer prepared.
///
/// The check uses the name of the function in the server's source that reported the error. The server translates the
/// message, but not this name.
fn is_other_statement(error: &dyn DatabaseError) -> bool {
    error.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::routine)
        == Some("exec_bind_message")
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
        // sqlx has sent nothing.
        sqlx::Error::Encode(_) => false,
        _ => true,
    }
}

/// Returns whether the error concerns all calls of a batch: the connection must be closed, or the server is
/// unavailable. A conflict between transactions does not count, because it can concern a single row.
pub(super) fn is_shared(error: &sqlx::Error) -> bool {
    is_lost(error) || (store_error(error).is_unavailable() && !is_conflict(error))
}

/// Returns whether the statement conflicts with another transaction: a deadlock or, unless the isolation level is READ
/// COMMITTED, a concurrent change of a row. Each statement is a transaction of its own, and the server has rolled this
/// transaction back. So the statement can be sent again. It then sees the change.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| matches!(&*error.code().unwrap_or_default(), SERIALIZATION_FAILURE | DEADLOCK))
}

/// Returns whether the server refused the statement because it accepts no writes, for example because it is the former
/// primary after a failover. The connection can be used for reads.
pub(super) fn is_read_only(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().is_some_and(|code| code == READ_ONLY))
}

/// Returns whether the server has not run the statement, but may run it on a new connection:
///
/// - The server or a proxy has forgotten the prepared statements of the connection.
/// - The table has changed since the statements were prepared.
fn is_stale(error: &dyn DatabaseError) -> bool {
    matches!(&*error.code().unwrap_or_default(), UNKNOWN_STATEMENT | CHANGED_RESULT_TYPE)
}

/// Returns whether the error says that the statement has changed nothing. The server sends `ADMIN_SHUTDOWN` and
/// `IDLE_SESSION_TIMEOUT` only before it commits.
pub(super) fn was_not_run(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| {
        matches!(&*error.code().unwrap_or_default(), ADMIN_SHUTDOWN | IDLE_SESSION_TIMEOUT) || is_stale(error)
    })
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    use sqlx::error::ErrorKind;

    use super::*;

    /// An error with this SQLSTATE.
    #[derive(Debug)]
    struct Sqlstate(&'static str);

    impl fmt::Display for Sqlstate {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Sqlstate {}

    impl DatabaseError for Sqlstate {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn unknown_or_duplicate_prepared_statement_is_refused_with_advice() {
        for code in ["26000", "42P05"] {
            let kind = kind(&Sqlstate(code));
            assert!(matches!(kind, Kind::Refused(Some(advice)) if advice.contains("PgBouncer")), "{code}");
        }
    }

    #[test]
    fn decode_error_keeps_connection() {
        assert!(!is_lost(&sqlx::Error::Decode("a label".into())));
        assert!(is_lost(&sqlx::Error::Protocol("an unknown message".into())));
    }
}
