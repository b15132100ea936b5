use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::EntryError;
use crate::session::Session;
use crate::state::State;
use crate::typed;
use crate::value::{Encoded, Value};

/// What the keys of flash queues begin with, as in Pyramid.
pub const FLASH_PREFIX: &str = "_f_";

/// Typed access to any [`Session`], `dyn Session` too: single entries, the whole as a type of yours, flash messages.
pub trait SessionExt: Session {
    /// The value under `key` as a `T`, which may borrow from the session; `None` if there is none.
    ///
    /// A string with escapes, as is any that is not ASCII, can be read as a `String` or a `Cow<str>`, not as a `&str`. A
    /// JSON `null`, Python's `None`, is an entry: read it as an `Option`.
    ///
    /// # Errors
    /// If the value is not a `T`.
    fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, EntryError> {
        self.state().get(key)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// As [`State::insert`].
    fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EntryError> {
        self.state_mut().insert(key, value)
    }

    /// Removes the entry under `key` and returns its value as a `T`; `None` if there was none.
    ///
    /// # Errors
    /// If the value is not a `T`. The entry then stays: [`discard`](Session::discard) removes any entry.
    fn remove<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, EntryError> {
        let value = self.get(key)?;
        self.discard(key);
        Ok(value)
    }

    /// The whole session as a `T`, usually a struct of yours with a field for each key. Flash messages and the CSRF
    /// token are not shown to it.
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
    /// session.insert("theme", "dark").unwrap(); // somebody else's key
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
    /// If the session is not a `T`. A new session is empty: give each field a default, with `#[serde(default)]`.
    fn read<T: DeserializeOwned>(&self) -> Result<T, EntryError> {
        typed::read(self.state())
    }

    /// Writes a `T` such that [`read`](SessionExt::read) gives it back. A key that `T` no longer writes goes; keys that
    /// `T` does not know stay, and so do values that mean the same, as they are spelled.
    ///
    /// A float that `T` has read as NaN or an infinity stays as well, and can be changed to a finite number or removed.
    /// Writing one to another place is an error.
    ///
    /// A key that `T` reads by a serde `alias` only is not one that it writes: remove it first.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, it has a new NaN or infinity, or it cannot be read back. The
    /// session is then as it was. The error names the key, if one entry is in the way.
    fn write<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), EntryError> {
        *self.state_mut() = typed::written(self.state(), value)?;
        Ok(())
    }

    /// Adds a message to a queue. The queue is named by a text; `""` is Pyramid's default queue.
    ///
    /// # Errors
    /// If the message cannot be serialized, or the value under the queue's key is not a list.
    fn flash<T: Serialize>(&mut self, message: T, queue: impl AsRef<str>) -> Result<(), EntryError> {
        let queue = queue.as_ref();
        self.flash_encoded(State::encode(&flash_key(queue), message)?, queue, true)
    }

    /// Adds a message to a queue, unless the queue holds an equal one: Pyramid's `allow_duplicate=False`.
    ///
    /// # Errors
    /// As [`flash`](SessionExt::flash).
    fn flash_unless_queued<T: Serialize>(
        &mut self,
        message: T,
        queue: impl AsRef<str>,
    ) -> Result<(), EntryError> {
        let queue = queue.as_ref();
        self.flash_encoded(State::encode(&flash_key(queue), message)?, queue, false)
    }

    /// Adds a message that [`State::encode`] has encoded: the second half of [`flash`](SessionExt::flash), for a session
    /// behind a lock. It runs no code of the message's type. Without `allow_duplicate`, a message that the queue already
    /// holds is not added.
    ///
    /// # Errors
    /// If there is something under the queue's key that is not a list, or the message is nested too deeply for one.
    fn flash_encoded(
        &mut self,
        message: Encoded,
        queue: &str,
        allow_duplicate: bool,
    ) -> Result<(), EntryError> {
        let key = flash_key(queue);
        // What was taken out of a state may be neither exact nor valid.
        let value = message.value();
        let message = value.exact_json().and_then(|_| value.json());
        let message = message.map_err(|why| EntryError::not_json(&key).because(why))?;
        let state = self.state_mut();
        let queued = || state.value(&key).and_then(Value::elements).unwrap_or_default();
        if !allow_duplicate && queued().into_iter().any(|earlier| earlier.means(message)) {
            return Ok(());
        }
        state.push(&key, message)
    }

    /// The messages of a queue, oldest first; they stay.
    ///
    /// # Errors
    /// If one of them is not a `T`.
    fn peek_flash<T: DeserializeOwned>(&self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        Ok(self.get(&flash_key(queue.as_ref()))?.unwrap_or_default())
    }

    /// The messages of a queue, oldest first; they are removed.
    ///
    /// # Errors
    /// If one of them is not a `T`. They then stay.
    fn pop_flash<T: DeserializeOwned>(&mut self, queue: impl AsRef<str>) -> Result<Vec<T>, EntryError> {
        let queue = queue.as_ref();
        let messages = self.peek_flash(queue)?;
        self.discard(&flash_key(queue));
        Ok(messages)
    }

    /// Removes a queue and returns each of its messages, oldest first. A message that is not a `T` is `Err` with its
    /// text: the characters of a string, else the JSON text, else the name of what has no JSON text.
    ///
    /// So one message that cannot be read does not keep the others from being shown. A value under the queue's key
    /// that is not a list counts as one message.
    fn pop_flash_each<T: DeserializeOwned>(&mut self, queue: &str) -> Vec<Result<T, String>> {
        let key = flash_key(queue);
        let Some(value) = self.state().value(&key) else { return Vec::new() };
        let messages = value.elements().unwrap_or_else(|| vec![value]);
        let decoded = |message: Value<'_>| message.decode(&key).map_err(|_| message.lossy_text());
        let messages = messages.into_iter().map(decoded).collect();
        self.discard(&key);
        messages
    }
}

impl<S: Session + ?Sized> SessionExt for S {}

fn flash_key(queue: &str) -> String {
    format!("{FLASH_PREFIX}{queue}")
}
