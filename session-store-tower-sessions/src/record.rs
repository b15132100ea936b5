//! Conversion between rows and the records of tower-sessions.

use std::collections::HashMap;

use base64_simd::STANDARD;
use serde::{Deserialize, Serialize};
use session_core::{SessionHandle, Timestamp};
use session_store::{Row, StoreError, Version};
use time::OffsetDateTime;
use tower_sessions_core::session::{Id, Record};

/// The key of the row in a record's data.
const KEY: &str = "row";

/// A row in a form that every store of tower-sessions can serialize.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    /// The row's data in base64.
    data: String,
    owner: Option<String>,
    label: Option<String>,
    created: f64,
    accessed: f64,
    expires: Option<f64>,
}

/// Returns the id of a session's record: the first half of the handle, because ids of tower-sessions have 128 bits.
pub(crate) fn id(handle: &SessionHandle) -> Id {
    let [half, _] = [&handle.as_bytes()[..16], &handle.as_bytes()[16..]];
    let mut bytes = [0; 16];
    bytes.copy_from_slice(half);
    Id(i128::from_le_bytes(bytes))
}

/// Returns the record that stores a row.
pub(crate) fn write(handle: &SessionHandle, row: &Row, version: Version) -> Result<Record, StoreError> {
    let stored = Stored {
        version: version.number(),
        data: STANDARD.encode_to_string(&row.data),
        owner: row.owner.clone(),
        label: row.label.clone(),
        created: row.created.as_secs(),
        accessed: row.accessed.as_secs(),
        expires: row.expires.map(Timestamp::as_secs),
    };
    let value = serde_json::to_value(stored).map_err(StoreError::refused)?;
    Ok(Record {
        id: id(handle),
        data: HashMap::from([(KEY.to_owned(), value)]),
        expiry_date: expiry_date(row.expires),
    })
}

/// Returns the row that a record stores, and its version.
pub(crate) fn read(mut record: Record) -> Result<(Row, Version), StoreError> {
    const INVALID: &str = "the record was not written by session-store-tower-sessions, or is damaged";
    let value = record.data.remove(KEY).ok_or(StoreError::invalid(INVALID))?;
    let stored: Stored = serde_json::from_value(value).map_err(|_| StoreError::invalid(INVALID))?;
    let data = STANDARD.decode_to_vec(&stored.data).map_err(|_| StoreError::invalid(INVALID))?;
    let time = |secs| Timestamp::from_secs(secs).ok_or(StoreError::invalid(INVALID));
    let row = Row {
        data,
        owner: stored.owner,
        label: stored.label,
        created: time(stored.created)?,
        accessed: time(stored.accessed)?,
        expires: stored.expires.map(time).transpose()?,
    };
    Ok((row, Version::new(stored.version)))
}

/// Returns the expiry date of a row's record, rounded up to whole seconds, and limited to the years 1970 to 9999. For a
/// row that never expires, returns the last second of the year 9999.
fn expiry_date(expires: Option<Timestamp>) -> OffsetDateTime {
    const LAST: i64 = 253_402_300_799;
    const FIRST: f64 = 0.0;
    let secs = expires.map_or(LAST, |expires| expires.as_secs().ceil().clamp(FIRST, LAST as f64) as i64);
    OffsetDateTime::from_unix_timestamp(secs).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
