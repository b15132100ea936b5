//! The statements of a store. Both engines share the statements in this file.
//!
//! A statement that creates or changes rows does not return them. The number of changed rows tells whether the call had
//! an effect, and the caller knows the new version. `$1` is the first parameter in both dialects.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};

use crate::table::Table;

/// The condition that a row has not expired. `$now` is the number of the parameter that contains the current time.
macro_rules! exists {
    ($now:literal) => {
        concat!("(expires IS NULL OR expires > $", $now, ")")
    };
}

/// Maximum number of rows that [`Statements::delete_by_owner`] deletes. A statement that deletes all rows of an owner
/// could exceed the time limit of a call. It would then be rolled back, and a repeated call would begin from zero.
pub(crate) const OWNED_CHUNK: usize = 1000;

#[derive(Clone, Debug)]
pub struct Statements {
    pub(crate) load: SqlStr,
    pub(crate) create: SqlStr,
    pub(crate) replace: SqlStr,
    pub(crate) touch: SqlStr,
    /// Deletes a row even if it has expired, because a process with a slower clock could still use the row. Returns
    /// the row's expiry time, which tells whether the row counts as deleted.
    pub(crate) delete: SqlStr,
    pub(crate) by_owner: SqlStr,
    /// Deletes up to [`OWNED_CHUNK`] rows like [`delete`](Self::delete).
    pub(crate) delete_by_owner: SqlStr,
    pub(crate) sweep: SqlStr,
    /// Runs several loads at once. Empty for SQLite.
    #[cfg(feature = "postgres")]
    pub(crate) load_many: SqlStr,
    /// Runs several replacements at once. Empty for SQLite.
    #[cfg(feature = "postgres")]
    pub(crate) replace_many: SqlStr,
}

impl Statements {
    /// Creates the statements for a table. The engine provides `delete_by_owner` and `sweep`, which differ between the
    /// engines.
    pub(crate) fn new(table: &Table, delete_by_owner: String, sweep: String) -> Self {
        Self {
            load: sql(format!(
                concat!(
                    "SELECT version, data, owner, label, created, accessed, expires FROM {} ",
                    "WHERE handle = $1 AND ",
                    exists!(2)
                ),
                table
            )),
            create: sql(format!(
                "INSERT INTO {table} AS old (handle, version, data, owner, label, created, accessed, expires) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                 ON CONFLICT (handle) DO UPDATE SET version = excluded.version, data = excluded.data, \
                 owner = excluded.owner, label = excluded.label, created = excluded.created, \
                 accessed = excluded.accessed, expires = excluded.expires \
                 WHERE old.expires <= $9"
            )),
            replace: sql(format!(
                concat!(
                    "UPDATE {} SET version = $3, data = $4, owner = $5, label = $6, created = $7, accessed = $8, ",
                    "expires = $9 WHERE handle = $1 AND version = $2 AND ",
                    exists!(10)
                ),
                table
            )),
            touch: sql(format!(
                concat!("UPDATE {} SET accessed = $2, expires = $3 WHERE handle = $1 AND ", exists!(4)),
                table
            )),
            delete: sql(format!(
                "DELETE FROM {table} WHERE handle = $1 AND version = coalesce($2, version) RETURNING expires"
            )),
            by_owner: sql(format!(
                concat!("SELECT handle, label, created, accessed FROM {} WHERE owner = $1 AND ", exists!(2)),
                table
            )),
            delete_by_owner: sql(delete_by_owner),
            sweep: sql(sweep),
            #[cfg(feature = "postgres")]
            load_many: SqlStr::from_static(""),
            #[cfg(feature = "postgres")]
            replace_many: SqlStr::from_static(""),
        }
    }
}

/// Marks a statement as safe from SQL injection, because all names in it were checked. A clone of the result is cheap.
pub(crate) fn sql(text: String) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
}
