use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session_core::{CSRF_KEY, EntryError, FLASH_PREFIX, Rejection, SessionExt, State, Timestamp};

use crate::draft::Draft;
use crate::error::SessionError;

/// The session of a request, as a handler has it. Clones are one session.
///
/// Every method is over when it returns: there is nothing to await, and no guard that could be held across an `await`.
/// The session is saved when the head of the response is made. What is written to it after that, from a streamed body or
/// a WebSocket, cannot reach the browser any more: such a write logs a warning.
///
/// `N` tells several sessions of one site apart; see `SessionLayer::named`.
pub struct Session<N = ()> {
    shared: Shared<dyn session_core::Session + Send>,
    name: PhantomData<fn() -> N>,
}

/// Maximum number of times a change is prepared while other clones keep changing the session.
const MAX_TRIES: u32 = 8;

/// A session that the handler and the layer share.
pub(crate) type Shared<S> = Arc<Mutex<Inner<S>>>;

pub(crate) struct Inner<S: ?Sized> {
    /// Whether the cookie was read, and a rejection logged.
    is_loaded: bool,
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// Whether the head of the response was made, and the session saved.
    pub(crate) saved: bool,
    /// Number of changes so far.
    version: u64,
    /// Number of calls of `invalidate` so far.
    life: u64,
    pub(crate) session: S,
}

impl<S> Inner<S> {
    pub(crate) fn new(session: S) -> Self {
        Self { is_loaded: false, accessed: false, saved: false, version: 0, life: 0, session }
    }
}

impl<S: ?Sized> Inner<S> {
    /// Whether the handler has changed the session.
    pub(crate) fn is_written(&self) -> bool {
        self.version > 0
    }
}

