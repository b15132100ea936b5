//! A revocable session: it lives in a cookie, and the server can end it.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::SetCookies;
use session_core::{CookieKey, Encoded, EntryError, Rejection, Session, SessionHandle, State, Timestamp};
use session_serde::Serializer;
use session_store::{Store, StoreError};

use super::registration::{Changes, Ended, NewRow, Registered, handle_in, insert_id};
use super::registry::{Registry, RowTimes};
use crate::codec::Codec;
use crate::error::SaveError;
use crate::session::CookieSession;
use crate::store::superseded::Marker;
use crate::store::{OnStoreError, SaveStored, bounds, overtaken};
use crate::times::is_earlier;

/// The session of one request, loaded by a [`RevocableCookieSessionFactory`](crate::RevocableCookieSessionFactory).
///
/// The entries are in the cookie. [`set_owner`](Self::set_owner) gives the session an id, and the next save creates the
/// session's row in the store.
pub struct RevocableSession<S, St> {
    cookie: CookieSession<S>,
    registry: Arc<Registry<St>>,
    /// The session's row in the store, if it has one.
    registered: Option<Registered>,
    /// Whether the loaded row expires before the session does, because the factory's limits were shorter when the row
    /// was last written.
    row_ends_early: bool,
    changes: Changes,
    /// Whether [`SessionFactory::save`](session_core::SessionFactory::save), or a [`save`](Self::save) that was
    /// dropped, has taken the changes. If they were not saved, another save cannot repeat them.
    is_handed_over: bool,
    /// The error of the store and the rejection, if the session is new because the store cannot be used. The session
    /// then cannot be saved.
    unavailable: Option<(StoreError, Rejection)>,
}

impl<S: Serializer, St: Store> RevocableSession<S, St> {
    pub(super) fn new(
        cookie: CookieSession<S>,
        registry: Arc<Registry<St>>,
        registered: Option<Registered>,
        unavailable: Option<StoreError>,
    ) -> Self {
        let unavailable = unavailable.map(|error| (error, Rejection::unavailable()));
        let row_ends_early = registered.is_some_and(|known| {
            is_earlier(known.expires, cookie.row_end(), cookie.codec().times.touch_period())
        });
        Self {
            cookie,
            registry,
            registered,
            row_ends_early,
            changes: Changes::default(),
            is_handed_over: false,
            unavailable,
        }
    }

    /// Returns the time of the last access. It is in whole seconds if the access was in this request. This call does
    /// not count as an access.
    pub fn accessed(&self) -> Timestamp {
        self.cookie.accessed()
    }

    /// Returns the size in bytes that the cookie's value would have, like [`CookieSession::encoded_len`].
    ///
    /// # Errors
    /// Returns an error if the session cannot be serialized.
    pub fn encoded_len(&self) -> Result<usize, SaveError> {
        self.cookie.encoded_len()
    }

    /// Saves the session: returns the `Set-Cookie` lines to send, like [`CookieSession::save`], and changes the row in
    /// the store if necessary. If the store reports that another request has ended or renewed the session, the changes
    /// are dropped, and a warning is logged.
    ///
    /// # Errors
    /// Returns an error if [`CookieSession::save`] does, if a call to the store fails, or if other requests keep
    /// changing the row. After such an error, the session can be saved again.
    ///
    /// If the future is dropped while it creates, changes or ends a row, the store may have done so or not. Another
    /// `save` then returns an error whose [`is_already_saved`](SaveError::is_already_saved) is true. Each call to the
    /// store has a time limit, [`store_timeout`](crate::Builder::store_timeout), so a limit of your own is not
    /// necessary.
    ///
    /// Also returns an error if the session was changed, and is new because the store could not be used when it was
    /// loaded. Such a session can never be saved.
    pub async fn save(&mut self) -> Result<SetCookies, SaveError> {
        let is_invalidated = self.cookie.is_invalidated();
        let (set_cookies, job) = self.prepare()?;
        let Some(mut job) = job else { return Ok(set_cookies) };
        self.cookie.mark_unsaved(is_invalidated);
        self.is_handed_over = !job.changes.is_empty();
        let saved = job.run(&set_cookies).await;
        // If this future is dropped, the flag stays set, because it is unknown what the store has saved.
        self.is_handed_over = false;
        let saved = saved.inspect_err(|_| self.changes = job.changes)?;
        self.cookie.mark_saved();
        match saved {
            Some(registered) => {
                self.registered = registered;
                self.row_ends_early = false;
                Ok(set_cookies)
            }
            None => {
                self.registered = None;
                self.cookie.reject(Rejection::revoked());
                Ok(SetCookies::default())
            }
        }
    }

