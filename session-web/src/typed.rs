use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{Error, json};

use crate::session::Session;

/// The whole session as a type of yours, usually a struct with a field for each key. Flash messages, the CSRF token and
/// keys that the type does not know are kept beside it.
///
/// ```
/// # fn main() {}
/// # use serde::{Deserialize, Serialize};
/// # use session_web::TypedSession;
/// #[derive(Serialize, Deserialize)]
/// struct Visit {
///     #[serde(default)] // an empty session is a Visit, too
///     hits: u32,
/// }
///
/// async fn handler(visit: TypedSession<Visit>) -> Result<String, session_core::Error> {
///     let hits = visit.update(|visit| { visit.hits += 1; visit.hits })?;
///     Ok(format!("Visit {hits}"))
/// }
/// ```
pub struct TypedSession<T, N = ()> {
    session: Session<N>,
    value: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned, N> TypedSession<T, N> {
    /// What the session holds.
    ///
    /// # Errors
    /// If the session is not a `T`; an empty one neither, unless each field has a default.
    pub fn get(&self) -> Result<T, Error> {
        self.session.read()
    }

    /// Writes `value`, if that changes what the session holds.
    ///
    /// # Errors
    /// If `value` is no struct or map, its `Serialize` fails, or it cannot be read back. The session is then as it was.
    pub fn set(&self, value: &T) -> Result<(), Error> {
        match self.session.read::<T>() {
            Ok(held) if text(&held).is_some_and(|held| text(value) == Some(held)) => Ok(()),
            _ => self.session.write(value),
        }
    }

    /// Reads, lets `change` work on it, and writes it back if it was changed. Returns what `change` returns.
    ///
    /// # Errors
    /// As [`get`](Self::get) and [`set`](Self::set).
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> Result<R, Error> {
        let mut value = self.get()?;
        let result = change(&mut value);
        self.set(&value)?;
        Ok(result)
    }
}

fn text<T: Serialize>(value: &T) -> Option<String> {
    json::to_string(value).ok()
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
