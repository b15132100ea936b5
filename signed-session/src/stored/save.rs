//! Saving a session to its store.

mod create;

use std::mem;
use std::sync::Arc;

use session_cookie::{CookieHeader, SetCookie, SetCookies};
use session_core::{Record, SessionHandle, Timestamp};
use session_serde::Serializer;
use session_store::{Row, Store, StoreError, Version};

use super::data::{Data, LoadedRow, Origin, Replaced};
use super::journal::Journal;
use super::row::{Registration, RegistrationChange};
use super::shared::Shared;
use crate::error::SaveError;
use crate::observer::Save;
use crate::store::{overtaken, superseded};

/// A save that does not borrow the session.
pub(super) struct Job<St, S> {
    pub(super) shared: Arc<Shared<St, S>>,
    /// The cookies of the request. The response removes those in old formats.
    pub(super) cookies: CookieHeader,
    pub(super) ends_old_session: bool,
    pub(super) plan: Plan,
}

/// What a save has to do.
pub(super) enum Plan {
    Nothing,
    /// End the session, and remove the cookie.
    End(Option<SessionHandle>),
    /// If `is_due`, record the access of a read in the store. Send the cookie again if necessary.
    Touch {
        row: LoadedRow,
        record: Record,
        registration: Registration,
        is_due: bool,
        /// Whether other requests may have recorded later accesses.
        is_outdated: bool,
    },
    Update(Box<Update>),
    Create(Box<Create>),
}

impl Plan {
    /// Returns whether the plan has taken the changes out of the session.
    pub(super) fn takes_changes(&self) -> bool {
        matches!(self, Self::Update(_) | Self::Create(_))
    }
}

/// A change of a session that has a row.
pub(super) struct Update {
    pub(super) row: LoadedRow,
    pub(super) record: Record,
    /// The owner and the label of the loaded row.
    pub(super) registration: Registration,
    /// The change of the owner and the label by the request.
    pub(super) change: RegistrationChange,
    pub(super) journal: Journal,
    /// Whether other requests may have recorded later accesses.
    pub(super) is_outdated: bool,
}

/// A session that gets a new id.
pub(super) struct Create {
    pub(super) record: Record,
    /// The owner and the label before this request's change.
    pub(super) registration: Registration,
    /// The change of the owner and the label by the request.
    pub(super) change: RegistrationChange,
    /// Whether the session keeps the owner and the label of the old row, unless the request changes them.
    pub(super) keeps_registration: bool,
    pub(super) replaced: Option<Replaced>,
    pub(super) journal: Journal,
    /// Whether other requests may have recorded later accesses.
    pub(super) is_outdated: bool,
}

/// The outcome of a save.
pub(super) struct Outcome {
    pub(super) set_cookies: SetCookies,
    pub(super) after: After,
}

/// The session after a save.
pub(super) enum After {
    Touched,
    /// Another request has changed the row, or has ended or renewed the session.
    Overtaken,
    Saved(Box<Data>),
    /// This request has ended the session.
    Ended,
    /// Another request has ended or renewed the session.
    Revoked,
}

impl<St: Store, S: Serializer> Job<St, S> {
    /// Saves the session like [`run`](Self::run), but also finds out whether an overtaken session has ended. A layer
    /// does not need to know this, because it drops the session.
    pub(super) async fn run_and_check_end(&mut self) -> Result<Outcome, SaveError> {
        let mut outcome = self.run().await?;
        if let (After::Overtaken, Plan::Touch { row, .. }) = (&outcome.after, &self.plan) {
            let is_ended = self.shared.reload(&row.id.handle()).await?.is_none();
            outcome.after = if is_ended { After::Revoked } else { After::Touched };
        }
        Ok(outcome)
    }

    /// Saves the session. Afterwards, the journal is still in the plan.
    pub(super) async fn run(&mut self) -> Result<Outcome, SaveError> {
        let Self { shared, cookies, ends_old_session, plan } = self;
        let (set_cookie, after) = match plan {
            Plan::Nothing => (None, After::Touched),
            Plan::End(handle) => {
                if let Some(handle) = handle {
                    shared.end(handle).await.map_err(SaveError::store)?;
                }
                shared.ended()
            }
            Plan::Touch { row, record, registration, is_due, is_outdated } => {
                // Another request may have ended this session and begun a new one. The cookie of this session must not
                // replace the cookie of the new one.
                let is_checked = *is_due && shared.touches_by_replace(record);
                if *is_outdated || (shared.is_cookie_resent(row, record) && !is_checked) {
                    let Some((fresh, _)) = shared.reload(&row.id.handle()).await? else {
                        return Ok(Outcome { set_cookies: SetCookies::default(), after: After::Revoked });
                    };
                    if *is_outdated {
                        record.accessed = last_access(record.accessed, fresh.accessed, row.accessed);
                    }
                }
                // The `Max-Age` of the cookie depends on the last access, which the row may have from another request.
                let set_cookie = shared.resent_cookie(row, record)?;
                let after = match is_due {
                    true => shared.touch(row, record, registration).await?,
                    false => After::Touched,
                };
                (set_cookie.filter(|_| !matches!(after, After::Overtaken | After::Revoked)), after)
            }
            Plan::Update(update) => shared.update(update).await?,
            Plan::Create(create) => shared.create(create).await?,
        };
        let mut set_cookies = SetCookies::from(set_cookie);
        if !set_cookies.is_empty() {
            shared.codec.remove_old_cookies(cookies, *ends_old_session, &mut set_cookies);
        }
        Ok(Outcome { set_cookies, after })
    }
}

/// The cookie to send, and the session after the save.
type Saved = (Option<SetCookie>, After);

