//! Listing and ending the sessions of a user through the factory.

use session_core::SessionHandle;
use session_serde::Serializer;
use session_store::{ManageSessions, SessionInfo, Store, StoreError};

use super::factory::StoredSessionFactory;

/// [`store_timeout`](crate::Builder::store_timeout) limits the time of each of these methods.
impl<St: Store, S: Serializer> ManageSessions for StoredSessionFactory<St, S> {
    async fn sessions_of(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.shared.guard.call(self.shared.store.sessions_of(owner)).await
    }

    async fn end(&self, handle: &SessionHandle) -> Result<bool, StoreError> {
        self.shared.guard.call(self.shared.store.end(handle)).await
    }

    async fn end_others(&self, keep: &SessionHandle) -> Result<u64, StoreError> {
        self.shared.guard.call(self.shared.store.end_others(keep)).await
    }

    async fn end_all(&self, owner: &str) -> Result<u64, StoreError> {
        self.shared.guard.call(self.shared.store.end_all(owner)).await
    }
}
