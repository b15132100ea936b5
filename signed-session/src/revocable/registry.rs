//! The store that knows which sessions are still valid, and a cache of its answers.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError};

use super::registration::{Changes, Ended, Registered};
use crate::on_store_error::OnStoreError;
use crate::store_guard::Guard;

/// Maximum number of sessions in the cache. One takes about 200 bytes.
const MAX_CACHED: u64 = 100_000;

/// The store of registered sessions, and a cache of its answers.
pub(super) struct Registry<St> {
    pub(super) store: Arc<St>,
    pub(super) guard: Arc<Guard>,
    pub(super) on_store_error: OnStoreError,
    /// `None` if each request asks the store.
    cache: Option<Answers>,
}

struct Answers {
    rows: Cache<SessionHandle, Answer>,
    max_stale: Duration,
}

/// An answer of the store about a row that exists, and the time of the answer.
#[derive(Clone, Copy)]
struct Answer {
    asked: Timestamp,
    accessed: Timestamp,
    expires: Option<Timestamp>,
}

impl<St: Store> Registry<St> {
    pub(super) fn new(
        store: Arc<St>,
        guard: Arc<Guard>,
        on_store_error: OnStoreError,
        max_stale: Duration,
    ) -> Self {
        let cache = (!max_stale.is_zero()).then(|| Answers {
            rows: Cache::builder().max_capacity(MAX_CACHED).time_to_live(max_stale).build(),
            max_stale,
        });
        Self { store, guard, on_store_error, cache }
    }

    /// Returns a registry over the same store, with a cache of its own.
    pub(super) fn with_max_stale(&self, max_stale: Duration) -> Self {
        Self::new(Arc::clone(&self.store), Arc::clone(&self.guard), self.on_store_error, max_stale)
    }

    /// Returns what the cache knows of a session.
    pub(super) fn cached(&self, handle: SessionHandle, now: Timestamp) -> Option<Registered> {
        let cache = self.cache.as_ref()?;
        let Answer { asked, accessed, expires } = cache.rows.get(&handle)?;
        // The cache's own clock does not stop when a test's clock does, and the system's clock can be set back.
        let age = now.secs_since(asked);
        (0.0..=cache.max_stale.as_secs_f64()).contains(&age).then_some(Registered {
            handle,
            accessed,
            expires,
        })
    }

    /// Asks the store for a session. Returns `None` if it was ended.
    pub(super) async fn ask(
        &self,
        handle: SessionHandle,
        now: Timestamp,
    ) -> Result<Option<Registered>, StoreError> {
        let row = self.guard.call(self.store.load(&handle)).await?;
        Ok(row.map(|(row, _)| {
            self.remember(Registered { handle, accessed: row.accessed, expires: row.expires }, now)
        }))
    }

    fn remember(&self, known: Registered, now: Timestamp) -> Registered {
        if let Some(cache) = &self.cache {
            let Registered { handle, accessed, expires } = known;
            cache.rows.insert(handle, Answer { asked: now, accessed, expires });
        }
        known
    }

    fn forget(&self, handle: &SessionHandle) {
        if let Some(cache) = &self.cache {
            cache.rows.invalidate(handle);
        }
    }

    /// Makes the changes of a request. The row of a new session is created before the old one ends, so a failure loses
    /// nothing. Returns the row of the session after the changes. Returns `None` if another request has ended the session:
    /// then the new row is deleted again.
    pub(super) async fn change(
        &self,
        changes: &Changes,
        times: &RowTimes,
        registered: Option<Registered>,
    ) -> Result<Option<Option<Registered>>, StoreError> {
        let mut registered = registered;
        if let Some((handle, owner)) = &changes.register {
            let row = Row {
                owner: Some(owner.clone()),
                label: changes.label.clone(),
                created: times.created,
                accessed: times.accessed,
                expires: times.expires,
                ..Row::new(Vec::new(), times.created)
            };
            // If the row already exists, an earlier attempt of this save has created it.
            self.guard.call(self.store.create(handle, &row)).await?;
            registered = Some(self.remember(times.registered(*handle), times.now));
        } else if let (Some(label), Some(known)) = (&changes.label, registered) {
            self.set_label(&known.handle, label).await?;
        }
        if let Some(Ended { handle, keeps_entries }) = &changes.ended {
            let was_there = self.guard.call(self.store.delete(handle, None)).await?;
            self.forget(handle);
            if *keeps_entries && !was_there {
                if let Some((new, _)) = &changes.register {
                    self.guard.call(self.store.delete(new, None)).await?;
                    self.forget(new);
                }
                return Ok(None);
            }
        }
        Ok(Some(registered))
    }

    async fn set_label(&self, handle: &SessionHandle, label: &str) -> Result<(), StoreError> {
        const ATTEMPTS: usize = 10;
        for _ in 0..ATTEMPTS {
            let Some((mut row, version)) = self.guard.call(self.store.load(handle)).await? else {
                return Ok(());
            };
            row.label = Some(label.to_owned());
            if self.guard.call(self.store.replace(handle, version, &row)).await?.is_some() {
                return Ok(());
            }
        }
        Err(StoreError::conflict())
    }

    /// Records an access. Returns `false` if the session was ended.
    pub(super) async fn touch(&self, handle: SessionHandle, times: &RowTimes) -> Result<bool, StoreError> {
        let touched = self.guard.call(self.store.touch(&handle, times.accessed, times.expires)).await?;
        match touched {
            true => drop(self.remember(times.registered(handle), times.now)),
            false => self.forget(&handle),
        }
        Ok(touched)
    }
}

/// The times of a session for its row.
#[derive(Clone, Copy)]
pub(super) struct RowTimes {
    pub(super) now: Timestamp,
    pub(super) created: Timestamp,
    pub(super) accessed: Timestamp,
    pub(super) expires: Option<Timestamp>,
}

impl RowTimes {
    /// Returns whether the store has to be told of the access or of another end, given what it knows.
    pub(super) fn is_touch_due(&self, known: &Registered, period: Duration) -> bool {
        let ends_early = match (self.expires, known.expires) {
            (Some(end), Some(known)) => end.secs_since(known) > period.as_secs_f64(),
            (end, known) => end.is_none() && known.is_some(),
        };
        ends_early || self.accessed.secs_since(known.accessed) > period.as_secs_f64()
    }

    /// Keeps a later end that the row has: a request must not shorten the life that another one has given it.
    pub(super) fn keep_end_of(&mut self, known: &Registered) {
        if let (Some(end), Some(known)) = (&mut self.expires, known.expires)
            && *end < known
        {
            *end = known;
        }
    }

    pub(super) fn registered(&self, handle: SessionHandle) -> Registered {
        Registered { handle, accessed: self.accessed, expires: self.expires }
    }
}