    /// Saves the session like [`save`](Self::save), for a response that reports a failure. With
    /// [`set_on_exception(false)`](crate::Builder::set_on_exception), it saves nothing.
    ///
    /// # Errors
    /// Returns the same errors as [`save`](Self::save).
    pub async fn save_on_exception(&mut self) -> Result<SetCookies, SaveError> {
        if self.cookie.codec().set_on_exception { self.save().await } else { Ok(SetCookies::default()) }
    }

    /// Begins to save the session. The future does not borrow the session.
    pub(super) fn begin_save(&mut self) -> SaveStored {
        let is_invalidated = self.cookie.is_invalidated();
        match self.prepare() {
            Err(error) => SaveStored::ready(Err(error)),
            Ok((set_cookies, None)) => SaveStored::ready(Ok(set_cookies)),
            Ok((set_cookies, Some(mut job))) => {
                // The session does not learn whether the job succeeds. If the job only touches the row, another save
                // can repeat everything.
                self.cookie.mark_unsaved(is_invalidated);
                self.is_handed_over = !job.changes.is_empty();
                SaveStored::running(async move {
                    let saved = job.run(&set_cookies).await?;
                    Ok(saved.map_or_else(SetCookies::default, |_| set_cookies))
                })
            }
        }
    }

    pub(super) fn cookie(&self) -> &CookieSession<S> {
        &self.cookie
    }

    /// Returns whether the session has to be saved.
    pub(super) fn needs_saving(&mut self) -> bool {
        self.cookie.needs_saving()
    }

    /// Saves the cookie. Returns the `Set-Cookie` lines, and the job for the store if there is one.
    fn prepare(&mut self) -> Result<(SetCookies, Option<Job<S, St>>), SaveError> {
        if !self.cookie.needs_saving() {
            return Ok((SetCookies::default(), None));
        }
        if self.is_handed_over {
            return Err(SaveError::already_saved());
        }
        if let Some((error, _)) = &self.unavailable {
            return Err(SaveError::store(error.clone()));
        }
        // An application that removes all entries removes the id as well.
        let handle = handle_in(self.cookie.peek()).flatten();
        if self.changes.register.as_ref().is_some_and(|new| Some(new.handle) != handle) {
            self.changes.register = None;
        }
        if let Some(registered) = self.registered.take_if(|registered| Some(registered.handle) != handle) {
            self.changes.ended = Some(Ended::superseded(registered.handle));
        }
        let (now, accessed) = (self.cookie.now(), self.cookie.accessed());
        let times = RowTimes {
            now,
            created: self.cookie.created(),
            accessed,
            expires: self.cookie.row_end(),
            keeps_later_end: self.cookie.codec().times.max_lifetime.is_some()
                || self.cookie.codec().times.is_outdated(accessed, now),
        };
        let touch = self
            .registered
            .filter(|known| times.is_touch_due(known, self.cookie.codec().times.touch_period()));
        if touch.is_none() && self.changes.is_empty() {
            return Ok((self.cookie.save()?, None));
        }
        let set_cookies = self.cookie.save_unobserved()?;
        let changes = mem::take(&mut self.changes);
        let (codec, registry) = (Arc::clone(self.cookie.codec()), Arc::clone(&self.registry));
        Ok((set_cookies, Some(Job { codec, registry, changes, touch, times, registered: self.registered })))
    }

    /// Records that the next save ends the session's row.
    fn end_row(&mut self, keeps_entries: bool) {
        self.changes.register = None;
        self.changes.label = None;
        if let Some(registered) = self.registered.take() {
            let marker = keeps_entries.then(Marker::new);
            self.changes.ended = Some(Ended { handle: registered.handle, marker });
        } else if let Some(ended) = self.changes.ended.as_mut().filter(|_| !keeps_entries) {
            ended.marker = None;
        }
    }
}

