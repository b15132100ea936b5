//! The table in PostgreSQL.

use crate::statements::OWNED_CHUNK;
use crate::table::Table;

/// The key of the advisory lock that makes processes create tables one after another. Without the lock, two processes
/// can both find that a table or index is missing, and one of them then fails to create it.
const MIGRATION_LOCK: i64 = 0x0073_6573_7369_6f6e;

/// Returns the statements that create the table and its indexes. The server runs them as one transaction if they are
/// sent together. For this transaction, the first statement lifts the connection's time limits, because creating an
/// index of a large table can take longer.
///
/// Requests often move the end of a session. If `expires` were in an index, each of these updates would write to every
/// index. So the index has `expires_hour` instead. An update that does not change the hour creates a heap-only tuple,
/// which needs free space in the page but no change in any index.
///
/// Owners and labels are `bytea`, because `text` cannot hold a NUL, and depends on the database's encoding. The index
/// of the owners is a hash index, because a key of a B-tree is at most 2704 bytes.
pub(super) fn create(table: &Table) -> String {
    let create_table = format!(
        "CREATE TABLE {table} (\
         handle bytea PRIMARY KEY, \
         version bigint NOT NULL, \
         created double precision NOT NULL, \
         accessed double precision NOT NULL, \
         expires double precision, \
         expires_hour double precision GENERATED ALWAYS AS (ceil(expires / 3600)) STORED, \
         owner bytea, \
         label bytea, \
         data bytea NOT NULL\
         ) WITH (fillfactor = 80)"
    );
    let (owner, expires) = (table.index("owner"), table.index("expires_hour"));
    let create_owner = format!("CREATE INDEX {owner} ON {table} USING hash (owner)");
    let create_expires =
        format!("CREATE INDEX {expires} ON {table} (expires_hour) WHERE expires_hour IS NOT NULL");
    format!(
        "SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true); \
         SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); \
         DO $$ BEGIN {}{}{}END $$",
        unless_exists(table, &table.name(), &create_table),
        unless_exists(table, &owner, &create_owner),
        unless_exists(table, &expires, &create_expires),
    )
}

/// Returns the PL/pgSQL statement that runs `create`, unless the table or index with this quoted name exists.
///
/// `CREATE INDEX IF NOT EXISTS` locks the table before it looks for the index. It waits for VACUUM and for open
/// transactions that have written to the table, and all later writes wait behind it. `to_regclass` locks nothing.
///
/// If the table's name has no schema, PostgreSQL creates the table in the current schema. So the current schema is part
/// of the name that `to_regclass` looks up. Otherwise, `to_regclass` would also find tables in the other schemas of
/// `search_path`.
fn unless_exists(table: &Table, name: &str, create: &str) -> String {
    let schema = match table.schema() {
        Some(schema) => format!("'{schema}'"),
        None => "quote_ident(current_schema())".to_owned(),
    };
    format!("IF to_regclass({schema} || '.{name}') IS NULL THEN {create}; END IF; ")
}

/// Returns the statement that deletes up to [`OWNED_CHUNK`] rows of an owner. It waits for rows that another
/// transaction is changing. Without the lock, it could choose rows that another transaction is deleting. It would then
/// delete fewer rows than it chose, and the caller would take this for the last chunk. `ARRAY(…)` makes PostgreSQL run
/// the inner `SELECT` only once.
pub(super) fn delete_by_owner(table: &Table) -> String {
    format!(
        "DELETE FROM {table} WHERE handle = ANY (ARRAY(\
         SELECT handle FROM {table} WHERE owner = $1 AND handle IS DISTINCT FROM $2 \
         LIMIT {OWNED_CHUNK} FOR UPDATE)) RETURNING expires"
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
