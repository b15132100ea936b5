//! The errors of this crate.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use session_cookie::CookieError;
use session_core::State;
use session_serde::DumpError;
use session_sign::{HashAlgError, KeyError};

/// What is wrong with a configuration, and what to do about it.
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

    pub(crate) fn because(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// The option concerned, by the name of the builder's method; `cookie` for the cookie's name and attributes.
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
    /// The error of the part that the option is for. The message has all of its text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Equal if the option and the message are.
impl PartialEq for BuildError {
    fn eq(&self, other: &Self) -> bool {
        (self.option, &self.message) == (other.option, &other.message)
    }
}

impl Eq for BuildError {}

impl From<CookieError> for BuildError {
    fn from(error: CookieError) -> Self {
        Self::new("cookie", error.to_string()).because(error)
    }
}

impl From<SaveError> for BuildError {
    fn from(error: SaveError) -> Self {
        let described = match error.size() {
            Some(size) => Self::new(
                "max_len",
                format!(
                    "use at least {size}, or a shorter name: an empty session would not fit into the cookie"
                ),
            ),
            None => Self::new("serializer", error.to_string()),
        };
        described.because(error)
    }
}

impl From<KeyError> for BuildError {
    fn from(error: KeyError) -> Self {
        Self::new("mac", error.to_string()).because(error)
    }
}

impl From<HashAlgError> for BuildError {
    fn from(error: HashAlgError) -> Self {
        Self::new("hashalg", error.to_string()).because(error)
    }
}

/// Why a session could not be saved. The session can still be used, and the browser's cookie stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    TooLarge { cookie_name: String, size: usize, limit: usize, largest: Vec<(String, usize)> },
    Unserializable(DumpError),
    Unfit,
    WrongFactory { cookie_name: String },
}

/// How many entries a [`SaveError`] names.
const LARGEST: usize = 3;

impl SaveError {
    /// The error of a value of `size` bytes where `limit` is allowed.
    pub(crate) fn too_large(cookie_name: &str, size: usize, limit: usize, state: &State) -> Self {
        let mut largest: Vec<_> =
            state.entries().map(|entry| (entry.name().to_owned(), entry.size())).collect();
        largest.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        largest.truncate(LARGEST);
        Self(Kind::TooLarge { cookie_name: cookie_name.to_owned(), size, limit, largest })
    }

    pub(crate) fn unserializable(error: DumpError) -> Self {
        Self(Kind::Unserializable(error))
    }

    pub(crate) fn unfit() -> Self {
        Self(Kind::Unfit)
    }

    pub(crate) fn wrong_factory(cookie_name: &str) -> Self {
        Self(Kind::WrongFactory { cookie_name: cookie_name.to_owned() })
    }

    /// The session does not fit into a cookie.
    pub fn is_too_large(&self) -> bool {
        matches!(self.0, Kind::TooLarge { .. })
    }

    /// An entry has no form in the serializer's format, or what it wrote is not fit for a cookie.
    pub fn is_unserializable(&self) -> bool {
        matches!(self.0, Kind::Unserializable(_) | Kind::Unfit)
    }

    /// The session was loaded by another factory than the one that is to save it.
    pub fn is_wrong_factory(&self) -> bool {
        matches!(self.0, Kind::WrongFactory { .. })
    }

    /// Bytes that the cookie's value would have, if it is too large.
    pub fn size(&self) -> Option<usize> {
        match self.0 {
            Kind::TooLarge { size, .. } => Some(size),
            _ => None,
        }
    }

    /// Bytes that the cookie's value may have, if it is too large.
    pub fn limit(&self) -> Option<usize> {
        match self.0 {
            Kind::TooLarge { limit, .. } => Some(limit),
            _ => None,
        }
    }

    /// If it is too large: the keys of the largest entries with their bytes, as JSON and before base64, largest first.
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
                write!(
                    f,
                    "the session needs {size} bytes of cookie {cookie_name:?}, and {limit} is the limit"
                )?;
                for (i, (key, bytes)) in largest.iter().enumerate() {
                    write!(f, "{} {key:?} ({bytes} bytes)", if i == 0 { "; largest entries:" } else { "," })?;
                }
                Ok(())
            }
            Kind::Unserializable(error) => write!(f, "the session cannot be serialized: {error}"),
            Kind::Unfit => {
                f.write_str("the serializer wrote bytes that no cookie can hold; sign or encode them")
            }
            Kind::WrongFactory { cookie_name } => write!(
                f,
                "the session was loaded by another factory than this one of cookie {cookie_name:?}; \
                 call save() on the session itself"
            ),
        }
    }
}

impl Error for SaveError {
    /// The error of the serializer, if there is one. The message has all of its text.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Kind::Unserializable(error) => Some(error),
            Kind::TooLarge { .. } | Kind::Unfit | Kind::WrongFactory { .. } => None,
        }
    }
}
