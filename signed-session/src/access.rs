//! The methods of [`CookieSession`] that the traits `Session` and `SessionExt` also have. As inherent methods they need
//! no import, whose name would clash with the extractor `Session` of a web framework.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use session_core::{EntryError, Keys, Rejection, Session, SessionExt, State, Timestamp};
use session_serde::Serializer;

use crate::session::CookieSession;

/// What a session holds.
impl<S: Serializer> CookieSession<S> {
    /// Returns the value under `key` as a `T`, which may borrow from the session; `None` if there is none.
    ///
    /// A string with escapes or non-ASCII characters can be read as a `String` or a `Cow<str>`, not as a `&str`. A JSON
    /// `null`, Python's `None`, is an entry: read it as an `Option`.
    ///
    /// # Errors
    /// If the value is not a `T`.
    pub fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, EntryError> {
        SessionExt::get(self, key)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// As [`State::insert`].
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EntryError> {
        SessionExt::insert(self, key, value)
    }

    /// Removes the entry under `key` and returns its value as a `T`; `None` if there was none.
    ///
    /// # Errors
    /// If the value is not a `T`. The entry then stays: [`discard`](Self::discard) removes any entry.
    pub fn remove<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, EntryError> {
        SessionExt::remove(self, key)
    }

    /// Removes the entry under `key` without reading it. Returns false if there was none.
    pub fn discard(&mut self, key: &str) -> bool {
        Session::discard(self, key)
    }

    /// Returns whether there is an entry under `key`.
    pub fn contains(&self, key: &str) -> bool {
        Session::contains(self, key)
    }

    /// Returns the keys in the order of insertion, including those of flash messages and the CSRF token.
    pub fn keys(&self) -> Keys<'_> {
        Session::keys(self)
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        Session::len(self)
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        Session::is_empty(self)
    }

    /// Removes every entry. The session itself goes on; [`invalidate`](Self::invalidate) ends it.
    pub fn clear(&mut self) {
        Session::clear(self);
    }

    /// Returns the whole session as a `T`, without flash messages and CSRF token. See
    /// [`SessionExt::read`](session_core::SessionExt::read).
    ///
    /// # Errors
    /// If the session is not a `T`. A new session is empty: give each field a default, with `#[serde(default)]`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, EntryError> {
        SessionExt::read(self)
    }

    /// Writes a `T` such that [`read`](Self::read) returns it. Keys that `T` does not name stay.
    ///
    /// # Errors
    /// If `value` is not a struct or map, its `Serialize` fails, or it cannot be read back. The session is then as it was.
    pub fn write<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), EntryError> {
        SessionExt::write(self, value)
    }

    /// Returns the entries as they are stored. Every call counts as an access.
    pub fn state(&self) -> &State {
        Session::state(self)
    }

    /// Returns the entries as they are stored, to change them. Every call counts as a change.
    pub fn state_mut(&mut self) -> &mut State {
        Session::state_mut(self)
    }
}

/// The life of a session.
impl<S: Serializer> CookieSession<S> {
    /// Returns when the session began.
    pub fn created(&self) -> Timestamp {
        Session::created(self)
    }

    /// Returns whether the session began with this request.
    pub fn is_new(&self) -> bool {
        Session::is_new(self)
    }

    /// Returns why the cookie of the request was not taken; `None` if it was, or if the session was invalidated since.
    /// Asking is no access.
    ///
    /// With several cookies of our name, the reason is that of the last one that verifies, or of the last one if none
    /// does.
    pub fn rejection(&self) -> Option<&Rejection> {
        Session::rejection(self)
    }

    /// Marks the session as changed, so that it is saved. Every write does so by itself.
    pub fn changed(&mut self) {
        Session::changed(self);
    }

    /// Ends this session and begins a new, empty one, as at a sign-out, and at a sign-in before anything is written.
    pub fn invalidate(&mut self) {
        Session::invalidate(self);
    }
}

/// Flash messages and the CSRF token.
impl<S: Serializer> CookieSession<S> {
    /// Adds a message to a queue. The queue is named by a text or the `Level` of a web framework's module; `""` is
    /// Pyramid's default queue.
    ///
    /// # Errors
    /// If the message cannot be serialized, or the value under the queue's key is not a list.
    pub fn flash<T: Serialize>(&mut self, message: T, queue: impl AsRef<str>) -> Result<(), EntryError> {
        SessionExt::flash(self, message, queue)
    }

    /// Adds a message to a queue, unless the queue holds an equal one: Pyramid's `allow_duplicate=False`.
    ///
    /// # Errors
    /// As [`flash`](Self::flash).
    pub fn flash_unless_queued<T: Serialize>(
        &mut self,
        message: T,
        queue: impl AsRef<str>,
    ) -> Result<(), EntryError> {
        SessionExt::flash_unless_queued(self, message, queue)
    }

    /// Returns the messages of a queue, oldest first, and keeps them.
    ///
    /// # Errors
    /// If one of them is not a `T`.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        SessionExt::peek_flash(self, queue)
    }

    /// Returns the messages of a queue, oldest first, and removes them.
    ///
    /// # Errors
    /// If one of them is not a `T`. The messages then stay.
    pub fn pop_flash<T: DeserializeOwned>(&mut self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        SessionExt::pop_flash(self, queue)
    }

    /// Returns the session's CSRF token, and makes one if there is none.
    ///
    /// # Errors
    /// If a token had to be made and the system gave no random bytes.
    pub fn csrf_token(&mut self) -> Result<String, EntryError> {
        Session::csrf_token(self)
    }

    /// Replaces the CSRF token by a new one, and returns that.
    ///
    /// # Errors
    /// If the system gave no random bytes.
    pub fn new_csrf_token(&mut self) -> Result<String, EntryError> {
        Session::new_csrf_token(self)
    }

    /// Returns whether `supplied` is the session's CSRF token, in constant time. An empty token never passes.
    #[must_use = "it refuses nothing by itself"]
    pub fn check_csrf_token(&self, supplied: &str) -> bool {
        Session::check_csrf_token(self, supplied)
    }
}
