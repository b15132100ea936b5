//! The table in PostgreSQL.

use crate::table::Table;

/// The key of the advisory lock that makes processes create tables one after another. `CREATE TABLE IF NOT EXISTS`
/// alone can fail if two processes run it at once.
const MIGRATION_LOCK: i64 = 0x0073_6573_7369_6f6e;

/// Returns the statements that create the table. The server runs them as one transaction if they are sent together. For
/// this transaction, the first statement suppresses notices and lifts the connection's time limits, because creating an
/// index of a large table can take longer.
///
/// Requests often move the end of a session. If `expires` were in an index, each of these updates would write to every
/// index. So the index has `expires_hour` instead. An update that does not change the hour creates a heap-only tuple,
/// which needs free space in the page but no change in any index.
///
/// Owners and labels are `bytea`, because `text` cannot hold a NUL, and depends on the database's encoding. The index
/// of the owners is a hash index, because a key of a B-tree is at most 2704 bytes.
pub(super) fn create(table: &Table) -> String {
    format!(
        "SELECT set_config('client_min_messages', 'warning', true), set_config('statement_timeout', '0', true), \
         set_config('lock_timeout', '0', true); \
         SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); \
         CREATE TABLE IF NOT EXISTS {table} (\
         handle bytea PRIMARY KEY, \
         version bigint NOT NULL, \
         created double precision NOT NULL, \
         accessed double precision NOT NULL, \
         expires double precision, \
         expires_hour double precision GENERATED ALWAYS AS (ceil(expires / 3600)) STORED, \
         owner bytea, \
         label bytea, \
         data bytea NOT NULL\
         ) WITH (fillfactor = 80); \
         CREATE INDEX IF NOT EXISTS {owner} ON {table} USING hash (owner); \
         CREATE INDEX IF NOT EXISTS {expires} ON {table} (expires_hour) WHERE expires_hour IS NOT NULL",
        owner = table.index("owner"),
        expires = table.index("expires_hour"),
    )
}

/// Returns the statement that deletes expired rows. It skips rows that another call is changing. `ARRAY(…)` makes
/// PostgreSQL run the inner `SELECT` only once.
pub(super) fn sweep(table: &Table) -> String {
    format!(
        "DELETE FROM {table} WHERE handle = ANY (ARRAY(\
         SELECT handle FROM {table} WHERE expires_hour <= ceil($1 / 3600) AND expires <= $1 \
         ORDER BY expires_hour LIMIT $2 FOR UPDATE SKIP LOCKED))"
    )
}