/// What a panic in one of the session's users leaves behind is still a session.
pub(crate) fn lock<S: ?Sized>(shared: &Shared<S>) -> MutexGuard<'_, Inner<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<N> Session<N> {
    pub(crate) fn new(shared: Shared<dyn session_core::Session + Send>) -> Self {
        Self { shared, name: PhantomData }
    }

    /// The value under `key`; `None` if there is none. A JSON `null`, Python's `None`, is a value: read it as an
    /// `Option`.
    ///
    /// # Errors
    /// If the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        // Decoded without the lock: that runs code of the user's, which may have a clone of this.
        let value = self.reading().session.state().get_encoded(key);
        Ok(value.map(|value| value.decode(key)).transpose()?)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// If `value` has no form in JSON.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), SessionError> {
        // Encoded without the lock, for the same reason.
        let value = State::encode(key, value)?;
        Ok(self.writing().session.state_mut().insert_encoded(key, value)?)
    }

    /// Removes the entry under `key` and returns its value; `None` if there was none.
    ///
    /// # Errors
    /// If the value is not a `T`, or if other clones keep changing the session meanwhile ([`SessionError::is_conflict`]). The
    /// entry then stays. [`discard`](Self::discard) removes it without reading it.
    pub fn remove<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        self.draft(|draft| draft.remove(key))
    }

    /// Removes the entry under `key` without reading it. Returns false if there was none.
    pub fn discard(&self, key: &str) -> bool {
        self.writing().session.discard(key)
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.reading().session.contains(key)
    }

    /// The keys in the order in which they were first inserted, those of flash messages and of the CSRF token too.
    pub fn keys(&self) -> Vec<String> {
        self.reading().session.keys().map(str::to_owned).collect()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.reading().session.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.reading().session.is_empty()
    }

    /// Removes every entry; the session itself goes on.
    pub fn clear(&self) {
        self.writing().session.clear();
    }

    /// Ends this session and begins a new one, as at a sign-out, and at a sign-in before anything is written. Unless
    /// something is written after it, the browser is told to remove the cookie.
    pub fn invalidate(&self) {
        let mut inner = self.writing();
        inner.life += 1;
        inner.session.invalidate();
    }

    /// Says that the session has to be saved. Every write says so by itself.
    pub fn changed(&self) {
        self.writing().session.changed();
    }

    /// When the session began.
    pub fn created(&self) -> Timestamp {
        self.reading().session.created()
    }

    /// Whether the session began with this request.
    pub fn is_new(&self) -> bool {
        self.reading().session.is_new()
    }

    /// Returns why the cookie of the request was not taken; `None` if it was, or if the session was invalidated since.
    ///
    /// Asking verifies the cookie, but is no access: it adds no `Vary: Cookie` and extends no life. A page that shows the
    /// reason should read the session as well, so that caches tell it apart. To see the rejected cookies of all requests,
    /// use [`SessionLayer::on_rejection`](crate::SessionLayer::on_rejection).
    pub fn rejection(&self) -> Option<Rejection> {
        self.loaded().session.rejection().cloned()
    }

    /// The whole session as a `T`, without flash messages and CSRF token; see [`TypedSession`](crate::TypedSession).
    ///
    /// # Errors
    /// If the session is not a `T`. A new session is empty: give each field a default, with `#[serde(default)]`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, SessionError> {
        self.draft(|draft| draft.read())
    }

    /// Writes a `T` such that [`read`](Self::read) gives it back; what `T` does not know stays.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, or it cannot be read back; or if other clones keep changing
    /// the session meanwhile ([`SessionError::is_conflict`]). The session is then as it was.
    pub fn write<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<(), SessionError> {
        self.draft(|draft| draft.write(value))
    }

    /// Identifies what [`invalidate`](Self::invalidate) began, for [`write_in`](Self::write_in).
    pub(crate) fn life(&self) -> u64 {
        self.reading().life
    }

    /// As [`write`](Self::write), but fails with a conflict if the session was invalidated since `life`: `value` comes
    /// from the old one.
    pub(crate) fn write_in<T: Serialize + DeserializeOwned>(
        &self,
        life: u64,
        value: &T,
    ) -> Result<(), SessionError> {
        self.draft_in(Some(life), |draft| draft.write(value))
    }

    /// Adds a message to a queue, which is named by a [`Level`](crate::Level) or a text. `""` is the default queue.
    ///
    /// # Errors
    /// If the message cannot be serialized, or the value under the queue's key is not a list.
    pub fn flash<T: Serialize>(&self, message: T, queue: impl AsRef<str>) -> Result<(), SessionError> {
        self.add_flash(message, queue.as_ref(), true)
    }

    /// Adds a message to a queue, unless the queue holds an equal one: Pyramid's `allow_duplicate=False`.
    ///
    /// # Errors
    /// As [`flash`](Self::flash).
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
        // Encoded without the lock, as in `insert`.
        let message = State::encode(&flash_key(queue), message)?;
        Ok(self.writing().session.flash_encoded(message, queue, allow_duplicate)?)
    }

    /// The messages of a queue, oldest first; they stay.
    ///
    /// # Errors
    /// If one of them is not a `T`.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, SessionError> {
        Ok(self.get(&flash_key(queue.as_ref()))?.unwrap_or_default())
    }

    /// The messages of a queue, oldest first; they are removed.
    ///
    /// # Errors
    /// If one of them is not a `T`, or if other clones keep changing the session meanwhile ([`SessionError::is_conflict`]). The
    /// messages then stay.
    pub fn pop_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, SessionError> {
        let queue = queue.as_ref();
        self.draft(|draft| draft.pop_flash(queue))
    }

    /// Removes a queue and gives each of its messages by itself, in order: a message that is not a `T` is its text
    /// instead. See [`SessionExt::pop_flash_each`](session_core::SessionExt::pop_flash_each).
    ///
    /// A queue that is not there is not removed, as that would be a change.
    pub(crate) fn pop_flash_each(&self, queue: &str) -> Vec<Result<Value, String>> {
        let key = flash_key(queue);
        // `Value` is decoded under the lock: that runs no code of the application's.
        if self.reading().session.contains(&key) {
            self.writing().session.pop_flash_each(queue)
        } else {
            Vec::new()
        }
    }

    /// The session's CSRF token; makes one if there is none.
    ///
    /// # Errors
    /// If a token had to be made and the system gave no random bytes.
    pub fn csrf_token(&self) -> Result<String, SessionError> {
        match self.get::<String>(CSRF_KEY) {
            Ok(Some(token)) if !token.is_empty() => Ok(token),
            _ => Ok(self.writing().session.csrf_token()?),
        }
    }

    /// A new CSRF token in place of the old one.
    ///
    /// # Errors
    /// If the system gave no random bytes.
    pub fn new_csrf_token(&self) -> Result<String, SessionError> {
        Ok(self.writing().session.new_csrf_token()?)
    }

    /// Whether `supplied` is the session's CSRF token, in constant time. An empty one never is.
    #[must_use = "it refuses nothing by itself"]
    pub fn check_csrf_token(&self, supplied: &str) -> bool {
        self.reading().session.check_csrf_token(supplied)
    }

    /// Runs `work` on a copy without the lock, as it may run the application's code, and takes the copy over. If another
    /// clone has changed the session meanwhile, it runs `work` again on a new copy. It never overwrites such a change:
    /// after [`MAX_TRIES`] it returns a conflict.
    pub(crate) fn draft<R>(
        &self,
        work: impl FnMut(&mut Draft) -> Result<R, EntryError>,
    ) -> Result<R, SessionError> {
        self.draft_in(None, work)
    }

    /// As [`draft`](Self::draft), but fails with a conflict if the session was invalidated since `life`.
    fn draft_in<R>(
        &self,
        life: Option<u64>,
        mut work: impl FnMut(&mut Draft) -> Result<R, EntryError>,
    ) -> Result<R, SessionError> {
        for _ in 0..MAX_TRIES {
            let (mut draft, version) = {
                let inner = self.reading();
                if life.is_some_and(|life| life != inner.life) {
                    break;
                }
                (Draft::of(inner.session.state()), inner.version)
            };
            let result = work(&mut draft)?;
            let Some(state) = draft.into_changed() else { return Ok(result) };
            let mut inner = self.reading();
            if inner.version == version {
                inner.version += 1;
                *inner.session.state_mut() = state;
                let is_late = inner.saved;
                drop(inner);
                if is_late {
                    warn_of_late_change();
                }
                return Ok(result);
            }
        }
        Err(EntryError::conflict().into())
    }

    /// Locks the session. The first call reads the cookie, and logs its rejection.
    fn loaded(&self) -> MutexGuard<'_, Inner<dyn session_core::Session + Send>> {
        let mut inner = lock(&self.shared);
        if std::mem::replace(&mut inner.is_loaded, true) {
            return inner;
        }
        let Some(rejection) = inner.session.rejection().cloned() else { return inner };
        // Without the lock, because whoever collects the events may look into the session as well.
        drop(inner);
        log_rejection(&rejection);
        lock(&self.shared)
    }

    fn reading(&self) -> MutexGuard<'_, Inner<dyn session_core::Session + Send>> {
        let mut inner = self.loaded();
        let is_first = !std::mem::replace(&mut inner.accessed, true);
        if is_first && inner.saved {
            // Without the lock, as in `loaded`.
            drop(inner);
            tracing::warn!(
                "a session was used for the first time after the head of its response was made: \
                 that has no `Vary: Cookie`, and a cache may give the response to others"
            );
            inner = lock(&self.shared);
        }
        inner
    }

    fn writing(&self) -> MutexGuard<'_, Inner<dyn session_core::Session + Send>> {
        let mut inner = self.reading();
        if inner.saved {
            drop(inner);
            warn_of_late_change();
            inner = lock(&self.shared);
        }
        inner.version += 1;
        inner
    }
}

/// Logs a cookie that was not taken. One that has expired is no fault of anybody.
fn log_rejection(rejection: &Rejection) {
    if rejection.is_missing() {
        return;
    }
    if rejection.is_expired() {
        tracing::debug!(reason = %rejection, "session cookie rejected");
    } else {
        tracing::warn!(reason = %rejection, "session cookie rejected");
    }
}

/// Called without the lock, as the subscriber may look into the session.
fn warn_of_late_change() {
    tracing::warn!("a session was changed after the head of its response was made: the change is lost");
}

fn flash_key(queue: &str) -> String {
    [FLASH_PREFIX, queue].concat()
}

impl<N> Clone for Session<N> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.shared))
    }
}

/// Shows no contents.
impl<N> fmt::Debug for Session<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").finish_non_exhaustive()
    }
}
