//! The errors of this crate.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::CookieError;
#[cfg(feature = "store")]
use session_core::EntryError;
use session_core::{FactoryError, State};
use session_serde::DumpError;
use session_sign::{HashAlgError, KeyError, SecretError};
#[cfg(feature = "store")]
use session_store::StoreError;

/// The name that errors use for the current secret.
pub(crate) const SECRET: &str = "secret";

/// The name that errors use for a retired secret.
pub(crate) const RETIRED_SECRET: &str = "retired_secret";

/// Error returned when an option of a factory is invalid. Its message says what to do.
#[derive(Clone, Debug)]
pub struct BuildError {
    option: &'static str,
    message: String,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl BuildError {
    pub(crate) fn new(option: &'static str, message: impl Into<String>) -> Self {
        Self { option, message: message.into(), source: None }
    }

    /// Returns the function that creates the error for an invalid secret in `option`. If the secret is weak, the error
    /// says what to do. `alternative` is appended to this advice.
    pub(crate) fn of_secret(option: &'static str, alternative: &str) -> impl Fn(SecretError) -> Self {
        move |error| {
            let (advice, alternative) = match option {
                _ if !error.is_weak() => ("", ""),
                RETIRED_SECRET => ("; remove it", alternative),
                _ => ("; generate one with `signed-session keygen` or `openssl rand -hex 64`", alternative),
            };
            Self::new(option, format!("{error}{advice}{alternative}")).with_source(error)
        }
    }

    /// Creates the error for an invalid name or attribute of the cookie.
    pub(crate) fn of_cookie(error: CookieError) -> Self {
        Self::new("cookie", error.to_string()).with_source(error)
    }

    /// Creates the error for a key that the MAC does not accept.
    pub(crate) fn of_key(error: KeyError) -> Self {
        Self::new("mac", error.to_string()).with_source(error)
    }

    /// Creates the error for an unknown name of a hash.
    pub(crate) fn of_hashalg(error: HashAlgError) -> Self {
        Self::new("hashalg", error.to_string()).with_source(error)
    }

    /// Creates the error for an empty session that cannot be saved.
    pub(crate) fn of_empty_session(error: SaveError) -> Self {
        let described = match error.size() {
            Some(size) => Self::new(
                "max_len",
                format!("even an empty session needs {size} bytes; use at least {size}, or a shorter name"),
            ),
            None => Self::new("serializer", error.to_string()),
        };
        described.with_source(error)
    }

    /// Appends a hint to the message.
    pub(crate) fn with_hint(self, hint: &str) -> Self {
        Self { message: self.message + hint, ..self }
    }

    pub(crate) fn with_source(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// Returns the name of the invalid option: `secret` for the current secret, `cookie` for the cookie's name and
    /// attributes, and otherwise the name of the builder's method.
    pub fn option(&self) -> &str {
        self.option
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.option, self.message)
    }
}

impl Error for BuildError {
    /// Returns the error of the component that the option belongs to, if there is one. The message includes the text of
    /// this error, unless the option is `max_len`.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Compares the option and the message, not the source.
impl PartialEq for BuildError {
    fn eq(&self, other: &Self) -> bool {
        (self.option, &self.message) == (other.option, &other.message)
    }
}

impl Eq for BuildError {}

/// Error returned when a session cannot be saved, or cannot be loaded because of its store. A session that cannot be
/// saved stays usable. The browser keeps its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    TooLarge {
        cookie_name: Option<String>,
        size: usize,
        limit: usize,
        largest: Vec<(String, usize)>,
    },
    Unserializable(DumpError),
    InvalidCookieValue,
    WrongFactory {
        cookie_name: String,
    },
    #[cfg(feature = "store")]
    Store(StoreError),
    #[cfg(feature = "store")]
    Conflict(EntryError),
    #[cfg(feature = "store")]
    Random(EntryError),
    #[cfg(feature = "store")]
    Aborted,
    #[cfg(feature = "store")]
    AlreadySaved,
}

/// Maximum number of entries that a [`SaveError`] names.
const MAX_LARGEST_ENTRIES: usize = 3;

