//! Storing the row of a session that gets a new id.

use session_core::SessionHandle;
use session_store::{Row, Store, StoreError, Version};

use super::guard::Guard;

/// Stores the row of a session that gets a new id, and returns the row's version.
///
/// With `is_created`, an earlier save of this session has created the row. Returns `None` if the row is now missing,
/// because another request has then ended the session.
///
/// Without `is_created`, the row can exist nevertheless: the answer to an earlier save may be lost, and the client of
/// a Redis Cluster repeats a call by itself. An existing row is replaced, for two reasons. The session may have changed
/// since. And if the earlier save has called `delete` for its version of the row, that deletion may take effect late:
/// it does not delete the new version.
pub(crate) async fn store<St: Store>(
    guard: &Guard,
    store: &St,
    handle: &SessionHandle,
    row: &Row,
    is_created: bool,
) -> Result<Option<Version>, StoreError> {
    let mut attempts = guard.attempts();
    loop {
        if !is_created && let Some(version) = guard.call(store.create(handle, row)).await? {
            return Ok(Some(version));
        }
        match guard.call(store.load(handle)).await? {
            Some((_, version)) => {
                if let Some(version) = guard.call(store.replace(handle, version, row)).await? {
                    return Ok(Some(version));
                }
            }
            None if is_created => return Ok(None),
            None => {}
        }
        attempts.next().await?;
    }
}
