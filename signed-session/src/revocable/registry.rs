//! The store that knows which sessions are still valid, and a cache of its answers.

use std::time::Duration;

use session_core::{SessionHandle, Timestamp};
use session_store::{Row, Store, StoreError, Version};

use super::answers::{Answers, Forgotten};
use super::registration::{Changes, Ended, NewRow, Registered};
use crate::store::guard::Guard;
use crate::store::superseded::{self, Marker, is_marker};
use crate::store::{OnStoreError, new_row, overtaken};
use crate::times::is_earlier;

/// The store of registered sessions, and a cache of its answers.
pub(super) struct Registry<St> {
    pub(super) store: St,
    pub(super) guard: Guard,
    pub(super) cookie_name: Box<str>,
    pub(super) on_store_error: OnStoreError,
    answers: Answers,
}

impl<St: Store> Registry<St> {
    /// Creates a registry that keeps the store's answers for up to `max_stale`.
    pub(super) fn new(
        store: St,
        guard: Guard,
        cookie_name: &str,
        on_store_error: OnStoreError,
        max_stale: Duration,
    ) -> Self {
        let answers = Answers::new(max_stale);
        Self { store, guard, cookie_name: cookie_name.into(), on_store_error, answers }
    }

    /// Returns the cached answer about a session, if it is at most `max_stale` old.
    pub(super) fn cached(
        &self,
        handle: SessionHandle,
        now: Timestamp,
        max_stale: Duration,
    ) -> Option<Registered> {
        self.answers.get(handle, now, max_stale)
    }

    /// Asks the store for a session. Returns `None` if the session has ended, or goes on without this row.
    pub(super) async fn ask(
        &self,
        handle: SessionHandle,
        now: Timestamp,
    ) -> Result<Option<Registered>, StoreError> {
        let before = self.answers.before_call();
        let Some((row, _)) = superseded::load(&self.guard, &self.store, &handle).await? else {
            self.answers.remove(&handle);
            return Ok(None);
        };
        let known = Registered { handle, accessed: row.accessed, expires: row.expires };
        self.answers.insert(before, known, now);
        Ok(Some(known))
    }

    /// Ends a session. Returns whether the store had it.
    pub(super) async fn end(&self, handle: SessionHandle) -> Result<bool, StoreError> {
        self.delete(handle, None).await
    }

    /// Ends a session. If `version` is given, ends it only if its row has this version.
    async fn delete(&self, handle: SessionHandle, version: Option<Version>) -> Result<bool, StoreError> {
        let _ending = self.ending(Forgotten::These(vec![handle]));
        self.guard.call(self.store.delete(&handle, version)).await
    }

    /// Ends the sessions of an owner, except the session `except`. Returns the number of ended sessions.
    pub(super) async fn end_owned(
        &self,
        owner: &str,
        except: Option<&SessionHandle>,
    ) -> Result<u64, StoreError> {
        // `delete_by_owner` can also end a session that is created after the list was made. So the cache must not keep
        // an answer about such a session.
        let _pause = self.answers.pause();
        let ended = match self.guard.call(self.store.by_owner(owner)).await {
            Ok(listed) => {
                let handles = listed.into_iter().map(|session| session.handle);
                Forgotten::These(handles.filter(|handle| Some(handle) != except).collect())
            }
            Err(error) if error.is_unavailable() => return Err(error),
            // The store returned no list, for instance because it cannot read one of the rows. The owner's sessions
            // must still end. Their handles are unknown, so the cache forgets all sessions.
            Err(_) => Forgotten::All,
        };
        let _ending = self.ending(ended);
        self.guard.call(self.store.delete_by_owner(owner, except)).await
    }

