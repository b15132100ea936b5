//! Ending the old row of a session that goes on in a new row.
//!
//! If the answer to a deletion is lost, a missing row can mean two things: the deletion took effect, or another request
//! has ended the session. In the first case the session must go on, in the second one it must not. So the old row is
//! replaced by a marker, which the request recognises, and only then deleted.

use std::hash::{BuildHasher, RandomState};

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError, Version};

use crate::store_guard::Guard;
use crate::times::ROW_MARGIN;

/// The label of a marker, before its number.
const LABEL: &str = "superseded ";

/// Identifies the request that replaces a row.
#[derive(Clone, Copy)]
pub(crate) struct Marker(u64);

impl Marker {
    pub(crate) fn new() -> Self {
        // Each `RandomState` has different keys.
        Self(RandomState::new().hash_one(()))
    }

    fn label(self) -> String {
        format!("{LABEL}{:016x}", self.0)
    }

    /// Returns the row that the marker is. If it stays, it only takes space for a short time.
    fn row(self, now: Timestamp) -> Row {
        Row { label: Some(self.label()), expires: Some(now + ROW_MARGIN), ..Row::new(Vec::new(), now) }
    }

    /// Returns whether a row is this marker.
    pub(crate) fn is(self, row: &Row) -> bool {
        is_marker(row) && row.label == Some(self.label())
    }
}

/// Returns whether a row is a marker. A session can have any label, but its row has data, or an owner if the data are in
/// its cookie.
pub(crate) fn is_marker(row: &Row) -> bool {
    let has_label = row.label.as_ref().is_some_and(|label| label.starts_with(LABEL));
    row.data.is_empty() && row.owner.is_none() && has_label
}

/// Loads the row of a session. Returns `None` if the session has ended, or goes on in another row.
pub(crate) async fn load<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
) -> Result<Option<(Row, Version)>, StoreError> {
    let loaded = guard.call(store.load(handle)).await?;
    Ok(loaded.filter(|(row, _)| !is_marker(row)))
}

/// Ends the row with this version. Returns `false` if another request has replaced or ended it.
///
/// # Errors
/// Returns an error if the store fails twice. The row may have been replaced nevertheless; a later call with the same
/// marker recognises it.
pub(crate) async fn supersede<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
    version: Version,
    marker: Marker,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = marker.row(now);
    let mut replaced = guard.call(store.replace(handle, version, &row)).await;
    if replaced.as_ref().is_err_and(StoreError::is_unavailable) {
        // Whatever the first attempt did, the row is not replaced twice, because that changes its version.
        replaced = guard.call(store.replace(handle, version, &row)).await;
    }
    if replaced?.is_none() {
        let loaded = guard.call(store.load(handle)).await?;
        if !loaded.is_some_and(|(row, _)| marker.is(&row)) {
            return Ok(false);
        }
    }
    // The marker expires if this fails.
    let _ = guard.call(store.delete(handle, None)).await;
    Ok(true)
}
