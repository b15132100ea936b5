//! Ending the old row of a session that continues under another id, or without an id.
//!
//! If the answer to a deletion is lost, a missing row can mean two things: the deletion took effect, or another request
//! has ended the session. In the first case the session must go on, in the second one it must not. So the old row is
//! replaced by a marker, which the request recognises, and only then deleted.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError, Version};

use super::guard::Guard;
use crate::times::ROW_MARGIN;

/// The prefix of a marker's label. The marker's number follows.
const LABEL: &str = "superseded ";

/// Maximum number of attempts to replace a row.
const ATTEMPTS: u32 = 3;

/// The pause after the first attempt. The pause after the second attempt is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// A placeholder that replaces the row of a session before the row is deleted. Its random number identifies the request
/// that replaced the row.
#[derive(Clone)]
pub(crate) struct Marker {
    number: u64,
}

impl Marker {
    pub(crate) fn new() -> Self {
        // Each `RandomState` has different keys, so its hash of a constant is a random number.
        Self { number: RandomState::new().hash_one(()) }
    }

    fn label(&self) -> String {
        format!("{LABEL}{:016x}", self.number)
    }

    /// Returns the marker as a row. If the row is not deleted, it expires after [`ROW_MARGIN`]. But a request that has
    /// loaded the old row, or knows it from the cache, can record an access in the marker. The marker then expires when
    /// the session's row would have expired. The accesses of a session that never expires are recorded by `replace`,
    /// which changes no marker. A marker gives no access to the session.
    fn row(&self, now: Timestamp) -> Row {
        Row { label: Some(self.label()), expires: Some(now + ROW_MARGIN), ..Row::new(Vec::new(), now) }
    }

    /// Returns whether a row is this marker.
    pub(crate) fn is(&self, row: &Row) -> bool {
        is_marker(row) && row.label == Some(self.label())
    }
}

/// Returns whether a row is a marker. The label alone is not enough, because a session can have any label. But a
/// marker has neither data nor an owner. The row of a session has data, or an owner if the entries are in the cookie.
pub(crate) fn is_marker(row: &Row) -> bool {
    let has_label = row.label.as_ref().is_some_and(|label| label.starts_with(LABEL));
    row.data.is_empty() && row.owner.is_none() && has_label
}

/// Loads the row of a session. Returns `None` if the session has ended, or if a marker has replaced
/// its row.
pub(crate) async fn load<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
) -> Result<Option<(Row, Version)>, StoreError> {
    let loaded = guard.call(store.load(handle)).await?;
    Ok(loaded.filter(|(row, _)| !is_marker(row)))
}

/// If the row still has this version, replaces it with the marker, and then deletes the marker. Returns `false` if
/// another request has replaced or deleted the row. Retries if the store cannot be reached.
///
/// # Errors
/// Returns an error if the store still cannot be reached in the last attempt, or fails in another way. The row may have
/// been replaced nevertheless. A later call with the same marker detects this, unless the marker has expired.
pub(crate) async fn supersede<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
    version: Version,
    marker: &Marker,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = marker.row(now);
    let mut attempt = 1;
    let is_replaced = loop {
        match replace(guard, store, handle, version, marker, &row).await {
            Err(error) if error.is_unavailable() && attempt < ATTEMPTS => {
                tokio::time::sleep(attempt * PAUSE).await;
                attempt += 1;
            }
            outcome => break outcome?,
        }
    };
    if is_replaced {
        // If the deletion fails, the marker expires; see `Marker::row`.
        let _ = guard.call(store.delete(handle, None)).await;
    }
    Ok(is_replaced)
}

/// Replaces a row with the marker, and returns whether the marker has replaced it, now or in an earlier attempt. A
/// retry is safe: a replaced row has a new version, so the store does not replace it again.
async fn replace<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
    version: Version,
    marker: &Marker,
    row: &Row,
) -> Result<bool, StoreError> {
    if guard.call(store.replace(handle, version, row)).await?.is_some() {
        return Ok(true);
    }
    Ok(guard.call(store.load(handle)).await?.is_some_and(|(row, _)| marker.is(&row)))
}
