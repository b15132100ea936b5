//! A store whose calls are never ready at the first poll. A test can make it fail.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signed_session::Timestamp;
use signed_session::parts::session_core::SessionHandle;
use signed_session::parts::session_store::{MemoryStore, Row, SessionInfo, Store, StoreError, Version};
use tokio::task::yield_now;

/// A store in memory. Every call is pending when it is first polled, so that tests notice code that polls a call only
/// once. Clones share their rows.
#[derive(Clone)]
pub(crate) struct SlowStore {
    inner: MemoryStore,
    writes: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    is_read_only: Arc<AtomicBool>,
}

impl SlowStore {
    pub(crate) fn new(inner: MemoryStore) -> Self {
        Self { inner, writes: Arc::default(), is_down: Arc::default(), is_read_only: Arc::default() }
    }

    /// Returns how many calls of `create`, `replace` and `touch` reached the store since this method was last called.
    pub(crate) fn take_writes(&self) -> usize {
        self.writes.swap(0, Ordering::Relaxed)
    }

    /// Sets whether the store cannot be reached.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    /// Sets whether `create`, `replace` and `touch` fail. `load` does not fail, so a request loads its session but
    /// cannot save it.
    pub(crate) fn set_read_only(&self, is_read_only: bool) {
        self.is_read_only.store(is_read_only, Ordering::Relaxed);
    }

    async fn begin_write(&self) -> Result<(), StoreError> {
        self.begin().await?;
        if self.is_read_only.load(Ordering::Relaxed) {
            return Err(unreachable());
        }
        self.writes.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn begin(&self) -> Result<(), StoreError> {
        yield_now().await;
        match self.is_down.load(Ordering::Relaxed) {
            true => Err(unreachable()),
            false => Ok(()),
        }
    }
}

fn unreachable() -> StoreError {
    StoreError::unavailable(io::Error::from(io::ErrorKind::ConnectionRefused))
}

impl Store for SlowStore {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        self.begin().await?;
        self.inner.load(handle).await
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        self.begin_write().await?;
        self.inner.create(handle, row).await
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        self.begin_write().await?;
        self.inner.replace(handle, version, row).await
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.begin_write().await?;
        self.inner.touch(handle, accessed, expires).await
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        self.begin().await?;
        self.inner.delete(handle, version).await
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        self.begin().await?;
        self.inner.by_owner(owner).await
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.begin().await?;
        self.inner.delete_by_owner(owner, except).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.begin().await?;
        self.inner.sweep(limit).await
    }
}
