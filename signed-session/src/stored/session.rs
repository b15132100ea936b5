//! A session in a store.

mod plan;
mod saving;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_cookie::CookieHeader;
use session_core::{
    CookieKey, Encoded, EntryError, Redo, Rejection, Session, SessionHandle, State, Timestamp,
};
use session_serde::{CompactJsonSerializer, Serializer};
use session_store::Store;

use super::data::{Data, Origin, Replaced};
use super::journal::Journal;
use super::row::{Registration, RegistrationChange};
use super::shared::Shared;
use crate::atomic_access::AtomicAccess;
use crate::store::bounds;

/// The session of one request, loaded by a [`StoredSessionFactory`](crate::StoredSessionFactory).
///
/// Call [`save`](Self::save) to save it; dropping it saves nothing. If another request has saved the session in the
/// meantime, `save` repeats this request's changes on the saved entries. So both requests keep their changes to
/// different entries and their flash messages. If another request has ended or renewed the session, the changes are
/// dropped, and a warning is logged.
pub struct StoredSession<St, S = CompactJsonSerializer> {
    shared: Arc<Shared<St, S>>,
    cookies: CookieHeader,
    data: Data,
    /// The time of the access in this request.
    accessed: AtomicAccess,
    /// Whether a save has to record the access in the store.
    is_due: AtomicBool,
    /// Whether the cookie has to be sent again, because it is in an old format, or a retired key authenticated it.
    reissue: AtomicBool,
    is_changed: bool,
    journal: Journal,
    /// The closures from the journals of sessions that this request has invalidated. They are kept until `abandon`,
    /// because a closure can own a value whose `Drop` uses the session.
    discarded: Vec<Redo>,
    /// The change of the owner and the label by this request.
    registration: RegistrationChange,
    /// The row of the session that this session replaces.
    replaced: Option<Replaced>,
    is_invalidated: bool,
    /// Whether `SessionFactory::save`, `abandon`, or a `save` that was dropped has taken the changes. If they were not
    /// saved, another save cannot repeat them.
    is_handed_over: bool,
}

impl<St: Store, S: Serializer> StoredSession<St, S> {
    pub(super) fn new(shared: Arc<Shared<St, S>>, cookies: CookieHeader, data: Data) -> Self {
        Self {
            shared,
            cookies,
            data,
            accessed: AtomicAccess::none(),
            is_due: AtomicBool::new(false),
            reissue: AtomicBool::new(false),
            is_changed: false,
            journal: Journal::default(),
            discarded: Vec::new(),
            registration: RegistrationChange::default(),
            replaced: None,
            is_invalidated: false,
            is_handed_over: false,
        }
    }

    /// Returns the time of the last access. It is in whole seconds if the access was in this request. This call does
    /// not count as an access.
    pub fn accessed(&self) -> Timestamp {
        self.accessed.get().unwrap_or(self.data.record.accessed)
    }

    pub(super) fn belongs_to(&self, shared: &Arc<Shared<St, S>>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }

    /// Begins a new session without entries.
    fn start_new(&mut self, is_renewed: bool) {
        let now = self.now();
        let old = mem::replace(&mut self.data, Data::new(now, Origin::Invalidated));
        match old.origin {
            Origin::Row(row) => self.replaced = Some(Replaced::renewed(&row)),
            Origin::OldFormat(_, Some(replaced)) => self.replaced = Some(replaced),
            // The session was loaded without the store, so the new session cannot be saved either.
            unavailable @ Origin::Unavailable(..) => self.data.origin = unavailable,
            Origin::OldFormat(_, None) | Origin::Rejected(_) | Origin::Invalidated => {}
        }
        if let Some(replaced) = self.replaced.as_mut().filter(|_| !is_renewed) {
            replaced.marker = None;
        }
        self.accessed = AtomicAccess::none();
        self.is_changed = false;
        *self.is_due.get_mut() = false;
        *self.reissue.get_mut() = false;
        self.registration = RegistrationChange::default();
        self.is_invalidated = true;
    }

    fn register(&mut self, change: impl FnOnce(&mut Registration)) {
        self.state_mut();
        change(&mut self.registration.set);
    }

    /// Records an access that changes the session.
    fn record_change(&mut self) {
        self.accessed.set(self.now().trunc());
        self.is_changed = true;
    }
}

impl<St: Store, S: Serializer> Session for StoredSession<St, S> {
    fn created(&self) -> Timestamp {
        self.data.record.created
    }

