//! The bridge from the stores of tower-sessions to [`Store`].

use std::fmt;
use std::sync::Arc;

use session_core::{Clock, SessionHandle, SystemClock, Timestamp};
use session_store::{Row, SessionInfo, Store, StoreError, Version};
use tower_sessions_core::SessionStore;
use tower_sessions_core::session_store::Error;

use crate::record::{id, read, write};

/// A store of tower-sessions as a [`Store`], with weaker guarantees; see the [table](crate).
///
/// If two requests use one session at the same time, a write can be lost, and a sign-out can be undone. A request that
/// only reads can also cause both: to record its access, it saves the whole row.
///
/// [`create`](Store::create) detects an id that is already in use only if the wrapped store implements
/// [`SessionStore::create`]. The default implementation logs a warning at each call, and calls [`SessionStore::save`],
/// which overwrites the other row. Ids have 128 random bits here, so no two are equal by chance.
///
/// [`by_owner`](Store::by_owner) and [`delete_by_owner`](Store::delete_by_owner) always return an error, because the
/// interface of tower-sessions cannot find the sessions of a user.
pub struct TowerSessionsStore<S> {
    store: S,
    clock: Arc<dyn Clock>,
}

impl<S: SessionStore> TowerSessionsStore<S> {
    /// Wraps a store of tower-sessions.
    pub fn new(store: S) -> Self {
        Self { store, clock: Arc::new(SystemClock) }
    }

    /// Sets the clock that decides which rows have expired. Default: the system's clock. The wrapped store also hides
    /// records that have expired by its own clock.
    pub fn with_clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: Arc::new(clock), ..self }
    }
}

impl<S: SessionStore> Store for TowerSessionsStore<S> {
    async fn load(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let found = self.find(handle).await?;
        Ok(found.filter(|(row, _)| !row.is_expired(self.clock.now())))
    }

    async fn create(&self, handle: &SessionHandle, row: &Row) -> Result<Option<Version>, StoreError> {
        let mut record = write(handle, row, Version::FIRST)?;
        self.store.create(&mut record).await.map_err(error)?;
        if record.id == id(handle) {
            return Ok(Some(Version::FIRST));
        }
        // The id was already in use, so the wrapped store has created the record under another id.
        self.store.delete(&record.id).await.map_err(error)?;
        Ok(None)
    }

    async fn replace(
        &self,
        handle: &SessionHandle,
        version: Version,
        row: &Row,
    ) -> Result<Option<Version>, StoreError> {
        match self.load(handle).await? {
            Some((_, current)) if current == version => {
                let record = write(handle, row, version.next())?;
                self.store.save(&record).await.map_err(error)?;
                Ok(Some(version.next()))
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
        let Some((row, version)) = self.load(handle).await? else { return Ok(false) };
        let record = write(handle, &Row { accessed, expires, ..row }, version)?;
        self.store.save(&record).await.map_err(error)?;
        Ok(true)
    }

    async fn delete(&self, handle: &SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let found = self.find(handle).await?;
        let current = found.as_ref().map(|(_, current)| *current);
        if version.is_some() && version != current {
            return Ok(false);
        }
        // Without a version, also delete a record that the wrapped store hides: a process with a slower clock could
        // still use it.
        self.store.delete(&id(handle)).await.map_err(error)?;
        Ok(found.is_some_and(|(row, _)| !row.is_expired(self.clock.now())))
    }

    async fn by_owner(&self, _: &str) -> Result<Vec<SessionInfo>, StoreError> {
        Err(no_owners())
    }

    async fn delete_by_owner(&self, _: &str, _: Option<&SessionHandle>) -> Result<u64, StoreError> {
        Err(no_owners())
    }

    /// Does nothing. To delete expired records, use the trait `ExpiredDeletion` of tower-sessions, if the wrapped store
    /// implements it.
    async fn sweep(&self, _: usize) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl<S: SessionStore> TowerSessionsStore<S> {
    /// Returns a row and its version, even if the row has expired by the clock of this store.
    async fn find(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, StoreError> {
        let record = self.store.load(&id(handle)).await.map_err(error)?;
        record.map(read).transpose()
    }
}

/// Converts an error of the wrapped store. Every failure of its engine counts as "unavailable", because tower-sessions
/// does not distinguish an outage from other failures. The texts of encoding and decoding errors are dropped, because
/// they may quote the record.
fn error(error: Error) -> StoreError {
    match error {
        Error::Backend(_) => StoreError::unavailable(error),
        Error::Encode(_) => StoreError::refused("the wrapped store cannot encode the record"),
        Error::Decode(_) => StoreError::invalid("the wrapped store cannot decode the record"),
    }
}

fn no_owners() -> StoreError {
    StoreError::refused(
        "a store of tower-sessions cannot find the sessions of a user; \
         use session-store-redis or session-store-sqlx",
    )
}

impl<S> fmt::Debug for TowerSessionsStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerSessionsStore").finish_non_exhaustive()
    }
}
