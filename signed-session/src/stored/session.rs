//! A session in a store.

mod plan;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_cookie::{CookieHeader, SetCookies};
use session_core::{
    CookieKey, Encoded, EntryError, Redo, Rejection, Session, SessionHandle, State, Timestamp,
};
use session_serde::{CompactJsonSerializer, Serializer};
use session_store::Store;

use super::data::{Data, Origin, Replaced};
use super::journal::Journal;
use super::row::RegistrationChange;
use super::save::{After, Job, Outcome, Plan};
use super::shared::Shared;
use crate::atomic_access::AtomicAccess;
use crate::error::SaveError;
use crate::store::{SaveStored, bounds};

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

    /// Saves the session, and returns the `Set-Cookie` lines to send. While the session keeps its id, there are usually
    /// none, because the browser's cookie does not change.
    ///
    /// # Errors
    /// Returns an error if the store fails, if other requests keep changing the session, or if the session is too large
    /// or cannot be serialized. Also returns an error if this request's changes cannot be applied to the entries that
    /// another request has saved, or if the system provides no random bytes for a new id.
    ///
    /// After an error, the session can be saved again. If the store has saved the session but its answer is lost, the
    /// repeated `save` adds the flash messages a second time.
    ///
    /// If the future is dropped while it saves entries, an owner or a label, the store may have saved them or not.
    /// Another `save` then returns an error whose [`is_already_saved`](SaveError::is_already_saved) is true. Each call
    /// to the store has a time limit, [`store_timeout`](crate::Builder::store_timeout), so a limit of your own is not
    /// necessary.
    ///
    /// Also returns an error if the session was changed, and is new because the store could not be used when it was
    /// loaded. Such a session can never be saved.
    pub async fn save(&mut self) -> Result<SetCookies, SaveError> {
        let plan = self.plan()?;
        if matches!(plan, Plan::Nothing) {
            return Ok(SetCookies::default());
        }
        self.is_handed_over = plan.takes_changes();
        let mut job = self.job(plan);
        let outcome = job.run_to_end().await;
        // If this future is dropped, the flag stays set, because it is unknown what the store has saved.
        self.is_handed_over = false;
        let Outcome { set_cookies, after } = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                self.put_back(job.plan);
                return Err(error);
            }
        };
        self.settle(after);
        if !set_cookies.is_empty()
            && let Origin::Row(row) = &mut self.data.origin
        {
            row.is_stale = false;
        }
        Ok(set_cookies)
    }

    /// Saves the session like [`save`](Self::save), for a response that reports a failure. With
    /// [`set_on_exception(false)`](crate::Builder::set_on_exception), it saves nothing.
    ///
    /// # Errors
    /// Returns the same errors as [`save`](Self::save), unless it saves nothing.
    pub async fn save_on_exception(&mut self) -> Result<SetCookies, SaveError> {
        if self.shared.codec.set_on_exception { self.save().await } else { Ok(SetCookies::default()) }
    }

    /// Begins to save the session. The future does not borrow the session.
    pub(super) fn begin_save(&mut self) -> SaveStored {
        match self.plan() {
            Err(error) => SaveStored::ready(Err(error)),
            Ok(Plan::Nothing) => SaveStored::ready(Ok(SetCookies::default())),
            Ok(plan) => {
                self.is_handed_over = plan.takes_changes();
                let mut job = self.job(plan);
                SaveStored::running(async move { Ok(job.run().await?.set_cookies) })
            }
        }
    }

    /// Takes out the closures that a save could call again. The changes of this request can then no longer be saved.
    pub(super) fn abandon(&mut self) -> Vec<Redo> {
        self.is_handed_over |= self.is_changed;
        let mut closures = mem::take(&mut self.journal).into_redos();
        closures.append(&mut self.discarded);
        closures
    }

    pub(super) fn belongs_to(&self, shared: &Arc<Shared<St, S>>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }

    /// Returns whether the session was changed or invalidated, has an access to record, or has a cookie to send again.
    pub(super) fn needs_saving(&mut self) -> bool {
        self.is_changed || self.is_invalidated || *self.is_due.get_mut() || *self.reissue.get_mut()
    }

    fn job(&self, plan: Plan) -> Job<St, S> {
        Job {
            shared: Arc::clone(&self.shared),
            cookies: self.cookies.clone(),
            ends_old_session: self.is_invalidated,
            plan,
        }
    }

    /// Puts back what a failed save has taken out of the session, and what it has merged from the old row. Another save
    /// cannot load the old row again if this save has replaced the row by its marker.
    fn put_back(&mut self, plan: Plan) {
        match plan {
            Plan::Update(update) => self.journal = update.journal,
            Plan::Create(create) => {
                self.journal = create.journal;
                self.data.record = create.record;
                // The access in the old row may be later than the access in this request.
                if self.accessed.get().is_some() {
                    self.accessed.set(self.data.record.accessed);
                }
                self.data.registration = create.registration;
                let replaced = match &mut self.data.origin {
                    Origin::OldFormat(_, replaced) => replaced,
                    _ => &mut self.replaced,
                };
                *replaced = create.replaced;
            }
            Plan::Nothing | Plan::End(_) | Plan::Touch { .. } => {}
        }
    }

    /// Updates the session after a save.
    fn settle(&mut self, after: After) {
        self.is_changed = false;
        self.is_invalidated = false;
        let was_due = mem::take(self.is_due.get_mut());
        *self.reissue.get_mut() = false;
        self.replaced = None;
        self.journal = Journal::default();
        self.registration = RegistrationChange::default();
        match after {
            After::Touched if was_due => {
                self.data.record.accessed = self.accessed();
                if let Origin::Row(row) = &mut self.data.origin {
                    (row.accessed, row.ends_early) = (self.data.record.accessed, false);
                }
            }
            After::Touched | After::Overtaken | After::Ended => {}
            After::Saved(data) => self.data = *data,
            After::Revoked => {
                self.data = Data::new(self.now(), Origin::Rejected(Rejection::revoked()));
                self.accessed = AtomicAccess::none();
            }
        }
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

    fn register(&mut self, change: impl FnOnce(&mut RegistrationChange)) {
        self.state_mut();
        change(&mut self.registration);
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
