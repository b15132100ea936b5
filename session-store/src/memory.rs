//! A store in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::{Clock, SessionHandle, SystemClock, Timestamp};

use crate::error::StoreError;
use crate::row::{Row, SessionInfo, Version};
use crate::store::Store;

/// A store in the memory of one process, for tests and for sites that may sign everyone out with a restart.
///
/// Clones share the rows.
#[derive(Clone)]
pub struct MemoryStore {
    rows: Arc<Mutex<HashMap<SessionHandle, (Row, Version)>>>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self { rows: Arc::default(), clock: Arc::new(SystemClock) }
    }

    /// Sets the clock that decides which rows have expired. Default: the system's clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionHandle, (Row, Version)>> {
        let now = self.clock.now();
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.retain(|_, (row, _)| !row.is_expired(now));
        rows
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        Ok(self.lock().get(handle).cloned())
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let mut rows = self.lock();
        if rows.contains_key(handle) {
            return Ok(None);
        }
        rows.insert(*handle, (row.clone(), Version::FIRST));
        Ok(Some(Version::FIRST))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        match self.lock().get_mut(handle) {
            Some((old, current)) if *current == version => {
                old.clone_from(row);
                *current = version.next();
                Ok(Some(*current))
            }
            _ => Ok(None),
        }
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        Ok(self
            .lock()
            .get_mut(handle)
            .map(|(row, _)| {
                row.accessed = accessed;
                row.expires = expires;
            })
            .is_some())
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let mut rows = self.lock();
        let is_current = |&(_, current): &(Row, Version)| version.is_none_or(|version| version == current);
        if !rows.get(handle).is_some_and(is_current) {
            return Ok(false);
        }
        Ok(rows.remove(handle).is_some())
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let rows = self.lock();
        let owned = rows.iter().filter(|(_, (row, _))| row.owner.as_deref() == Some(owner));
        Ok(owned.map(|(handle, (row, _))| row.info(*handle)).collect())
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        let mut rows = self.lock();
        let before = rows.len();
        rows.retain(|handle, (row, _)| row.owner.as_deref() != Some(owner) || Some(handle) == except);
        Ok((before - rows.len()) as u64)
    }

    async fn sweep(&self, _: usize) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