impl<St: Store, S: Serializer> Shared<St, S> {
    /// Ends a session. Logs a warning if its row no longer exists.
    async fn end(&self, handle: &SessionHandle) -> Result<(), StoreError> {
        if !self.guard.call(self.store.delete(handle, None)).await? {
            overtaken::log_sign_out(self.codec.template.name());
        }
        Ok(())
    }

    /// Records the access of a read.
    async fn touch(
        &self,
        row: &mut LoadedRow,
        record: &Record,
        registration: &Registration,
    ) -> Result<After, SaveError> {
        let handle = row.id.handle();
        // With `max_lifetime`, another request may have given the session a longer timeout or lifetime. Then `touch`
        // would make the row expire too early, but `replace` changes nothing, because the version has changed. If
        // another request has renewed a session that never expires, the row can be a marker, and `touch` would keep it
        // forever. If `write_row` fails, for instance because `max_bytes` was lowered, call `touch` nevertheless.
        if self.touches_by_replace(record)
            && let Ok(new) = self.write_row(record, registration)
        {
            let replace = self.store.replace(&handle, row.version, &new);
            let Some(version) = self.guard.call(replace).await.map_err(SaveError::store)? else {
                // This access need not be recorded: a request that changes the row records its own access.
                return Ok(After::Overtaken);
            };
            (row.version, row.accessed, row.ends_early) = (version, record.accessed, false);
            return Ok(saved(row.clone(), record, registration));
        }
        let touch = self.store.touch(&handle, record.accessed, self.row_end(record));
        match self.guard.call(touch).await.map_err(SaveError::store)? {
            true => Ok(After::Touched),
            false => Ok(After::Revoked),
        }
    }

    /// Returns whether an access is recorded by replacing the row, which fails if another request has changed or ended
    /// the session.
    fn touches_by_replace(&self, record: &Record) -> bool {
        self.codec.times.max_lifetime.is_some() || self.row_end(record).is_none()
    }

    /// Returns whether the cookie of a session that keeps its id has to be sent again.
    fn is_cookie_resent(&self, row: &LoadedRow, record: &Record) -> bool {
        row.is_stale || row.has_own_max_age || self.has_moving_cookie(record)
    }

    /// Returns the cookie of a session that keeps its id, if the cookie has to be sent again.
    fn resent_cookie(&self, row: &LoadedRow, record: &Record) -> Result<Option<SetCookie>, SaveError> {
        self.is_cookie_resent(row, record).then(|| self.set_cookie(&row.id, record)).transpose()
    }

    /// Replaces the row. If another request has replaced it in the meantime, repeats the changes on the new entries. If
    /// other requests may have recorded later accesses, reloads the row first.
    async fn update(&self, update: &mut Update) -> Result<Saved, SaveError> {
        let Update { row, record, registration, change, journal, is_outdated } = update;
        let handle = row.id.handle();
        let mut attempts = self.guard.attempts();
        change.apply(registration);
        loop {
            if !mem::take(is_outdated) {
                let new = self.write_row(record, registration)?;
                let replace = self.store.replace(&handle, row.version, &new);
                if let Some(version) = self.guard.call(replace).await.map_err(SaveError::store)? {
                    self.observe(new.data.len());
                    (row.version, row.accessed, row.ends_early) = (version, record.accessed, false);
                    let set_cookie = self.resent_cookie(row, record)?;
                    row.has_own_max_age = self.codec.times.has_own_limits(&record.state);
                    return Ok((set_cookie, saved(row.clone(), record, registration)));
                }
                attempts.next().await.map_err(SaveError::store)?;
            }
            let Some((fresh, version)) = self.reload(&handle).await? else { return Ok(self.dropped()) };
            let accessed = last_access(record.accessed, fresh.accessed, row.accessed);
            if version != row.version {
                (*record, *registration) = self.read_fresh(fresh)?;
                change.apply(registration);
                journal.apply(&mut record.state).map_err(SaveError::conflicting_entry)?;
                row.version = version;
            }
            record.accessed = accessed;
        }
    }

    /// Loads a row again. Returns `None` if the session has ended, or goes on without this row.
    async fn reload(&self, handle: &SessionHandle) -> Result<Option<(Row, Version)>, SaveError> {
        let loaded = superseded::load(&self.guard, &self.store, handle).await;
        loaded.map_err(SaveError::store)
    }

    /// Returns the session in a reloaded row.
    fn read_fresh(&self, row: Row) -> Result<(Record, Registration), SaveError> {
        let unreadable = |_| SaveError::store(StoreError::invalid("the serializer cannot read the session"));
        self.read_row(row).map_err(unreadable)
    }

    fn ended(&self) -> Saved {
        self.observe(0);
        (Some(self.codec.template.removal()), After::Ended)
    }

    fn dropped(&self) -> Saved {
        overtaken::log_changes(self.codec.template.name());
        (None, After::Revoked)
    }

    fn observe(&self, bytes: usize) {
        if let Some(observer) = &self.codec.observer {
            observer.saved(&Save { bytes });
        }
    }
}

/// Returns the last access of a session: the later one of this request's access and the access that is now in the row.
/// If the access in the row is still the loaded one, no other request has recorded an access. Then this request's
/// access counts, even if it is earlier because the clock was set back.
fn last_access(own: Timestamp, in_row: Timestamp, loaded: Timestamp) -> Timestamp {
    if loaded == in_row { own } else { own.max(in_row) }
}

fn saved(row: LoadedRow, record: &Record, registration: &Registration) -> After {
    let (record, registration) = (record.clone(), registration.clone());
    After::Saved(Box::new(Data { record, registration, origin: Origin::Row(row) }))
}
