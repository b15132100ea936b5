//! Saves a session, and updates it afterwards.

use std::mem;
use std::sync::Arc;

use session_cookie::SetCookies;
use session_core::{Redo, Rejection, Session};
use session_serde::Serializer;
use session_store::Store;

use super::StoredSession;
use crate::atomic_access::AtomicAccess;
use crate::error::SaveError;
use crate::store::SaveStored;
use crate::stored::data::{Data, Origin};
use crate::stored::journal::Journal;
use crate::stored::row::RegistrationChange;
use crate::stored::save::{After, Job, Outcome, Plan};

impl<St: Store, S: Serializer> StoredSession<St, S> {
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
        let outcome = job.run_and_check_end().await;
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
    pub(in crate::stored) fn begin_save(&mut self) -> SaveStored {
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
    pub(in crate::stored) fn abandon(&mut self) -> Vec<Redo> {
        self.is_handed_over |= self.is_changed;
        let mut closures = mem::take(&mut self.journal).into_redos();
        closures.append(&mut self.discarded);
        closures
    }

    /// Returns whether the session was changed or invalidated, has an access to record, or has a cookie to send again.
    pub(in crate::stored) fn needs_saving(&mut self) -> bool {
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
}
