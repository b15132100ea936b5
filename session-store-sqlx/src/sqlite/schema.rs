//! The table in SQLite.

use crate::statements::OWNED_CHUNK;
use crate::table::Table;

/// Returns the statements that create the table and its indexes. Each statement is a transaction of its own, and does
/// nothing if its table or index already exists.
pub(super) fn create(table: &Table) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (\
         handle BLOB PRIMARY KEY NOT NULL, \
         version INTEGER NOT NULL, \
         created REAL NOT NULL, \
         accessed REAL NOT NULL, \
         expires REAL, \
         owner BLOB, \
         label BLOB, \
         data BLOB NOT NULL\
         ); \
         CREATE INDEX IF NOT EXISTS {owner} ON {table} (owner) WHERE owner IS NOT NULL; \
         CREATE INDEX IF NOT EXISTS {expires} ON {table} (expires) WHERE expires IS NOT NULL",
        owner = table.index("owner"),
        expires = table.index("expires"),
    )
}

/// Returns the statement that deletes up to [`OWNED_CHUNK`] rows of an owner.
pub(super) fn delete_by_owner(table: &Table) -> String {
    format!(
        "DELETE FROM {table} WHERE handle IN (\
         SELECT handle FROM {table} WHERE owner = $1 AND handle IS DISTINCT FROM $2 LIMIT {OWNED_CHUNK}) \
         RETURNING expires"
    )
}

/// Returns the statement that deletes expired rows.
pub(super) fn sweep(table: &Table) -> String {
    format!(
        "DELETE FROM {table} WHERE handle IN (\
         SELECT handle FROM {table} WHERE expires <= $1 ORDER BY expires LIMIT $2)"
    )
}
