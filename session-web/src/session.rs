//! The session as handlers use it.

mod life_cycle;
#[cfg(any(feature = "tower", feature = "actix"))]
mod of_request;

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, MutexGuard};

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{EntryError, Rejection, SessionExt, State, flash_key};
use tracing::level_filters::LevelFilter;

use crate::error::SessionError;
use crate::session_copy::SessionCopy;
use crate::shared_session::{End, Inner, Shared, lock};
use crate::slot::Slot;

/// The session of a request. Clones share one session.
///
/// Extracting the session is `async`, because it may have to be loaded from a store. The methods of a `Session` do not
/// wait, and none returns a guard that could be held across an `await`. The session is saved when the head of the
/// response is ready. A later change, from a streamed body or a WebSocket, is not saved, and a warning is logged.
///
/// The type `N` names the session if a site has several; see `SessionLayer::named`.
pub struct Session<N = ()> {
    shared: Shared<dyn Slot>,
    name: PhantomData<fn() -> N>,
}

/// Maximum number of attempts to apply a change while other clones keep changing the session.
const MAX_ATTEMPTS: u32 = 8;

impl<N> Session<N> {
    pub(crate) fn new(shared: Shared<dyn Slot>) -> Self {
        Self { shared, name: PhantomData }
    }

    /// Returns the value under `key`, or `None` if there is none. To read a JSON `null` (Python's `None`), let `T` be
    /// an `Option`.
    ///
    /// # Errors
    /// Returns an error if the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        // Decode without the lock: `Deserialize` is code of the application and may use a clone of this session.
        let value = self.reading().session().state().get_encoded(key);
        Ok(value.map(|value| value.decode(key)).transpose()?)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// Returns an error if `value` cannot be represented in JSON.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), SessionError> {
        // Encode without the lock, for the same reason as in `get`.
        let value = State::encode(key, value)?;
        Ok(self.writing().session_mut().state_mut().insert_encoded(key, value)?)
    }

    /// Removes the entry under `key` and returns its value, or `None` if there was none.
    ///
    /// # Errors
    /// Returns an error if the value is not a `T`, or if other clones keep changing the session
    /// ([`SessionError::is_conflict`]). The entry then stays. [`discard`](Self::discard) removes it without reading it.
    pub fn remove<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        self.with_copy(|copy| copy.remove(key))
    }

    /// Removes the entry under `key` without reading its value. Returns `false` if there was none.
    pub fn discard(&self, key: &str) -> bool {
        self.writing().session_mut().discard(key)
    }

    /// Returns whether there is an entry under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.reading().session().contains(key)
    }

    /// Returns the keys in the order of insertion, including those of flash messages and of the CSRF token.
    pub fn keys(&self) -> Vec<String> {
        self.reading().session().keys().map(str::to_owned).collect()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.reading().session().len()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.reading().session().is_empty()
    }

    /// Removes all entries, including the flash messages, the CSRF token, and the [timeout](Self::set_timeout) and
    /// [lifetime](Self::set_lifetime) that were set for this session. Also removes the [owner](Self::set_owner) and the
    /// [label](Self::set_label).
    ///
    /// The session itself continues with the factory's limits. If it is older than the factory's lifetime, this request
    /// is its last one, and entries that are inserted after this call are lost. To keep a longer life, call
    /// [`set_lifetime`](Self::set_lifetime) and then [`set_timeout`](Self::set_timeout) again.
    pub fn clear(&self) {
        self.writing().session_mut().clear();
    }

    /// Marks the session as changed, so that it is saved. All methods that write do this themselves.
    pub fn changed(&self) {
        self.writing().session_mut().changed();
    }

    /// Returns the session's entries as a `T`. The `T` does not see flash messages, the CSRF token, the session's id in
    /// a store, or the session's own timeout and lifetime; see [`TypedSession`](crate::TypedSession).
    ///
    /// # Errors
    /// Returns an error if the entries cannot be deserialized as a `T`. A new session is empty, so give each field a
    /// default with `#[serde(default)]`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        self.with_copy(|copy| copy.read())
    }

    /// Writes each field of `value` to the entry of the same name, so that [`read`](Self::read) returns `value`.
    /// Entries that `T` wrote before and no longer writes, such as skipped fields, are removed. Entries that `T` does
    /// not name stay.
    ///
    /// # Errors
    /// Returns an error if `value` is not a struct or map, if its `Serialize` fails, or if it cannot be read back. A
    /// NaN or an infinity is an error unless the entry already has this value. A field with the name of an entry that
    /// [`read`](Self::read) hides is also an error. Returns a conflict error ([`SessionError::is_conflict`]) if other
    /// clones keep changing the session. In each case, nothing of `value` is written.
    pub fn write<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<(), SessionError> {
        self.with_copy(|copy| copy.write(value))
    }

    /// Returns a number that [`invalidate`](Self::invalidate) and [`renew`](Self::renew) change.
    pub(crate) fn generation(&self) -> u64 {
        self.reading().generation
    }

    /// Adds a message to a queue. The queue is a [`Level`](crate::Level) or a name; `""` is the default queue.
    ///
    /// # Errors
    /// Returns an error if the message cannot be represented in JSON, or if the value under the queue's key is not a
    /// list.
    pub fn flash<T: Serialize>(&self, message: T, queue: impl AsRef<str>) -> Result<(), SessionError> {
        self.add_flash(message, queue.as_ref(), true)
    }

    /// Adds a message to a queue, unless the queue holds an equal one. In Pyramid this is `allow_duplicate=False`.
    ///
    /// # Errors
    /// Returns the same errors as [`flash`](Self::flash).
    pub fn flash_unless_queued<T: Serialize>(
        &self,
        message: T,
        queue: impl AsRef<str>,
    ) -> Result<(), SessionError> {
        self.add_flash(message, queue.as_ref(), false)
    }

    fn add_flash<T: Serialize>(
        &self,
        message: T,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), SessionError> {
        // Encode without the lock, as in `insert`.
        let message = State::encode(&flash_key(queue), message)?;
        Ok(self.writing().session_mut().flash_encoded(message, queue, allow_duplicate)?)
    }

    /// Returns the messages of a queue, oldest first, and keeps them.
    ///
    /// # Errors
    /// Returns an error if a message is not a `T`, or if the value under the queue's key is not a list.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, SessionError> {
        Ok(self.get(&flash_key(queue.as_ref()))?.unwrap_or_default())
    }

    /// Removes the messages of a queue and returns them, oldest first. Even if the queue does not exist, the session
    /// counts as changed, as in Pyramid. [`pop_flash_each`](Self::pop_flash_each) only counts as a read in this case.
    ///
    /// # Errors
    /// Returns an error if a message is not a `T`, if the value under the queue's key is not a list, or if other clones
    /// keep changing the session ([`SessionError::is_conflict`]). The messages then stay, so a page that shows them
    /// fails again. [`pop_flash_each`](Self::pop_flash_each) also removes messages that cannot be decoded.
    pub fn pop_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, SessionError> {
        let queue = queue.as_ref();
        self.with_copy(|copy| copy.pop_flash(queue))
    }

    /// Removes the messages of a queue and returns each of them, oldest first. An unreadable message does not prevent
    /// the others from being shown.
    ///
    /// A message that is not a `T` is returned as `Err` with a text: the characters of a string, the JSON text of any
    /// other value, or the name of the value's type if there is no JSON text. If the value under the queue's key is not
    /// a list, it counts as one message. If there is no entry under the queue's key, the session is not changed.
    pub fn pop_flash_each<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Vec<Result<T, String>> {
        let queue = queue.as_ref();
        let key = flash_key(queue);
        if !self.contains(&key) {
            return Vec::new();
        }
        let mut copy = {
            let mut inner = self.writing();
            let copy = SessionCopy::of(inner.session().state());
            inner.session_mut().discard(&key);
            copy
        };
        // Decode without the lock, as in `get`.
        copy.pop_flash_each(queue)
    }

    /// Returns the session's CSRF token. Creates one if the session has no valid token.
    ///
    /// # Errors
    /// Returns an error if a new token is needed and the system provides no random bytes.
    pub fn csrf_token(&self) -> Result<String, SessionError> {
        if let Some(token) = self.reading().session().state().csrf_token() {
            return Ok(token);
        }
        Ok(self.writing().session_mut().csrf_token()?)
    }

    /// Replaces the CSRF token with a new one and returns it.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bytes.
    pub fn new_csrf_token(&self) -> Result<String, SessionError> {
        Ok(self.writing().session_mut().new_csrf_token()?)
    }

    /// Returns whether `supplied` is the session's CSRF token. Compares texts of the same length in constant time. An
    /// empty token never matches.
    #[must_use = "this only checks the token; refuse the request if it returns false"]
    pub fn check_csrf_token(&self, supplied: &str) -> bool {
        self.reading().session().check_csrf_token(supplied)
    }

    /// Runs `work` on a copy of the entries. If `work` changes the copy, the copy then replaces the session's entries.
    ///
    /// `work` may run the application's code, so it runs without the lock. If another clone changes the session before
    /// the replacement, `work` runs again on a new copy. After [`MAX_ATTEMPTS`] attempts, this method returns a
    /// conflict error.
    pub(crate) fn with_copy<R>(
        &self,
        work: impl FnMut(&mut SessionCopy) -> Result<R, EntryError>,
    ) -> Result<R, SessionError> {
        self.with_copy_in(None, work, |session, state| *session.state_mut() = state)
    }

    /// Does the same as [`with_copy`](Self::with_copy), but calls `replace` to replace the entries. If `generation` is
    /// `Some`, each attempt first compares it with the generation of the session. If they differ, the session was
    /// invalidated or renewed, and this method returns a conflict error.
    pub(crate) fn with_copy_in<R>(
        &self,
        generation: Option<u64>,
        mut work: impl FnMut(&mut SessionCopy) -> Result<R, EntryError>,
        replace: impl FnOnce(&mut dyn session_core::Session, State),
    ) -> Result<R, SessionError> {
        for _ in 0..MAX_ATTEMPTS {
            let (mut copy, version) = {
                let inner = self.reading();
                if generation.is_some_and(|generation| generation != inner.generation) {
                    break;
                }
                (SessionCopy::of(inner.session().state()), inner.version)
            };
            let result = work(&mut copy)?;
            let Some(state) = copy.into_changed() else { return Ok(result) };
            let mut inner = self.reading();
            if inner.version == version {
                inner.version += 1;
                let end = inner.end;
                match end {
                    None => replace(inner.session_mut(), state),
                    // The change is too late for the save, so there is no need to keep the closure that repeats it.
                    Some(_) => *inner.session_mut().state_mut() = state,
                }
                drop(inner);
                if let Some(end) = end {
                    warn_of_late_change(end);
                }
                return Ok(result);
            }
        }
        Err(EntryError::conflict().into())
    }

    /// Locks the session. The first call logs why the cookie was rejected, or which key authenticated it.
    fn lock_logged(&self) -> MutexGuard<'_, Inner> {
        let mut inner = lock(&self.shared);
        if std::mem::replace(&mut inner.is_logged, true) {
            return inner;
        }
        let rejection = inner.session().rejection().cloned();
        // Not `tracing::enabled!`: it asks the subscriber, which may use the session while it is locked.
        let is_debug = LevelFilter::current() >= tracing::Level::DEBUG;
        let key = inner.session().cookie_key().filter(|_| is_debug);
        if rejection.is_none() && key.is_none() {
            return inner;
        }
        // Log without the lock, because the subscriber may use the session.
        drop(inner);
        if let Some(rejection) = rejection {
            log_rejection(&rejection);
        }
        if let Some(key) = key {
            tracing::debug!(%key, "session cookie accepted");
        }
        lock(&self.shared)
    }

    /// Locks the session to read it.
    fn reading(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.lock_logged();
        let is_first = !std::mem::replace(&mut inner.accessed, true);
        if is_first && inner.end == Some(End::HeadSent) {
            // Log without the lock, as in `lock_logged`.
            drop(inner);
            tracing::warn!(
                "session first used after the head of the response was sent: \
                 the response has no `Vary: Cookie`, so a cache may give it to other visitors"
            );
            inner = lock(&self.shared);
        }
        inner
    }

    /// Locks the session to change it.
    fn writing(&self) -> MutexGuard<'_, Inner> {
        let mut inner = self.reading();
        if let Some(end) = inner.end {
            drop(inner);
            warn_of_late_change(end);
            inner = lock(&self.shared);
        }
        inner.version += 1;
        inner
    }
}

/// Logs a rejected cookie. An expired cookie is expected, and the factory logs an outage of the store at most once a
/// second. So both are logged at the debug level. A missing cookie is not logged.
fn log_rejection(rejection: &Rejection) {
    if rejection.is_missing() {
        return;
    }
    let kind = rejection.kind();
    if rejection.is_expired() || rejection.is_unavailable() {
        tracing::debug!(kind, reason = %rejection, "session cookie rejected");
    } else {
        tracing::warn!(kind, reason = %rejection, "session cookie rejected");
    }
}

/// Logs that a change is lost. Call this function without the lock, because the subscriber may use the session.
fn warn_of_late_change(end: End) {
    match end {
        End::HeadSent => tracing::warn!("session change lost: the head of the response was already sent"),
        End::NoResponse => tracing::warn!("session change lost: the request has ended without a response"),
    }
}

impl<N> Clone for Session<N> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// Does not show the session's contents.
impl<N> fmt::Debug for Session<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
