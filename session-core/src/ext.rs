use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::json::{self, Json};
use crate::session::{CSRF_KEY, Session};
use crate::state::State;

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
    fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, Error> {
        self.state().get(key)
    }

    /// Sets the value under `key`.
    ///
    /// # Errors
    /// As [`State::insert`].
    fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), Error> {
        self.state_mut().insert(key, value)
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
    fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        read(self.state())
    }

    /// Writes a `T` such that [`read`](SessionExt::read) gives it back. A key that `T` no longer writes goes; keys that
    /// `T` does not know stay, and so do values that mean the same, as they are spelled.
    ///
    /// A key that `T` reads by a serde `alias` only is not one that it writes: remove it first.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, or it cannot be read back. The session is then as it was.
    fn write<T: Serialize + DeserializeOwned>(&mut self, value: &T) -> Result<(), Error> {
        *self.state_mut() = written(self.state(), value)?;
        Ok(())
    }

    /// Adds a message to a queue; `""` is the default queue. Unless `allow_duplicate`, a message that is in the queue
    /// already is not added again.
    ///
    /// # Errors
    /// If the message cannot be serialized, or there is something under the queue's key that is no list.
    fn flash<T: Serialize>(&mut self, message: T, queue: &str, allow_duplicate: bool) -> Result<(), Error> {
        let key = flash_key(queue);
        let message = json::to_string(&message).map_err(|_| Error::write::<T>(Some(&key)))?;
        let state = self.state_mut();
        let queued = match state.get_json(&key).map(|text| (text, Json::of_valid(text))) {
            None => format!("[{message}]"),
            Some((text, Json::Array(mut messages))) => {
                let new = Json::of_valid(&message);
                if !allow_duplicate && messages.clone().values().any(|earlier| earlier.means(&new)) {
                    return Ok(());
                }
                match messages.next() {
                    // What is in the queue stays as it is spelled.
                    Some(_) => format!("{}, {message}]", text[..text.len() - 1].trim_end()),
                    None => format!("[{message}]"),
                }
            }
            Some(_) => return Err(Error::read::<Vec<T>>(Some(&key))),
        };
        state.insert_json(&key, queued)
    }

    /// The messages of a queue, oldest first; they stay.
    ///
    /// # Errors
    /// If one of them is not a `T`.
    fn peek_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        Ok(self.get(&flash_key(queue))?.unwrap_or_default())
    }

    /// The messages of a queue, oldest first; they are removed.
    ///
    /// # Errors
    /// If one of them is not a `T`. They then stay.
    fn pop_flash<T: DeserializeOwned>(&mut self, queue: &str) -> Result<Vec<T>, Error> {
        let messages = self.peek_flash(queue)?;
        self.state_mut().remove(&flash_key(queue));
        Ok(messages)
    }
}

impl<S: Session + ?Sized> SessionExt for S {}

fn flash_key(queue: &str) -> String {
    format!("{FLASH_PREFIX}{queue}")
}

fn is_reserved(key: &str) -> bool {
    key == CSRF_KEY || key.starts_with(FLASH_PREFIX)
}

fn read<T: DeserializeOwned>(state: &State) -> Result<T, Error> {
    let mut shown = state.clone();
    // A key that is no Unicode is nobody's field, and would be an error to serde_json.
    shown.retain(|key| key.is_some_and(|key| !is_reserved(key)));
    serde_json::from_str(&shown.to_json()).map_err(|error| Error::read_all::<T>(&error))
}

fn written<T: Serialize + DeserializeOwned>(state: &State, value: &T) -> Result<State, Error> {
    let new = object(value).ok_or_else(|| Error::write::<T>(None))?;
    if let Some(key) = new.keys().find(|key| is_reserved(key)) {
        return Err(Error::write::<T>(Some(key)));
    }
    // What is there may mean the same to us and yet be no T, such as `1.0` for an integer.
    merged::<T>(state, &new, true).or_else(|_| merged::<T>(state, &new, false))
}

/// The state with the entries of `new`, which a `T` has written. Of those that mean the same, `keep` keeps the old.
fn merged<T: Serialize + DeserializeOwned>(state: &State, new: &State, keep: bool) -> Result<State, Error> {
    let mut state = state.clone();
    // What a T that is there would write, and this one does not: fields that are skipped, or of another variant.
    let known = read::<T>(&state).ok().and_then(|old| object(&old)).unwrap_or_default();
    let forget = |state: &mut State, known: &State| {
        state.retain(|key| key.is_none_or(|key| new.contains_key(key) || !known.contains_key(key)));
    };
    forget(&mut state, &known);
    for (key, text) in new.iter() {
        let is_there = |old| keep && Json::of_valid(old).means(&Json::of_valid(text));
        if !state.get_json(key).is_some_and(is_there) {
            state.insert_json(key, text.to_owned())?;
        }
    }
    // What was there may have been no T. Whatever of it would come back with the next read has to go as well.
    let error = || Error::write::<T>(None);
    let back = read::<T>(&state).ok().and_then(|back| object(&back)).ok_or_else(error)?;
    forget(&mut state, &back);
    read::<T>(&state).map_err(|_| error())?;
    Ok(state)
}

fn object<T: Serialize>(value: &T) -> Option<State> {
    State::from_json(json::to_string(value).ok()?).ok()
}
