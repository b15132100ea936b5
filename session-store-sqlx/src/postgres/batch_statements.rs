//! The statements that run several calls at once.
//!
//! Each parameter is an array with one value for each call. The last column of the result is the position of a call in
//! the arrays, counted from 1. `LATERAL` and `LIMIT` make PostgreSQL look up each row in the index of the primary key,
//! as it does for a single call. A join without them reads the whole table if the table was small when the statement
//! was planned.

use crate::table::Table;

pub(super) fn load(table: &Table) -> String {
    format!(
        "SELECT found.*, number \
         FROM unnest($1::bytea[], $2::double precision[]) WITH ORDINALITY AS wanted (handle, now, number) \
         CROSS JOIN LATERAL (\
         SELECT version, data, owner, label, created, accessed, expires FROM {table} AS t \
         WHERE t.handle = wanted.handle AND (expires IS NULL OR expires > wanted.now) LIMIT 1) AS found"
    )
}

/// Returns the statement that replaces rows. It first locks the rows that no other transaction has locked, and then
/// changes only these. So it never waits for a row lock, and two such statements cannot block each other.
///
/// `FOR NO KEY UPDATE` takes the same lock as `UPDATE`. `place` is the location of a row on disk, its `ctid`. If
/// another transaction has just changed a row, `place` is the location after that change. The statement's snapshot does
/// not contain the change, so the statement does not replace the row.
pub(super) fn replace(table: &Table) -> String {
    format!(
        "WITH locked AS (\
         SELECT found.place, wanted.* \
         FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bytea[], $6::bytea[], \
         $7::double precision[], $8::double precision[], $9::double precision[], $10::double precision[]) \
         WITH ORDINALITY AS wanted (handle, old_version, version, data, owner, label, created, accessed, expires, \
         now, number) \
         CROSS JOIN LATERAL (\
         SELECT ctid AS place FROM {table} AS t WHERE t.handle = wanted.handle \
         LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) AS found) \
         UPDATE {table} AS old SET version = new.version, data = new.data, owner = new.owner, label = new.label, \
         created = new.created, accessed = new.accessed, expires = new.expires \
         FROM locked AS new \
         WHERE old.ctid = new.place AND old.handle = new.handle AND old.version = new.old_version \
         AND (old.expires IS NULL OR old.expires > new.now) \
         RETURNING new.number"
    )
}