impl SaveError {
    /// Creates the error for a session that needs `size` bytes, where `limit` bytes are allowed. `cookie_name` is the
    /// name of the session's cookie; `None` if the session is too large for its store.
    pub(crate) fn too_large(cookie_name: Option<&str>, size: usize, limit: usize, state: &State) -> Self {
        let mut largest: Vec<_> =
            state.entries().map(|entry| (entry.name().to_owned(), entry.size())).collect();
        largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        largest.truncate(MAX_LARGEST_ENTRIES);
        Self(Kind::TooLarge { cookie_name: cookie_name.map(str::to_owned), size, limit, largest })
    }

    pub(crate) fn unserializable(error: DumpError) -> Self {
        Self(Kind::Unserializable(error))
    }

    pub(crate) fn invalid_cookie_value() -> Self {
        Self(Kind::InvalidCookieValue)
    }

    pub(crate) fn wrong_factory(cookie_name: &str) -> Self {
        Self(Kind::WrongFactory { cookie_name: cookie_name.to_owned() })
    }

    #[cfg(feature = "store")]
    pub(crate) fn store(error: StoreError) -> Self {
        Self(Kind::Store(error))
    }

    /// Creates the error for a change that cannot be applied to the entries that another request has saved meanwhile.
    #[cfg(feature = "store")]
    pub(crate) fn conflicting_entry(error: EntryError) -> Self {
        Self(Kind::Conflict(error))
    }

    /// Creates the error for a system that provides no random bytes for a session id.
    #[cfg(feature = "store")]
    pub(crate) fn random(error: EntryError) -> Self {
        Self(Kind::Random(error))
    }

    /// Creates the error for a task that did not finish the save.
    #[cfg(feature = "store")]
    pub(crate) fn aborted() -> Self {
        Self(Kind::Aborted)
    }

    /// Creates the error for a session whose changes were already taken by `SessionFactory::save`, by `abandon`, or by
    /// a `save` that was dropped.
    #[cfg(feature = "store")]
    pub(crate) fn already_saved() -> Self {
        Self(Kind::AlreadySaved)
    }

    /// Returns the error of the session store, if the store is the cause.
    #[cfg(feature = "store")]
    pub fn store_error(&self) -> Option<&StoreError> {
        match &self.0 {
            Kind::Store(error) => Some(error),
            _ => None,
        }
    }

    /// Returns whether the session store cannot be reached, is overloaded, or did not answer in time. Trying again
    /// later can help.
    pub fn is_unavailable(&self) -> bool {
        #[cfg(feature = "store")]
        if let Kind::Store(error) = &self.0 {
            return error.is_unavailable();
        }
        false
    }

    /// Returns whether other requests changed the session at the same time: they kept changing it during the save, or
    /// the changes of this request cannot be applied to the entries that another request has saved. Load the session
    /// again, and repeat the changes.
    #[cfg(feature = "store")]
    pub fn is_conflict(&self) -> bool {
        matches!(self.0, Kind::Conflict(_)) || self.store_error().is_some_and(StoreError::is_conflict)
    }

    /// Returns whether the session is too large for a cookie, or for its store.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge { .. })
    }

    /// Returns whether the serializer failed, or wrote bytes that are invalid in a cookie. A serializer fails, for
    /// instance, if it cannot represent an entry.
    pub fn is_unserializable(&self) -> bool {
        matches!(self.0, Kind::Unserializable(_) | Kind::InvalidCookieValue)
    }

    /// Returns whether the factory was asked to save a session that another factory had loaded.
    pub fn is_wrong_factory(&self) -> bool {
        matches!(self.0, Kind::WrongFactory { .. })
    }

    /// Returns whether the changes were already taken out of the session, by an earlier call of
    /// [`SessionFactory::save`](session_core::SessionFactory::save) or
    /// [`SessionFactory::abandon`](session_core::SessionFactory::abandon), or by a call of the session's own `save`
    /// whose future was dropped.
    #[cfg(feature = "store")]
    pub fn is_already_saved(&self) -> bool {
        matches!(self.0, Kind::AlreadySaved)
    }

    /// Returns the size in bytes of a session that is too large; `None` for any other error. It is the size of the
    /// cookie's value, or of the data in the store.
    pub fn size(&self) -> Option<usize> {
        match self.0 {
            Kind::TooLarge { size, .. } => Some(size),
            _ => None,
        }
    }

    /// Returns the limit in bytes that the [`size`](Self::size) exceeds; `None` if the session is not too large.
    pub fn limit(&self) -> Option<usize> {
        match self.0 {
            Kind::TooLarge { limit, .. } => Some(limit),
            _ => None,
        }
    }

    /// Returns the keys and sizes of the three largest entries, largest first, if the session is too large. A size is
    /// the approximate number of bytes in the record, before base64.
    pub fn largest_entries(&self) -> &[(String, usize)] {
        match &self.0 {
            Kind::TooLarge { largest, .. } => largest,
            _ => &[],
        }
    }
}

