use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{CSRF_KEY, Error, Rejection, SessionExt, Timestamp};

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

/// A session that the handler and the layer share.
pub(crate) type Shared<S> = Arc<Mutex<Inner<S>>>;

pub(crate) struct Inner<S: ?Sized> {
    /// Whether the response depends on the session.
    pub(crate) accessed: bool,
    /// Whether the session was saved.
    pub(crate) saved: bool,
    pub(crate) session: S,
}

impl<S> Inner<S> {
    pub(crate) fn new(session: S) -> Self {
        Self { accessed: false, saved: false, session }
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
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.reading().session.get(key)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// If `value` has no form in JSON.
    pub fn insert<T: Serialize>(&self, key: &str, value: T) -> Result<(), Error> {
        self.writing().session.insert(key, value)
    }

    /// Removes the value under `key`; false if there was none.
    pub fn remove(&self, key: &str) -> bool {
        self.writing().session.remove(key)
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
        self.writing().session.invalidate();
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

    /// Why the session that the request brought was not taken; `None` if it was, or if it was invalidated since.
    pub fn rejection(&self) -> Option<Rejection> {
        self.reading().session.rejection().cloned()
    }

    /// The whole session as a `T`, without flash messages and CSRF token; see [`TypedSession`](crate::TypedSession).
    ///
    /// # Errors
    /// If the session is not a `T`; an empty one neither, unless each field has a default.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.reading().session.read()
    }

    /// Writes a `T` such that [`read`](Self::read) gives it back; what `T` does not know stays.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, or it cannot be read back. The session is then as it was.
    pub fn write<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<(), Error> {
        self.writing().session.write(value)
    }

    /// Adds a message to a queue, which is named by a text or a [`Level`](crate::Level); `""` is the default queue. Unless
    /// `allow_duplicate`, a message that is in the queue already is not added again.
    ///
    /// # Errors
    /// If the message cannot be serialized, or there is something under the queue's key that is no list.
    pub fn flash<T: Serialize>(
        &self,
        message: T,
        queue: impl AsRef<str>,
        allow_duplicate: bool,
    ) -> Result<(), Error> {
        self.writing().session.flash(message, queue.as_ref(), allow_duplicate)
    }

    /// The messages of a queue, oldest first; they stay.
    ///
    /// # Errors
    /// If one of them is not a `T`.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, Error> {
        self.reading().session.peek_flash(queue.as_ref())
    }

    /// The messages of a queue, oldest first; they are removed.
    ///
    /// # Errors
    /// If one of them is not a `T`. They then stay.
    pub fn pop_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, Error> {
        self.writing().session.pop_flash(queue.as_ref())
    }

    /// The session's CSRF token; makes one if there is none.
    ///
    /// # Errors
    /// If a token had to be made and the system gave no random bytes.
    pub fn csrf_token(&self) -> Result<String, Error> {
        let has_one = self.contains(CSRF_KEY);
        if has_one { self.reading() } else { self.writing() }.session.csrf_token()
    }

    /// A new CSRF token in place of the old one.
    ///
    /// # Errors
    /// If the system gave no random bytes.
    pub fn new_csrf_token(&self) -> Result<String, Error> {
        self.writing().session.new_csrf_token()
    }

    /// Whether `supplied` is the session's CSRF token, in constant time. An empty one never is.
    pub fn check_csrf_token(&self, supplied: &str) -> bool {
        self.reading().session.check_csrf_token(supplied)
    }

    fn reading(&self) -> MutexGuard<'_, Inner<dyn session_core::Session + Send>> {
        let mut inner = lock(&self.shared);
        inner.accessed = true;
        inner
    }

    fn writing(&self) -> MutexGuard<'_, Inner<dyn session_core::Session + Send>> {
        let inner = self.reading();
        if inner.saved {
            tracing::warn!(
                "a session was changed after the head of its response was made: the change is lost"
            );
        }
        inner
    }
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
