//! A cache of the store's answers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use session_core::{SessionHandle, Timestamp};

use super::registration::Registered;

/// Maximum number of sessions in the cache. Each takes about 200 bytes.
const MAX_CACHED: u64 = 100_000;

/// Maximum time that an answer is kept. `moka` panics if a cache has a time to live of over 1000 years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The store's answers about sessions that exist. If one factory ends a session, the answer about it is removed for all
/// factories that share the cache.
pub(super) struct Answers {
    rows: Cache<SessionHandle, Answer>,
    /// How long an answer is kept. With zero, the cache stays empty.
    kept: Duration,
    /// Locked while the cache is changed.
    ends: Mutex<Ends>,
}

/// Counters that show whether an answer may be outdated.
#[derive(Default)]
struct Ends {
    /// Number of calls of [`Answers::forget`], and of calls of [`Answers::remove`] that removed an answer.
    forgotten: u64,
    /// Number of [`Pause`]s that exist.
    pauses: usize,
}

/// The sessions to remove from the cache.
pub(super) enum Forgotten {
    These(Vec<SessionHandle>),
    All,
}

/// A guard. While it exists, the cache keeps no new answers.
pub(super) struct Pause<'a>(&'a Answers);

/// An answer of the store, and the time when the store was asked.
#[derive(Clone, Copy)]
struct Answer {
    asked: Timestamp,
    accessed: Timestamp,
    expires: Option<Timestamp>,
}

/// The value of [`Ends::forgotten`] before a call to the store.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct BeforeCall(u64);

impl Answers {
    pub(super) fn new(kept: Duration) -> Self {
        let kept = kept.min(LONGEST);
        let rows = Cache::builder().max_capacity(MAX_CACHED).time_to_live(kept).build();
        Self { rows, kept, ends: Mutex::default() }
    }

    /// Returns the answer about a session, if it is at most `max_stale` old. If `max_stale` is zero, returns `None`.
    pub(super) fn get(
        &self,
        handle: SessionHandle,
        now: Timestamp,
        max_stale: Duration,
    ) -> Option<Registered> {
        let oldest = max_stale.min(self.kept);
        if oldest.is_zero() {
            return None;
        }
        let Answer { asked, accessed, expires } = self.rows.get(&handle)?;
        // The cache removes answers by its own clock. The age is measured by the factory's clock, which a test can
        // move. The age is negative if the factory's clock was set back.
        let age = now.secs_since(asked);
        (0.0..=oldest.as_secs_f64()).contains(&age).then_some(Registered { handle, accessed, expires })
    }

    /// Returns the argument for [`insert`](Self::insert) or [`update`](Self::update). Call this method before a call of
    /// the store.
    pub(super) fn before_call(&self) -> BeforeCall {
        BeforeCall(self.ends().forgotten)
    }

    /// Keeps an answer, unless a [`Pause`] exists or sessions were forgotten during the call to the store. In these
    /// cases, the session may have ended after the store had answered.
    pub(super) fn insert(&self, before: BeforeCall, known: Registered, now: Timestamp) {
        let Registered { handle, accessed, expires } = known;
        let ends = self.ends();
        if !self.kept.is_zero() && before == BeforeCall(ends.forgotten) && ends.pauses == 0 {
            self.rows.insert(handle, Answer { asked: now, accessed, expires });
        }
    }

    /// Records an access in a kept answer, unless sessions were forgotten during the call to the store. The time
    /// `asked` stays as it is, because a touched row does not prove that the session exists. The row can be the marker
    /// of a session that goes on in another row.
    pub(super) fn update(&self, before: BeforeCall, known: Registered) {
        let Registered { handle, accessed, expires } = known;
        let ends = self.ends();
        if before == BeforeCall(ends.forgotten)
            && let Some(Answer { asked, .. }) = self.rows.get(&handle)
        {
            self.rows.insert(handle, Answer { asked, accessed, expires });
        }
    }

    /// Removes the answer about a session that the store no longer has. If the cache has no such answer,
    /// [`Ends::forgotten`] stays the same: a client that repeats the cookie of an ended session must not prevent the
    /// cache from keeping answers about other sessions.
    pub(super) fn remove(&self, handle: &SessionHandle) {
        let mut ends = self.ends();
        if self.rows.contains_key(handle) {
            ends.forgotten += 1;
            self.rows.invalidate(handle);
        }
    }

    /// Removes sessions from the cache because they have ended.
    pub(super) fn forget(&self, forgotten: &Forgotten) {
        let mut ends = self.ends();
        ends.forgotten += 1;
        match forgotten {
            Forgotten::These(handles) => handles.iter().for_each(|handle| self.rows.invalidate(handle)),
            Forgotten::All => self.rows.invalidate_all(),
        }
    }

    pub(super) fn pause(&self) -> Pause<'_> {
        self.ends().pauses += 1;
        Pause(self)
    }

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.ends().pauses -= 1;
    }
}