impl fmt::Display for SaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::TooLarge { cookie_name, size, limit, largest } => {
                write!(f, "the session needs {size} bytes in ")?;
                match cookie_name {
                    Some(cookie_name) => write!(f, "cookie {cookie_name:?}")?,
                    None => f.write_str("the store")?,
                }
                write!(f, ", and {limit} is the limit")?;
                for (i, (key, bytes)) in largest.iter().enumerate() {
                    write!(f, "{} {key:?} ({bytes} bytes)", if i == 0 { "; largest entries:" } else { "," })?;
                }
                Ok(())
            }
            Kind::Unserializable(error) => write!(f, "the session cannot be serialized: {error}"),
            Kind::InvalidCookieValue => {
                f.write_str("the serializer wrote bytes that are invalid in a cookie; sign or encode them")
            }
            Kind::WrongFactory { cookie_name } => write!(
                f,
                "the session was not loaded by this factory of cookie {cookie_name:?}; \
                 call save() on the session itself"
            ),
            #[cfg(feature = "store")]
            Kind::Store(error) => error.fmt(f),
            #[cfg(feature = "store")]
            Kind::Conflict(error) => {
                write!(
                    f,
                    "another request has changed the session, and the changes of this one cannot be applied: {error}"
                )
            }
            #[cfg(feature = "store")]
            Kind::Random(error) => write!(f, "cannot create a session id: {error}"),
            #[cfg(feature = "store")]
            Kind::Aborted => f.write_str("the save panicked, or its runtime shut down"),
            #[cfg(feature = "store")]
            Kind::AlreadySaved => f.write_str(
                "an earlier call has taken the changes of this session: SessionFactory::save, abandon, or a save() \
                 that was dropped; to save a session several times, await save() on the session itself each time",
            ),
        }
    }
}

impl FactoryError for SaveError {
    /// Returns one second if the session store cannot be reached, is overloaded or did not answer in time, or if other
    /// requests kept changing the session. The factory logs these failures itself.
    fn retry_after(&self) -> Option<Duration> {
        #[cfg(feature = "store")]
        if let Kind::Store(error) = &self.0 {
            let is_temporary = error.is_unavailable() || error.is_conflict();
            return is_temporary.then_some(Duration::from_secs(1));
        }
        None
    }
}

impl Error for SaveError {
    /// Returns the `DumpError` or `EntryError` that is the cause, if there is one. The message includes its text. If a
    /// `StoreError` is the cause, its text is the whole message, so this method returns the source of the
    /// `StoreError`. `store_error` returns the `StoreError` itself.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Unserializable(error) => Some(error),
            #[cfg(feature = "store")]
            Kind::Store(error) => error.source(),
            #[cfg(feature = "store")]
            Kind::Conflict(error) | Kind::Random(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(all(test, feature = "store"))]
mod tests {
    use super::*;

    /// Regression: the source was the `StoreError`, so a report of all sources showed its text twice.
    #[test]
    fn source_of_store_failure_is_source_of_store_error() {
        let cause = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let error = SaveError::store(StoreError::unavailable(cause()));
        assert_eq!(error.to_string(), error.store_error().unwrap().to_string());
        assert!(error.source().unwrap().is::<std::io::Error>());
        assert!(SaveError::store(StoreError::conflict()).source().is_none());
    }

    /// A unit test, because an integration test cannot make the system fail to provide random bytes.
    #[test]
    fn session_id_error_has_system_error_in_source_chain() {
        let cause = || std::io::Error::from(std::io::ErrorKind::Unsupported);
        let error = SaveError::random(EntryError::random(cause()));
        let text = cause().to_string();
        assert!(
            error.to_string().starts_with("cannot create a session id") && error.to_string().ends_with(&text)
        );
        let entry = error.source().unwrap();
        assert!(entry.downcast_ref().is_some_and(EntryError::is_random));
        assert_eq!(entry.source().map(ToString::to_string), Some(text));
        assert_eq!(error, SaveError::random(EntryError::random(cause())));
    }
}