    fn ending(&self, forgotten: Forgotten) -> Ending<'_> {
        Ending { answers: &self.answers, forgotten }
    }

    /// Makes the changes of a request. Creates the row of a new session before it ends the old row, so a failure loses
    /// nothing.
    ///
    /// Returns `Some` with the row of the session after the changes, or `Some(None)` if the session has no row. Returns
    /// `None` if another request has ended or renewed the session. In this case, and after an error, deletes the row
    /// that it has created.
    pub(super) async fn change(
        &self,
        changes: &Changes,
        times: &RowTimes,
        registered: Option<Registered>,
    ) -> Result<Option<Option<Registered>>, StoreError> {
        let (mut registered, mut created) = (registered, None);
        if let Some(NewRow { handle, owner }) = &changes.register {
            let row = Row {
                owner: Some(owner.clone()),
                label: changes.label.clone(),
                accessed: times.accessed,
                expires: times.expires,
                ..Row::new(Vec::new(), times.created)
            };
            let before = self.answers.before_call();
            let stored = new_row::store(&self.guard, &self.store, handle, &row).await;
            if stored.is_err() {
                self.undo_creation(*handle).await;
            }
            created = Some((*handle, stored?));
            let known = times.registered(*handle);
            self.answers.insert(before, known, times.now);
            registered = Some(known);
        } else if let (Some(label), Some(known)) = (&changes.label, registered)
            && !self.set_label(known.handle, label).await?
        {
            return Ok(None);
        }
        let ended = match &changes.ended {
            Some(Ended { handle, marker: Some(marker) }) => self.supersede(*handle, marker, times.now).await,
            Some(Ended { handle, marker: None }) => self.end(*handle).await.map(|had_session| {
                if !had_session {
                    overtaken::log_sign_out(&self.cookie_name);
                }
                true
            }),
            None => Ok(true),
        };
        if ended == Ok(true) {
            return Ok(Some(registered));
        }
        if let Some((handle, version)) = created {
            // The new id is not sent to the browser. If the row stays, it gives no access to a session.
            let _ = self.delete(handle, Some(version)).await;
        }
        ended.map(|_| None)
    }

    /// Deletes the row of a session if its creation has failed, but has taken effect. Otherwise, a list of the owner's
    /// sessions would show a session that no browser has. A repeated save replaces the row, so a deletion that takes
    /// effect late does not end that session.
    async fn undo_creation(&self, handle: SessionHandle) {
        if let Ok(Some((_, version))) = self.guard.call(self.store.load(&handle)).await {
            let _ = self.delete(handle, Some(version)).await;
        }
    }

    /// Ends the old row of a session that goes on without this row. Returns `false` if another request has ended or
    /// renewed the session.
    async fn supersede(
        &self,
        handle: SessionHandle,
        marker: &Marker,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let _ending = self.ending(Forgotten::These(vec![handle]));
        let mut attempts = self.guard.attempts();
        loop {
            let Some((row, version)) = self.guard.call(self.store.load(&handle)).await? else {
                return Ok(false);
            };
            if is_marker(&row) {
                return Ok(marker.is(&row));
            }
            if superseded::supersede(&self.guard, &self.store, &handle, version, marker, now).await? {
                return Ok(true);
            }
            attempts.next().await?;
        }
    }

    /// Changes the label in the session's row. Returns `false` if another request has ended or renewed the session.
    async fn set_label(&self, handle: SessionHandle, label: &str) -> Result<bool, StoreError> {
        // If the row already has the label, do not write it: many requests at once may set the same label.
        let set = |row: &mut Row| row.label.replace(label.to_owned()).is_none_or(|before| before != label);
        Ok(self.change_row(handle, set).await?.is_some())
    }

    /// Changes the session's row, and returns it. Returns `None` if another request has ended or renewed the session.
    /// `change` returns whether the row has to be written.
    async fn change_row(
        &self,
        handle: SessionHandle,
        change: impl Fn(&mut Row) -> bool,
    ) -> Result<Option<Row>, StoreError> {
        let mut attempts = self.guard.attempts();
        loop {
            let loaded = superseded::load(&self.guard, &self.store, &handle).await?;
            let Some((mut row, version)) = loaded else {
                self.answers.forget(&Forgotten::These(vec![handle]));
                return Ok(None);
            };
            if !change(&mut row)
                || self.guard.call(self.store.replace(&handle, version, &row)).await?.is_some()
            {
                return Ok(Some(row));
            }
            attempts.next().await?;
        }
    }

    /// Records an access in the session's row, and returns the times in the row. Returns `None` if the row no longer
    /// exists. If this method has to read the row, it also returns `None` for a marker.
    pub(super) async fn touch(
        &self,
        handle: SessionHandle,
        times: &RowTimes,
    ) -> Result<Option<Registered>, StoreError> {
        let before = self.answers.before_call();
        // `Store::touch` sets the end of the row without reading the row. So it must not be called in two cases:
        // - The session has no end. The row can be the marker of a session that goes on in another row, and a marker
        //   must expire.
        // - Another request may have given the session a later end.
        let touched = if times.expires.is_none() || times.keeps_later_end {
            let row = self.change_row(handle, |row| times.record_in(row)).await?;
            row.map(|row| Registered { handle, accessed: row.accessed, expires: row.expires })
        } else {
            let touch = self.store.touch(&handle, times.accessed, times.expires);
            self.guard.call(touch).await?.then(|| times.registered(handle))
        };
        match touched {
            Some(known) => self.answers.update(before, known),
            None => self.answers.forget(&Forgotten::These(vec![handle])),
        }
        Ok(touched)
    }
}

/// A guard for a call that ends sessions. When the guard is dropped, the sessions are removed from the cache. By then,
/// the call has completed, has failed, or was dropped. The store may have ended the sessions in all three cases.
struct Ending<'a> {
    answers: &'a Answers,
    forgotten: Forgotten,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.answers.forget(&self.forgotten);
    }
}

/// The current time, and the times of a session for its row.
#[derive(Clone, Copy)]
pub(super) struct RowTimes {
    pub(super) now: Timestamp,
    pub(super) created: Timestamp,
    pub(super) accessed: Timestamp,
    pub(super) expires: Option<Timestamp>,
    /// Whether another request may have given the row a later end: because sessions can have their own timeout and
    /// lifetime, or because this request was slow.
    pub(super) keeps_later_end: bool,
}

impl RowTimes {
    /// Returns whether the row `known` has to be touched. It has to be touched if the session's last access, or its
    /// end, is more than `period` later than recorded in the row. It also has to be touched if the row has an end but
    /// the session has none.
    pub(super) fn is_touch_due(&self, known: &Registered, period: Duration) -> bool {
        is_earlier(known.expires, self.expires, period)
            || self.accessed.secs_since(known.accessed) > period.as_secs_f64()
    }

    /// Records the access and the end of the session in its row. If both the row and the session have an end, the row
    /// gets the later one; otherwise the row gets the end of the session, or none. Returns whether the row has changed.
    /// Requests in the same second record the same times, so only one of them has to write the row.
    fn record_in(&self, row: &mut Row) -> bool {
        let before = (row.accessed, row.expires);
        if row.accessed < self.accessed {
            row.accessed = self.accessed;
        }
        if row.expires.is_none() || self.expires.is_none() || row.expires < self.expires {
            row.expires = self.expires;
        }
        before != (row.accessed, row.expires)
    }

    pub(super) fn registered(&self, handle: SessionHandle) -> Registered {
        Registered { handle, accessed: self.accessed, expires: self.expires }
    }
}
