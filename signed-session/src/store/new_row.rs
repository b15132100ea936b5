//! Storing the row of a session that gets a new id.

use session_core::SessionHandle;
use session_store::{Row, Store, StoreError, Version};

use super::guard::Guard;

/// Stores the row of a session that gets a new id, and returns the row's version.
///
/// The row can exist already: the answer to an earlier call may be lost, and the client of a Redis Cluster repeats a
/// call by itself. An existing row is replaced, for two reasons. The session may have changed since. And if the earlier
/// save has called `delete` for its version of the row, that deletion may take effect late: it does not delete the new
/// version.
pub(crate) async fn store<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
    row: &Row,
) -> Result<Version, StoreError> {
    let mut attempts = guard.attempts();
    loop {
        if let Some(version) = guard.call(store.create(handle, row)).await? {
            return Ok(version);
        }
        if let Some((_, version)) = guard.call(store.load(handle)).await?
            && let Some(version) = guard.call(store.replace(handle, version, row)).await?
        {
            return Ok(version);
        }
        attempts.next().await?;
    }
}
