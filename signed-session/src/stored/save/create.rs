//! Storing a session under a new id.

use std::mem;
use std::ops::ControlFlow;

use session_core::SessionHandle;
use session_serde::Serializer;
use session_sign::KeyId;
use session_store::{Row, SessionId, Store, StoreError, Version};

use super::{Create, Saved, last_access, saved};
use crate::error::SaveError;
use crate::store::{new_row, superseded};
use crate::stored::data::{LoadedRow, Replaced};
use crate::stored::row::Registration;
use crate::stored::shared::Shared;

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Stores a session under a new id, and then ends the old session. With this order, a failure between the two steps
    /// loses nothing. If this request renews or moves a session that another request has changed in the meantime,
    /// starts again with these changes.
    pub(super) async fn create(&self, create: &mut Create) -> Result<Saved, SaveError> {
        let mut attempts = self.guard.attempts();
        // If the row is missing, the first attempt below finds out what ended the session: another request, or an
        // earlier save of this request.
        if mem::take(&mut create.is_outdated)
            && let Some(old) = create.replaced.clone().filter(Replaced::is_renewal)
            && let Some(fresh) = self.reload(&old.handle).await?
        {
            self.merge(create, old, fresh)?;
        }
        loop {
            let old = match self.try_create(create).await? {
                ControlFlow::Break(saved) => return Ok(saved),
                ControlFlow::Continue(old) => old,
            };
            attempts.next().await.map_err(SaveError::store)?;
            let Some(fresh) = self.reload(&old.handle).await? else { return Ok(self.dropped()) };
            self.merge(create, old, fresh)?;
        }
    }

    /// Merges the changes that other requests have saved in the old row into a session that gets a new id. `fresh` is
    /// the old row, loaded again.
    fn merge(
        &self,
        create: &mut Create,
        old: Replaced,
        (fresh, version): (Row, Version),
    ) -> Result<(), SaveError> {
        let Create { record, registration, keeps_registration, replaced, journal, .. } = create;
        if old.has_entries {
            record.accessed = last_access(record.accessed, fresh.accessed, old.accessed);
        }
        if version != old.version {
            if *keeps_registration {
                *registration = Registration { owner: fresh.owner.clone(), label: fresh.label.clone() };
            }
            if old.has_entries {
                let mut state = self.read_fresh(fresh)?.0.state;
                journal.apply(&mut state).map_err(SaveError::conflicting_entry)?;
                record.state = state;
            }
        }
        *replaced = Some(old.with_version(version));
        Ok(())
    }

    /// Makes one attempt to store a session under a new id and to end the old one. Returns `Continue` with the old
    /// session if another request has changed or ended it in the meantime.
    async fn try_create(&self, create: &mut Create) -> Result<ControlFlow<Saved, Replaced>, SaveError> {
        let Create { record, registration, change, replaced, .. } = create;
        let replaced = replaced.as_ref();
        let mut registration = registration.clone();
        change.apply(&mut registration);
        if let Some(old) = replaced.filter(|old| old.is_renewal())
            && record.state.is_empty()
            && registration.is_empty()
        {
            // A renewed session without entries needs no row, unless another request has added entries to the old one.
            return Ok(match self.end_replaced(old).await.map_err(SaveError::store)? {
                true => ControlFlow::Break(self.ended()),
                false => ControlFlow::Continue(old.clone()),
            });
        }
        let new = self.write_row(record, &registration)?;
        let id = SessionId::generate().map_err(SaveError::random)?;
        // Create the cookie before the store is called: if this fails, the old session must not end.
        let set_cookie = self.set_cookie(&id, record)?;
        let handle = id.handle();
        let stored = new_row::store(&self.guard, &self.store, &handle, &new).await;
        if stored.is_err() && registration.owner.is_some() {
            // If only the answer was lost, a list of the owner's sessions must not show a session that no browser has.
            let _ = self.guard.call(self.store.delete(&handle, None)).await;
        }
        let version = stored.map_err(SaveError::store)?;
        let has_own_max_age = self.codec.times.has_own_limits(&record.state);
        let key = KeyId::Current;
        let accessed = record.accessed;
        let row =
            LoadedRow { id, version, accessed, key, is_stale: false, ends_early: false, has_own_max_age };
        Ok(match self.replace_session(replaced, &handle).await? {
            Some(old) => ControlFlow::Continue(old),
            None => {
                self.observe(new.data.len());
                ControlFlow::Break((Some(set_cookie), saved(row, record, &registration)))
            }
        })
    }

    /// Ends the old session after its replacement, the session `new`, was stored. If this request renews or moves the
    /// old session, but another request has changed or ended it since then, returns the old session. In this case, and
    /// after an error, deletes the row of `new`.
    async fn replace_session(
        &self,
        replaced: Option<&Replaced>,
        new: &SessionHandle,
    ) -> Result<Option<Replaced>, SaveError> {
        let Some(replaced) = replaced else { return Ok(None) };
        let ended = self.end_replaced(replaced).await;
        if ended == Ok(true) {
            return Ok(None);
        }
        // If this deletion fails, the new row gives no access to a session: the browser never got the new id.
        let _ = self.guard.call(self.store.delete(new, None)).await;
        ended.map_err(SaveError::store)?;
        Ok(Some(replaced.clone()))
    }

    /// Ends the old row of a session. Returns `false` if this request renews or moves the session, but another request
    /// has changed or ended it in the meantime.
    async fn end_replaced(&self, replaced: &Replaced) -> Result<bool, StoreError> {
        let Replaced { handle, version, marker, .. } = replaced;
        let Some(marker) = marker else { return self.end(handle).await.map(|()| true) };
        let now = self.codec.clock.now();
        superseded::supersede(&self.guard, &self.store, handle, *version, marker, now).await
    }
}
