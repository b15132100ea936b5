//! Decides what a save of a session has to do.

use std::mem;

use session_core::Session;
use session_serde::Serializer;
use session_store::Store;

use super::StoredSession;
use crate::error::SaveError;
use crate::stored::data::{Origin, Replaced};
use crate::stored::save::{Create, Plan, Update};

impl<St: Store, S: Serializer> StoredSession<St, S> {
    /// Returns what a save has to do.
    pub(super) fn plan(&mut self) -> Result<Plan, SaveError> {
        if self.is_handed_over {
            return Err(SaveError::already_saved());
        }
        let accessed = self.accessed();
        let is_outdated = self.shared.codec.times.is_outdated(accessed, self.now());
        let is_due = *self.is_due.get_mut();
        let reissue = *self.reissue.get_mut();
        let is_renewal = self.replaced.as_ref().is_some_and(Replaced::is_renewal);
        let record = &mut self.data.record;
        Ok(match &self.data.origin {
            Origin::Unavailable(error, _) if self.is_changed || self.is_invalidated => {
                return Err(SaveError::store(error.clone()));
            }
            Origin::Row(row) if self.is_changed => {
                record.accessed = accessed;
                self.journal.close(&record.state);
                Plan::Update(Box::new(Update {
                    row: row.clone(),
                    record: record.clone(),
                    registration: self.data.registration.clone(),
                    change: self.registration.clone(),
                    journal: mem::take(&mut self.journal),
                    is_outdated,
                }))
            }
            Origin::Row(row) if is_due || reissue => {
                // Change a copy: if the store fails to record this access, a later save must still record one.
                let mut record = record.clone();
                record.accessed = accessed;
                let registration = self.data.registration.clone();
                Plan::Touch { row: row.clone(), record, registration, is_due, is_outdated }
            }
            Origin::Unavailable(..) | Origin::Row(_) => Plan::Nothing,
            Origin::Rejected(_) | Origin::Invalidated
                if record.state.is_empty() && self.registration.set.is_empty() && !is_renewal =>
            {
                match self.is_invalidated {
                    true => Plan::End(self.replaced.as_ref().map(|replaced| replaced.handle)),
                    false => Plan::Nothing,
                }
            }
            Origin::OldFormat(..) if !self.is_changed && !reissue => Plan::Nothing,
            Origin::OldFormat(..) | Origin::Rejected(_) | Origin::Invalidated => {
                record.accessed = accessed;
                self.journal.close(&record.state);
                let (replaced, keeps_registration) = match &self.data.origin {
                    Origin::OldFormat(_, replaced) => (replaced, true),
                    _ => (&self.replaced, false),
                };
                Plan::Create(Box::new(Create {
                    record: record.clone(),
                    registration: self.data.registration.clone(),
                    change: self.registration.clone(),
                    keeps_registration,
                    replaced: replaced.clone(),
                    journal: mem::take(&mut self.journal),
                    is_outdated,
                }))
            }
        })
    }
}