    fn is_new(&self) -> bool {
        self.data.is_new()
    }

    fn rejection(&self) -> Option<&Rejection> {
        self.data.rejection()
    }

    fn cookie_key(&self) -> Option<CookieKey> {
        self.data.key()
    }

    fn now(&self) -> Timestamp {
        self.shared.codec.clock.now()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let is_recorded = self.is_changed || self.is_due.load(Ordering::Relaxed);
        let accessed = self.accessed.get().filter(|_| is_recorded).unwrap_or(self.data.record.accessed);
        self.shared.codec.times.expires_at(&self.data.record, accessed)
    }

    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        self.shared.codec.times.check_own_timeout(timeout, &self.data.record, self.now())?;
        self.state_mut().set_timeout(timeout)
    }

    fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        self.shared.codec.times.check_own_lifetime(lifetime, &self.data.record, self.now())?;
        self.state_mut().set_lifetime(lifetime)
    }

    fn handle(&self) -> Option<SessionHandle> {
        match &self.data.origin {
            Origin::Row(row) => Some(row.id.handle()),
            Origin::OldFormat(_, Some(replaced)) => Some(replaced.handle),
            _ => None,
        }
    }

    fn set_owner(&mut self, owner: &str) -> Result<(), EntryError> {
        let owner = bounds::owner(owner)?;
        self.register(|change| change.owner = Some(owner));
        Ok(())
    }

    fn set_label(&mut self, label: &str) -> Result<(), EntryError> {
        self.register(|change| change.label = Some(bounds::label(label)));
        Ok(())
    }

    fn changed(&mut self) {
        self.state_mut();
    }

    fn clear(&mut self) {
        self.state_mut().clear();
        self.registration = RegistrationChange::removal(&self.data.registration);
    }

    fn invalidate(&mut self) {
        self.start_new(false);
        let closures = mem::take(&mut self.journal).into_redos();
        self.discarded.extend(closures);
    }

    /// Keeps the journal, unlike `invalidate`. If another request changes the old session before the save, the save
    /// repeats the journal on the changed entries. So both requests keep their changes.
    fn renew(&mut self) {
        let mut state = self.state().clone();
        state.discard_own_entries();
        // Another request may add entries that a renewed session does not keep, such as a CSRF token.
        let redo = |state: &mut State| {
            state.discard_own_entries();
            Ok(())
        };
        self.journal.push(&self.data.record.state, Box::new(redo));
        self.start_new(true);
        self.data.record.state = state;
        self.record_change();
    }

    fn state(&self) -> &State {
        let now = self.now().trunc();
        // Without a re-issue time, a read never extends the session's life.
        let mut is_due = self.shared.codec.times.is_due(&self.data.record, now).is_some_and(|is_due| {
            self.accessed.set(now);
            is_due
        });
        let reissue = match &self.data.origin {
            Origin::Row(row) => {
                is_due |= row.ends_early;
                row.is_stale
            }
            Origin::OldFormat(..) => true,
            Origin::Rejected(_) | Origin::Unavailable(..) | Origin::Invalidated => false,
        };
        if is_due && !self.data.is_new() {
            self.is_due.store(true, Ordering::Relaxed);
        }
        if reissue {
            self.reissue.store(true, Ordering::Relaxed);
        }
        &self.data.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        self.record_change();
        let state = &mut self.data.record.state;
        self.journal.open(state);
        state
    }

    fn replace_state(&mut self, state: State, redo: Redo) {
        self.record_change();
        self.journal.push(&self.data.record.state, redo);
        self.data.record.state = state;
    }

    fn flash_encoded(
        &mut self,
        message: Encoded,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), EntryError> {
        // `flash` changes nothing if it fails. It copies foreign values only if there is another copy of the state, so
        // change the state in place. Before that, end the series of direct changes.
        let state = &mut self.data.record.state;
        self.journal.close(state);
        state.flash(&message, queue, allow_duplicate)?;
        self.record_change();
        let queue = queue.to_owned();
        let redo = move |state: &mut State| state.flash(&message, &queue, allow_duplicate);
        self.journal.push(&self.data.record.state, Box::new(redo));
        Ok(())
    }
}

/// Shows the keys and sizes of the entries, but not the values.
impl<St, S> fmt::Debug for StoredSession<St, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession")
            .field("state", &self.data.record.state)
            .field("changed", &self.is_changed)
            .finish_non_exhaustive()
    }
}
