//! A store whose sessions other requests keep changing.

use signed_session::parts::session_store::{Row, Store, Version};
use signed_session::{MemoryStore, SessionHandle, SessionInfo, StoreError, Timestamp};

/// A store in memory that never replaces a row, as if another request had always changed the row first.
#[derive(Default)]
pub(super) struct Contended(MemoryStore);

impl Store for Contended {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.0.load(handle).await
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.0.create(handle, row).await
    }

    async fn replace(&self, _: &SessionHandle, _: Version, _: &Row) -> Result<Option<Version>, StoreError> {
        Ok(None)
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.0.touch(handle, accessed, expires).await
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        self.0.delete(handle, version).await
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.0.by_owner(owner).await
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.0.delete_by_owner(owner, except).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.0.sweep(limit).await
    }
}
