use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{EntryError, Session as _, SessionExt, State, json};

use crate::draft::Draft;
use crate::error::SessionError;
use crate::session::Session;

/// The whole session as a type of yours, usually a struct with a field for each key. Flash messages, the CSRF token and
/// keys that the type does not name are kept beside it.
///
/// The type has to be `Default`, because a new session is empty: a field that the session lacks has the value that it has
/// in `T::default()`.
///
/// ```
/// # fn main() {}
/// # use serde::{Deserialize, Serialize};
/// # use session_web::{SessionError, TypedSession};
/// #[derive(Default, Serialize, Deserialize)]
/// struct Visit {
///     hits: u32,
/// }
///
/// async fn handler(visit: TypedSession<Visit>) -> Result<String, SessionError> {
///     let hits = visit.update(|visit| { visit.hits += 1; visit.hits })?;
///     Ok(format!("Visit {hits}"))
/// }
/// ```
pub struct TypedSession<T, N = ()> {
    session: Session<N>,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned + Default, N> TypedSession<T, N> {
    /// Returns what the session holds.
    ///
    /// # Errors
    /// If an entry of the session does not fit the field of its name.
    pub fn get(&self) -> Result<T, SessionError> {
        self.session.draft(|draft| read_or_default(draft))
    }

    /// Writes `value`, if that changes what the session holds.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, or it cannot be read back; or if other clones keep changing
    /// the session meanwhile ([`SessionError::is_conflict`]). The session is then as it was.
    pub fn set(&self, value: &T) -> Result<(), SessionError> {
        match self.get() {
            Ok(held) if json(&held).is_some_and(|held| json(value) == Some(held)) => Ok(()),
            _ => self.session.write(value),
        }
    }

    /// Reads, lets `change` work on it, and writes it back if it was changed. Returns what `change` returns.
    ///
    /// What another clone writes meanwhile to the same fields, from another task or from within `change`, is overwritten.
    /// If that clone invalidates the session meanwhile, the value of the old session is not written: that is a
    /// conflict.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set`](Self::set).
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, SessionError> {
        let life = self.session.life();
        let mut value = self.get()?;
        // Of one value: two maps that are equal may differ in the order of their entries.
        let before = json::to_string(&value).ok();
        let result = change(&mut value);
        if before.is_none() || json::to_string(&value).ok() != before {
            self.session.write_in(life, &value)?;
        }
        Ok(result)
    }
}

/// Reads a `T`. If that fails, tries again with the entries of `T::default()` in the place of missing ones.
fn read_or_default<T: Serialize + DeserializeOwned + Default>(draft: &Draft) -> Result<T, EntryError> {
    draft.read().or_else(|error| with_defaults::<T>(draft.state()).ok_or(error)?.read())
}

/// Returns the state with the entries of `T::default()` that it lacks; `None` if those are no entries.
fn with_defaults<T: Serialize + Default>(state: &State) -> Option<Draft> {
    let defaults = State::from_json(json::to_string(&T::default()).ok()?).ok()?;
    let mut draft = Draft::of(state);
    for key in defaults.keys().filter(|key| !state.contains_key(key)) {
        draft.state_mut().insert_encoded(key, defaults.get_encoded(key)?).ok()?;
    }
    Some(draft)
}

/// As something that can be compared.
fn json<T: Serialize>(value: &T) -> Option<serde_json::Value> {
    serde_json::to_value(value).ok()
}

impl<T, N> TypedSession<T, N> {
    /// The session itself, to flash a message or to invalidate it.
    pub fn session(&self) -> &Session<N> {
        &self.session
    }
}

impl<T, N> From<Session<N>> for TypedSession<T, N> {
    fn from(session: Session<N>) -> Self {
        Self { session, value: PhantomData }
    }
}

impl<T, N> Clone for TypedSession<T, N> {
    fn clone(&self) -> Self {
        self.session.clone().into()
    }
}

impl<T, N> fmt::Debug for TypedSession<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedSession").finish_non_exhaustive()
    }
}