/// The part of a save that calls the store.
struct Job<S, St> {
    /// The codec of the session, whose observer is told of the save.
    codec: Arc<Codec<S>>,
    registry: Arc<Registry<St>>,
    changes: Changes,
    /// The row in which the access has to be recorded.
    touch: Option<Registered>,
    times: RowTimes,
    registered: Option<Registered>,
}

impl<S, St: Store> Job<S, St> {
    /// Makes the changes in the store, and tells the observer that `set_cookies` are sent. Returns the session's row
    /// after the save; `Some(None)` if the session has no row. Returns `None` if another request has ended or renewed
    /// the session. In that case, no cookie is sent, and the observer is not told.
    async fn run(&mut self, set_cookies: &SetCookies) -> Result<Option<Option<Registered>>, SaveError> {
        let Self { codec, registry, changes, touch, times, registered } = self;
        if let Some(touch) = touch {
            match registry.touch(touch.handle, times).await {
                Ok(Some(touched)) => *registered = Some(touched),
                Ok(None) => {
                    overtaken::log_changes(&registry.cookie_name);
                    return Ok(None);
                }
                // Ignore the error: the access is not recorded, as for a session that was accepted without the store.
                Err(_) if registry.on_store_error == OnStoreError::Accept => {}
                Err(error) => return Err(SaveError::store(error)),
            }
        }
        let registered = registry.change(changes, times, *registered).await.map_err(SaveError::store)?;
        match registered {
            Some(_) => codec.observe_save(set_cookies.session_cookie()),
            None => overtaken::log_changes(&registry.cookie_name),
        }
        Ok(registered)
    }
}

impl<S: Serializer, St: Store> Session for RevocableSession<S, St> {
    fn created(&self) -> Timestamp {
        self.cookie.created()
    }

    fn is_new(&self) -> bool {
        self.cookie.is_new()
    }

    fn rejection(&self) -> Option<&Rejection> {
        match &self.unavailable {
            // `invalidate` and `renew` do not help: the new session cannot be saved either.
            Some((_, rejection)) => Some(rejection),
            None => self.cookie.rejection(),
        }
    }

    fn cookie_key(&self) -> Option<CookieKey> {
        self.cookie.cookie_key()
    }

    fn now(&self) -> Timestamp {
        self.cookie.now()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        self.cookie.expires_at()
    }

    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        self.cookie.set_timeout(timeout)
    }

    fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        self.cookie.set_lifetime(lifetime)
    }

    fn changed(&mut self) {
        self.cookie.changed();
    }

    fn clear(&mut self) {
        self.cookie.clear();
        self.changes.label = None;
    }

    fn invalidate(&mut self) {
        self.end_row(false);
        self.cookie.invalidate();
    }

    fn renew(&mut self) {
        self.end_row(true);
        self.cookie.renew();
    }

    fn handle(&self) -> Option<SessionHandle> {
        self.registered.map(|registered| registered.handle)
    }

    /// Gives the session a new id, even if the session already has one.
    fn set_owner(&mut self, owner: &str) -> Result<(), EntryError> {
        let owner = bounds::owner(owner)?;
        let handle = insert_id(self.cookie.state_mut())?;
        if let Some(registered) = self.registered.take() {
            self.changes.ended = Some(Ended::superseded(registered.handle));
        }
        self.changes.register = Some(NewRow { handle, owner });
        Ok(())
    }

    fn set_label(&mut self, label: &str) -> Result<(), EntryError> {
        self.cookie.changed();
        self.changes.label = Some(bounds::label(label));
        Ok(())
    }

    fn state(&self) -> &State {
        if self.row_ends_early && self.registered.is_some() {
            self.cookie.make_due();
        }
        self.cookie.state()
    }

    fn state_mut(&mut self) -> &mut State {
        self.cookie.state_mut()
    }

    fn flash_encoded(
        &mut self,
        message: Encoded,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), EntryError> {
        self.cookie.flash_encoded(message, queue, allow_duplicate)
    }
}

/// Shows the keys and sizes of the entries, but no values. Does not read the cookie.
impl<S, St> fmt::Debug for RevocableSession<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocableSession").field("cookie", &self.cookie).finish_non_exhaustive()
    }
}
