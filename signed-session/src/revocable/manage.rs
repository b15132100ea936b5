//! Listing and ending a user's sessions through the factory, which removes ended sessions from its cache.

use session_core::SessionHandle;
use session_serde::Serializer;
use session_store::{ManageSessions, SessionInfo, Store, StoreError};

use super::factory::RevocableCookieSessionFactory;

/// An ended session is rejected at once by this factory, by its clones, and by the factories that
/// [`with_max_stale`](RevocableCookieSessionFactory::with_max_stale) returns. Other factories, for instance in other
/// processes, can still accept it for up to [`max_stale`](crate::Builder::max_stale).
///
/// [`store_timeout`](crate::Builder::store_timeout) limits the time of each call to the store.
impl<S: Serializer, St: Store> ManageSessions for RevocableCookieSessionFactory<S, St> {
    async fn sessions_of(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.registry.guard.call(self.registry.store.sessions_of(owner)).await
    }

    async fn end(&self, handle: &SessionHandle) -> Result<bool, StoreError> {
        self.registry.end(*handle).await
    }

    async fn end_others(&self, keep: &SessionHandle) -> Result<u64, StoreError> {
        let row = self.registry.guard.call(self.registry.store.load(keep)).await?;
        let owner = row.and_then(|(row, _)| row.owner).ok_or_else(StoreError::no_owner)?;
        self.registry.end_owned(&owner, Some(keep)).await
    }

    async fn end_all(&self, owner: &str) -> Result<u64, StoreError> {
        self.registry.end_owned(owner, None).await
    }
}
