//! A store in the memory of one process.

mod table;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::{Clock, SessionHandle, SystemClock, Timestamp};

use self::table::Table;
use crate::error::StoreError;
use crate::row::{Row, SessionInfo, Version};
use crate::store::Store;

/// A store in the memory of one process, for tests and for sites where a restart may sign everyone out.
///
/// Clones share the rows. A call takes time logarithmic in the number of stored rows, for each row that it visits.
///
/// # Bounds
///
/// The store holds at most [`DEFAULT_MAX_ROWS`](Self::DEFAULT_MAX_ROWS) rows, or the number set with
/// [`with_max_rows`](Self::with_max_rows). When the store is full, a new row takes the place of an expired one. If no
/// row has expired, the new row takes the place of the least recently used row, **which signs its user out**. So choose
/// a bound above the number of sessions in use. The store counts the rows that it drops before they expire, and logs a
/// warning for the 1st, 2nd, 4th, 8th of them, and so on. The store does not limit the size of a row.
///
/// Each [`create`](Store::create) deletes up to two expired rows. So expired rows do not accumulate, and the store
/// needs no [`sweep_every`](crate::sweep_every).
///
/// ```
/// # mod signed_session {
/// #     pub use session_core::{Clock, ManualClock, Timestamp};
/// #     pub use session_store::MemoryStore;
/// #     pub mod parts {
/// #         pub use session_store;
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use signed_session::parts::session_store::{Row, SessionId, Store};
/// use signed_session::{Clock, ManualClock, MemoryStore, Timestamp};
///
/// let clock = ManualClock::new(Timestamp::default());
/// let store = MemoryStore::new().with_clock(clock.clone()).with_max_rows(500_000);
///
/// let handle = SessionId::generate()?.handle();
/// let mut row = Row::new(b"cart: 3".to_vec(), clock.now());
/// row.expires = Some(clock.now() + Duration::from_secs(1200));
/// let first = store.create(&handle, &row).await?.expect("the id is new");
///
/// row.data = b"cart: 4".to_vec();
/// assert!(store.replace(&handle, first, &row).await?.is_some());
/// // Another request that loaded the first version has to load again.
/// assert!(store.replace(&handle, first, &row).await?.is_none());
///
/// clock.advance(Duration::from_secs(1200));
/// assert!(store.load(&handle).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    table: Arc<Mutex<Table>>,
    clock: Arc<dyn Clock>,
    max_rows: usize,
    /// Number of rows that were dropped before they expired.
    dropped: Arc<AtomicU64>,
}

impl MemoryStore {
    /// The default of [`with_max_rows`](Self::with_max_rows).
    pub const DEFAULT_MAX_ROWS: usize = 100_000;

    /// Creates an empty store.
    pub fn new() -> Self {
        Self {
            table: Arc::default(),
            clock: Arc::new(SystemClock),
            max_rows: Self::DEFAULT_MAX_ROWS,
            dropped: Arc::default(),
        }
    }

    /// Sets the clock that decides which rows have expired. Default: the system's clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }

    /// Sets the maximum number of rows; see [Bounds](Self#bounds). Zero counts as 1. Earlier clones of the store keep
    /// their maximum.
    pub fn with_max_rows(self, max_rows: usize) -> Self {
        Self { max_rows: max_rows.max(1), ..self }
    }

    /// Locks the rows. A poisoned lock is used as it is, because no method panics halfway through a change.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for a new row: removes expired rows, and then the least recently used ones if the store is still
    /// full.
    fn make_room(&self, table: &mut Table, now: Timestamp) {
        // Removing one expired row per new row keeps the size constant. Removing a second one lets the store shrink.
        let _ = table.remove_expired(now) && table.remove_expired(now);
        while table.len() >= self.max_rows {
            if table.remove_expired(now) {
                continue;
            }
            if !table.remove_least_recently_used() {
                break;
            }
            let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            // A client that opens many sessions must not fill the log.
            if dropped.is_power_of_two() {
                tracing::warn!(
                    max_rows = self.max_rows,
                    dropped,
                    "memory store is full, sessions were dropped before they expired"
                );
            }
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let now = self.clock.now();
        Ok(self.lock().get(handle, now).map(|(row, version)| (row.clone(), version)))
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        if table.get(handle, now).is_some() {
            return Ok(None);
        }
        self.make_room(&mut table, now);
        table.put(*handle, row.clone(), Version::FIRST);
        Ok(Some(Version::FIRST))
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        if !table.get(handle, now).is_some_and(|(_, current)| current == version) {
            return Ok(None);
        }
        table.put(*handle, row.clone(), version.next());
        Ok(Some(version.next()))
    }

    async fn touch(
        &self,
        handle: &SessionHandle,
        accessed: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        if table.get(handle, now).is_none() {
            return Ok(false);
        }
        let Some((row, version)) = table.remove(handle) else { return Ok(false) };
        table.put(*handle, Row { accessed, expires, ..row }, version);
        Ok(true)
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        match table.version(handle) {
            Some(current) if version.is_none_or(|version| version == current) => {
                Ok(table.remove(handle).is_some_and(|(row, _)| !row.is_expired(now)))
            }
            _ => Ok(false),
        }
    }

    async fn by_owner(&self, owner: &str) -> Result<Vec<SessionInfo>, StoreError> {
        let now = self.clock.now();
        let table = self.lock();
        let sessions = table.owned(owner).filter(|(_, row)| !row.is_expired(now));
        Ok(sessions.map(|(handle, row)| row.info(handle)).collect())
    }

    async fn delete_by_owner(&self, owner: &str, except: Option<&SessionHandle>) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        let handles: Vec<_> = table.owned(owner).map(|(handle, _)| handle).collect();
        let others = handles.iter().filter(|handle| Some(*handle) != except);
        let removed = others.filter_map(|handle| table.remove(handle));
        Ok(removed.filter(|(row, _)| !row.is_expired(now)).count() as u64)
    }

    async fn sweep(&self, limit: usize) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut table = self.lock();
        Ok((0..limit).take_while(|_| table.remove_expired(now)).count() as u64)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("max_rows", &self.max_rows).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn poisoned_lock_keeps_store_usable() {
        let store = MemoryStore::new();
        let handle = SessionHandle::from_bytes([1; 32]);
        let poisoning = store.clone();
        let poisoned = std::thread::spawn(move || {
            let _table = poisoning.lock();
            panic!("this test poisons the lock");
        });
        assert!(poisoned.join().is_err());
        assert!(store.table.is_poisoned());
        let row = Row::new(Vec::new(), Timestamp::default());
        assert_eq!(store.create(&handle, &row).await, Ok(Some(Version::FIRST)));
        assert_eq!(store.load(&handle).await, Ok(Some((row, Version::FIRST))));
    }
}
