//! A store that is never ready at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signed_session::Timestamp;
use signed_session::parts::session_core::SessionHandle;
use signed_session::parts::session_store::{MemoryStore, Row, SessionInfo, Store, StoreError, Version};
use tokio::task::yield_now;

/// A store in memory. Every call is pending when it is first polled, so that a missing `await` is noticed.
#[derive(Clone)]
pub(crate) struct SlowStore {
    inner: MemoryStore,
    writes: Arc<AtomicUsize>,
}

impl SlowStore {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self { inner, writes: Arc::default() }
    }

    /// Returns the number of rows that were written or touched.
    pub(crate) fn writes(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.writes)
    }

    async fn count_write(&self) {
        yield_now().await;
        self.writes.fetch_add(1, Ordering::Relaxed);
    }
}

impl Store for SlowStore {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        yield_now().await;
        self.inner.load(handle).await
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.count_write().await;
        self.inner.create(handle, row).await
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        self.count_write().await;
        self.inner.replace(handle, version, row).await
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.count_write().await;
        self.inner.touch(handle, accessed, expires).await
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        yield_now().await;
        self.inner.delete(handle, version).await
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        yield_now().await;
        self.inner.by_owner(owner).await
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        yield_now().await;
        self.inner.delete_by_owner(owner, except).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        yield_now().await;
        self.inner.sweep(limit).await
    }
}
