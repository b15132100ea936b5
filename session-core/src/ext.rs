//! The generic methods of every session.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::EntryError;
use crate::own_keys::flash_key;
use crate::session::Session;
use crate::state::State;
use crate::typed;
use crate::value::Value;

/// Typed access to every [`Session`], including `dyn Session`: to single entries, to the whole session as one type, and
/// to flash messages.
pub trait SessionExt: Session {
    /// Returns the value under `key` as a `T`, which may borrow from the session, or `None` if there is no entry.
    ///
    /// Read a string that may have escapes or non-ASCII characters as a `String` or a `Cow<str>`, not as a `&str`. JSON
    /// `null`, Python's `None`, is a value: read it as an `Option`.
    ///
    /// # Errors
    /// Returns an error if the value is not a `T`.
    fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, EntryError> {
        self.state().get(key)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// Returns the same errors as [`State::insert`].
    fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EntryError> {
        self.state_mut().insert(key, value)
    }

    /// Removes the entry under `key` and returns its value as a `T`, or `None` if there was no entry.
    ///
    /// # Errors
    /// Returns an error if the value is not a `T`, and keeps the entry. [`discard`](Session::discard) removes an entry
    /// of any type.
    fn remove<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, EntryError> {
        let value = self.get(key)?;
        self.discard(key);
        Ok(value)
    }

    /// Returns the whole session as a `T`, usually a struct with a field for each key. The `T` sees neither entries
    /// whose keys are not Unicode text nor the library's own entries: flash messages, the CSRF token, the session's id
    /// in a store, and the session's own timeout and lifetime.
    ///
    /// ```
    /// # use session_core::{Session, SessionExt, State, Timestamp};
    /// # #[derive(Default)] struct InMemory(State);
    /// # impl Session for InMemory {
    /// #     fn created(&self) -> Timestamp { Timestamp::default() }
    /// #     fn is_new(&self) -> bool { true }
    /// #     fn changed(&mut self) {}
    /// #     fn invalidate(&mut self) {}
    /// #     fn state(&self) -> &State { &self.0 }
    /// #     fn state_mut(&mut self) -> &mut State { &mut self.0 }
    /// # }
    /// #[derive(serde::Serialize, serde::Deserialize, Default, PartialEq, Debug)]
    /// #[serde(default)]
    /// struct Visit {
    ///     hits: u32,
    ///     #[serde(skip_serializing_if = "Option::is_none")]
    ///     user: Option<String>,
    /// }
    ///
    /// let mut session = InMemory::default();
    /// session.insert("theme", "dark").unwrap(); // not a field of `Visit`
    /// session.write(&Visit { hits: 1, user: Some("zoe".into()) }).unwrap();
    ///
    /// let mut visit = session.read::<Visit>().unwrap();
    /// visit.hits += 1;
    /// visit.user = None;
    /// session.write(&visit).unwrap();
    /// assert_eq!(session.read::<Visit>().unwrap(), visit);
    /// assert!(!session.contains("user") && session.contains("theme"));
    /// ```
    ///
    /// # Errors
    /// Returns an error if the session cannot be read as a `T`. A new session is empty, so give each field a default
    /// with `#[serde(default)]`.
    fn read<T: DeserializeOwned>(&self) -> Result<T, EntryError> {
        typed::read(self.state())
    }

    /// Writes a `T` to the session, so that [`read`](SessionExt::read) returns it again.
    ///
    /// An entry that a `T` can write is removed if `value` does not write it, for example because `value` skips a field
    /// that is `None`. Entries without a field in `T` stay.
    ///
    /// An entry whose value has not changed keeps its stored form, even if a `T` writes the value in another form:
    /// `1e0` stays if `1.0` is written, and a date from Python stays a date. A value counts as unchanged if a `T` that
    /// is read from the session writes the same JSON for it as `value` does. A `HashSet` writes its elements in a
    /// random order, so it usually counts as changed, and a set from Python becomes a list. Read the set as a
    /// `BTreeSet` to keep it.
    ///
    /// If only the order of an object's keys has changed, an entry from JSON gets the new order, and a value of another
    /// format, such as pickle, keeps the old one. So writing a `HashMap` can change the order of the keys in JSON.
    ///
    /// An entry that is already NaN or an infinity can keep this value. Any other write of NaN or an infinity is an
    /// error.
    ///
    /// `T` writes a field under its name, never under a serde `alias`. So an entry under an alias stays, and `T` still
    /// reads it. Remove that entry before the first write.
    ///
    /// A field with `skip_deserializing` is written if it is an entry of its own. If the field is nested in an entry,
    /// or if `T` has `flatten` or `tag`, the field keeps its old value when its new value is the default.
    ///
    /// # Errors
    /// Returns an error if `value` does not become a JSON object, if JSON cannot hold it, or if its `Serialize` fails.
    /// Also returns an error if `value` has a field for one of the library's own entries, or cannot be read back. The
    /// session is then unchanged. If a field of a struct or an entry of a map cannot be written, the error names its
    /// key.
    fn write<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), EntryError> {
        *self.state_mut() = typed::written(self.state(), value)?;
        Ok(())
    }

