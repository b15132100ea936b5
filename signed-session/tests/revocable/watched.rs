//! A store that counts its calls, and fails when it is told to.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use session_core::{SessionHandle, Timestamp};
use session_store::{MemoryStore, Row, SessionInfo, Store, StoreError, Version};

/// A store that counts its calls, and fails when it is told to. Clones share everything.
#[derive(Clone)]
pub(crate) struct Watched {
    pub(crate) rows: MemoryStore,
    calls: Arc<AtomicUsize>,
    is_down: Arc<AtomicBool>,
    is_hanging: Arc<AtomicBool>,
    loses_creation: Arc<AtomicBool>,
    is_slow: Arc<AtomicBool>,
    has_invalid_row: Arc<AtomicBool>,
    lost_answers: Arc<AtomicUsize>,
    late: Arc<Mutex<Option<Vec<Deletion>>>>,
}

/// The arguments of a deletion that has not taken effect yet.
type Deletion = (SessionHandle, Option<Version>);

impl Watched {
    pub(crate) fn new(rows: MemoryStore) -> Self {
        Self {
            rows,
            calls: Arc::default(),
            is_down: Arc::default(),
            is_hanging: Arc::default(),
            loses_creation: Arc::default(),
            is_slow: Arc::default(),
            has_invalid_row: Arc::default(),
            lost_answers: Arc::default(),
            late: Arc::default(),
        }
    }

    /// Returns the number of calls since the last call of this method.
    pub(crate) fn take_calls(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    /// Sets whether calls hang. A hanging call never returns, and is not counted.
    pub(crate) fn set_hanging(&self, is_hanging: bool) {
        self.is_hanging.store(is_hanging, Ordering::SeqCst);
    }

    /// Makes the next call of `create` take effect, but return an error. The row begins with version 2, since a store
    /// may begin with any version.
    pub(crate) fn lose_creation(&self) {
        self.loses_creation.store(true, Ordering::SeqCst);
    }

    /// Sets whether `load` and `by_owner` first read the rows, then yield to other tasks, and only then return.
    pub(crate) fn set_slow(&self, is_slow: bool) {
        self.is_slow.store(is_slow, Ordering::SeqCst);
    }

    /// Sets whether `by_owner` fails because of an invalid row.
    pub(crate) fn set_invalid_row(&self, has_invalid_row: bool) {
        self.has_invalid_row.store(has_invalid_row, Ordering::SeqCst);
    }

    /// Sets how many of the next calls of `replace` return an error instead of the store's answer. Such a call can
    /// still take effect.
    pub(crate) fn set_lost_answers(&self, count: usize) {
        self.lost_answers.store(count, Ordering::SeqCst);
    }

    /// Makes `delete` return an error without an effect, until [`take_late_deletions`](Self::take_late_deletions) is
    /// called.
    pub(crate) fn delay_deletions(&self) {
        *self.late.lock().unwrap() = Some(Vec::new());
    }

    /// Returns the delayed deletions. Later deletions take effect at once.
    pub(crate) fn take_late_deletions(&self) -> Vec<Deletion> {
        self.late.lock().unwrap().take().unwrap_or_default()
    }

    async fn yield_if_slow(&self) {
        if self.is_slow.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    }

    async fn call(&self) -> Result<&MemoryStore, StoreError> {
        if self.is_hanging.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(StoreError::unavailable(io::Error::other("down"))),
            false => Ok(&self.rows),
        }
    }
}

impl Store for Watched {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let row = self.call().await?.load(handle).await;
        self.yield_if_slow().await;
        row
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let rows = self.call().await?;
        let created = rows.create(handle, row).await;
        if !self.loses_creation.swap(false, Ordering::SeqCst) {
            return created;
        }
        if let Some(version) = created? {
            rows.replace(handle, version, row).await?;
        }
        Err(StoreError::unavailable(io::Error::other("the answer is lost")))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        let replaced = self.call().await?.replace(handle, version, row).await;
        let less = |count: usize| count.checked_sub(1);
        match self.lost_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => Err(StoreError::unavailable(io::Error::other("the answer is lost"))),
            Err(_) => replaced,
        }
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.call().await?.touch(handle, accessed, expires).await
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let rows = self.call().await?;
        if let Some(late) = &mut *self.late.lock().unwrap() {
            late.push((*handle, version));
            return Err(StoreError::unavailable(io::Error::other("the answer is late")));
        }
        rows.delete(handle, version).await
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let sessions = self.call().await?.by_owner(owner).await;
        self.yield_if_slow().await;
        match self.has_invalid_row.load(Ordering::SeqCst) {
            true => Err(StoreError::invalid("the row has another format")),
            false => sessions,
        }
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        self.call().await?.delete_by_owner(owner, except).await
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        self.call().await?.sweep(limit).await
    }
}
