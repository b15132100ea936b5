//! The session as a type of the application.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{EntryError, Session as _, SessionExt, State, json};

use crate::error::SessionError;
use crate::session::Session;
use crate::session_copy::SessionCopy;

/// The session's entries as a type of your own, usually a struct with a field for each key.
///
/// The type does not see flash messages, the CSRF token, the session's id in a store, the session's own timeout and
/// lifetime, or entries that it has no field for. They stay in the session unchanged.
///
/// The type must implement `Default`, because a new session is empty. If serde can fill all fields without an entry
/// itself, it does so: an `Option` becomes `None`, and a field with `#[serde(default)]` gets that default. If serde
/// cannot fill one of them, all fields without an entry get their values from `T::default()`. With `#[serde(default)]`
/// on the type, they always do.
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
    /// Returns the session's entries as a `T`.
    ///
    /// # Errors
    /// Returns an error if the entries, completed from `T::default()`, cannot be deserialized as a `T`.
    pub fn get(&self) -> Result<T, SessionError> {
        self.session.with_copy(|copy| read_or_default(copy))
    }

    /// Writes `value` if its JSON text differs from that of what [`get`](Self::get) returns.
    ///
    /// The text of a `HashMap` or a `HashSet` has a random order, so a type that contains one is usually written. Use
    /// [`update`](Self::update) to write such a type only if it changes.
    ///
    /// # Errors
    /// Returns the same errors as [`Session::write`]. In each case, nothing of `value` is written.
    pub fn set(&self, value: &T) -> Result<(), SessionError> {
        match self.get() {
            Ok(held) if text(&held).is_some_and(|held| text(value) == Some(held)) => Ok(()),
            _ => self.session.write(value),
        }
    }

    /// Reads the value, calls `change` on it, and writes it back if it was changed. Returns the result of `change`.
    ///
    /// If another clone changes the session before the value is written back, `change` is called again, with the new
    /// value.
    ///
    /// If another request saves the same session in the store first, the save of this request calls `change` again,
    /// with the value that the other request saved. A counter in `T` that `change` increments therefore counts both
    /// requests. The save happens after this method has returned, so the closure must own what it uses.
    ///
    /// If another clone invalidates or renews the session before the value is written back, this method writes nothing
    /// and returns a conflict error ([`SessionError::is_conflict`]).
    ///
    /// # Errors
    /// Returns the same errors as [`get`](Self::get) and [`set`](Self::set).
    pub fn update<R>(&self, change: impl FnMut(&mut T) -> R + Send + 'static) -> Result<R, SessionError> {
        let generation = self.session.generation();
        let change = Arc::new(Mutex::new(change));
        let changed = {
            let change = Arc::clone(&change);
            move |copy: &mut SessionCopy| {
                let mut change = change.lock().unwrap_or_else(PoisonError::into_inner);
                updated(copy, &mut *change)
            }
        };
        let redo = {
            let changed = changed.clone();
            move |state: &mut State| {
                let mut copy = SessionCopy::of(state);
                changed(&mut copy)?;
                if let Some(changed) = copy.into_changed() {
                    *state = changed;
                }
                Ok(())
            }
        };
        self.session.with_copy_in(Some(generation), changed, move |session, state| {
            session.replace_state(state, Box::new(redo));
        })
    }
}

/// Reads a `T`, calls `change` on it, and writes it back if it was changed.
fn updated<T: Serialize + DeserializeOwned + Default, R>(
    copy: &mut SessionCopy,
    change: &mut impl FnMut(&mut T) -> R,
) -> Result<R, EntryError> {
    let mut value = read_or_default(copy)?;
    // Compare the JSON of this one value before and after. A second value read from the same entries may have different
    // JSON, because a `HashMap` has no fixed order.
    let before = text(&value);
    let result = change(&mut value);
    if before.is_none() || text(&value) != before {
        copy.write(&value)?;
    }
    Ok(result)
}

/// Returns the JSON text of a value, or `None` if the value cannot be serialized or contains a NaN or an infinity.
fn text<T: Serialize>(value: &T) -> Option<String> {
    json::to_string(value).ok()
}

/// Reads a `T`. If this fails, takes the missing entries from `T::default()` and tries again.
fn read_or_default<T: Serialize + DeserializeOwned + Default>(copy: &SessionCopy) -> Result<T, EntryError> {
    copy.read().or_else(|error| {
        let state = copy.state();
        let defaults = defaults::<T>().ok_or(error)?;
        read_with_defaults(state, &defaults).or_else(|error| {
            read_with_defaults(state, &without_aliased::<T>(&defaults, state)).map_err(|_: EntryError| error)
        })
    })
}

/// Returns the entries of `T::default()`, or `None` if it does not serialize to a JSON object.
fn defaults<T: Serialize + Default>() -> Option<State> {
    State::from_json(json::to_string(&T::default()).ok()?).ok()
}

/// Reads a `T` from a copy of the state in which missing entries are filled in from `defaults`.
fn read_with_defaults<T: DeserializeOwned>(state: &State, defaults: &State) -> Result<T, EntryError> {
    let mut copy = SessionCopy::of(state);
    for key in defaults.keys().filter(|key| !state.contains_key(key)) {
        if let Some(value) = defaults.get_encoded(key) {
            copy.state_mut().insert_encoded(key, value)?;
        }
    }
    copy.read()
}

/// Returns `defaults` without the fields that have an entry under a serde `alias`. With the default as well, serde
/// would report a duplicate field.
///
/// An entry is under an alias if a `T` cannot be read from this entry and all defaults, but can be read from this entry
/// and the defaults of all other fields.
fn without_aliased<T: DeserializeOwned>(defaults: &State, state: &State) -> State {
    let is_readable = |state: &State| SessionCopy::of(state).read::<T>().is_ok();
    let mut rest = defaults.clone();
    for key in state.keys().filter(|key| !defaults.contains_key(key)) {
        let mut with_entry = defaults.clone();
        let inserted = state.get_encoded(key).map(|value| with_entry.insert_encoded(key, value));
        if !matches!(inserted, Some(Ok(()))) || is_readable(&with_entry) {
            continue;
        }
        let field = defaults.keys().find(|field| {
            let mut without_field = with_entry.clone();
            without_field.discard(field) && is_readable(&without_field)
        });
        if let Some(field) = field {
            rest.discard(field);
        }
    }
    rest
}

impl<T, N> TypedSession<T, N> {
    /// Returns the underlying session, for example to flash a message or to invalidate the session.
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