    /// Adds a message to a queue. The queue `""` is Pyramid's default queue.
    ///
    /// # Errors
    /// Returns the same errors as [`State::encode`] and [`State::flash`].
    fn flash<T: Serialize>(&mut self, message: T, queue: impl AsRef<str>) -> Result<(), EntryError> {
        let queue = queue.as_ref();
        self.flash_encoded(State::encode(&flash_key(queue), message)?, queue, true)
    }

    /// Adds a message to a queue unless the queue has an equal one: Pyramid's `allow_duplicate=False`.
    ///
    /// # Errors
    /// Returns the same errors as [`flash`](SessionExt::flash).
    fn flash_unless_queued<T: Serialize>(
        &mut self,
        message: T,
        queue: impl AsRef<str>,
    ) -> Result<(), EntryError> {
        let queue = queue.as_ref();
        self.flash_encoded(State::encode(&flash_key(queue), message)?, queue, false)
    }

    /// Returns the messages of a queue, oldest first, and keeps them.
    ///
    /// # Errors
    /// Returns an error if a message is not a `T`, or if the value under the queue's key is not a list.
    fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        Ok(self.get(&flash_key(queue.as_ref()))?.unwrap_or_default())
    }

    /// Removes a queue and returns its messages, oldest first. Even if the queue does not exist, the session counts as
    /// changed, as in Pyramid. [`pop_flash_each`](SessionExt::pop_flash_each) only counts as an access in this case.
    ///
    /// # Errors
    /// Returns the same errors as [`peek_flash`](SessionExt::peek_flash), and then keeps the queue.
    fn pop_flash<T: DeserializeOwned>(&mut self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        let queue = queue.as_ref();
        let messages = self.peek_flash(queue)?;
        self.discard(&flash_key(queue));
        Ok(messages)
    }

    /// Removes a queue and returns each of its messages, oldest first. An unreadable message does not prevent the
    /// application from showing the other messages.
    ///
    /// A message that is not a `T` becomes an `Err` with a text to show: the characters of a string, the JSON text of
    /// any other value, or the name of the value's type if the value has no JSON text. If the value under the queue's
    /// key is not a list, it counts as one message.
    fn pop_flash_each<T: DeserializeOwned>(&mut self, queue: impl AsRef<str>) -> Vec<Result<T, String>> {
        let key = flash_key(queue.as_ref());
        let Some(value) = self.state().value(&key) else { return Vec::new() };
        let messages = value.elements().unwrap_or_else(|| vec![value]);
        let decoded = |message: Value<'_>| message.decode(&key).map_err(|_| message.lossy_text());
        let messages = messages.into_iter().map(decoded).collect();
        self.discard(&key);
        messages
    }
}

impl<S: Session + ?Sized> SessionExt for S {}
