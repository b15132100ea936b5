//! The error type for entries and sessions.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Error returned when a session or one of its entries cannot be read or changed. The message may name the entry and
/// the type, but never shows contents.
#[derive(Clone, Debug)]
pub struct EntryError {
    kind: Kind,
    key: Option<String>,
    type_name: &'static str,
    /// A clause with the reason or the advice, such as "it is less than one second". It never quotes the session.
    reason: Option<String>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    Random,
    Conflict,
    Lifetime,
    Owner,
    OwnerTooLong,
}

impl EntryError {
    fn new(kind: Kind, key: Option<&str>, type_name: &'static str) -> Self {
        Self { kind, key: key.map(str::to_owned), type_name, reason: None, source: None }
    }

    pub(crate) fn read<T: ?Sized>(key: Option<&str>) -> Self {
        Self::new(Kind::Read, key, std::any::type_name::<T>())
    }

    /// Creates the error for a session that cannot be read as a `T`. The text of `error` may quote contents, so the new
    /// error repeats only the name of a missing field.
    pub(crate) fn read_all<T: ?Sized>(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        // The name of a missing field comes from the type and not from the session.
        let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split_once('`'));
        let advice = |(field, _)| {
            format!("there is no `{field}`; a new session is empty, so give each field a default")
        };
        Self { reason: missing.map(advice), ..Self::read::<T>(None) }
    }

    pub(crate) fn write<T: ?Sized>(key: Option<&str>) -> Self {
        Self::new(Kind::Write, key, std::any::type_name::<T>())
    }

    pub(crate) fn not_json(key: &str) -> Self {
        Self::new(Kind::Write, Some(key), "JSON")
    }

    pub(crate) fn not_a_list(key: &str) -> Self {
        Self::new(Kind::Read, Some(key), "list")
    }

    /// Creates the error for a system that provides no random bytes for a CSRF token or an id. `source` is the error of
    /// the system. The message includes the text of `source`.
    pub fn random(source: impl Error) -> Self {
        let reason = source.to_string();
        // The type of `source` belongs to a dependency, so only its text is kept.
        let error = Self::new(Kind::Random, None, "").because(reason.clone());
        Self { source: Some(Box::<dyn Error + Send + Sync>::from(reason).into()), ..error }
    }

    /// Adds a clause with the reason or the advice. The clause must not quote the session.
    pub(crate) fn because(self, reason: String) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Creates the error for a change that was not made because another clone of the session changed the session in the
    /// meantime. Only session types whose clones share their entries return this error.
    pub fn conflict() -> Self {
        Self::new(Kind::Conflict, None, "")
    }

    /// Creates the error for a timeout or a lifetime that the factory does not allow for a single session. `advice` is
    /// a clause that says what to do, such as "set `max_lifetime` on the builder".
    pub fn unsupported_lifetime(advice: impl Into<String>) -> Self {
        Self::new(Kind::Lifetime, None, "").because(advice.into())
    }

    /// Creates the error for an owner or a label of a session whose factory has no store.
    pub(crate) fn unsupported_owner() -> Self {
        Self::new(Kind::Owner, None, "")
    }

    /// Creates the error for an owner that has `len` bytes, where `limit` bytes are allowed.
    pub fn owner_too_long(len: usize, limit: usize) -> Self {
        let reason = format!("it has {len} bytes, and {limit} is the limit; use the user's id");
        Self::new(Kind::OwnerTooLong, None, "").because(reason)
    }

    /// Returns whether an owner was rejected because it is longer than the session's factory allows.
    pub fn is_owner_too_long(&self) -> bool {
        self.kind == Kind::OwnerTooLong
    }

    /// Returns whether the session cannot have an owner or a label, because its factory has no store.
    pub fn is_unsupported_owner(&self) -> bool {
        self.kind == Kind::Owner
    }

    /// Returns whether the session or the value of an entry cannot be read as the requested type.
    pub fn is_read(&self) -> bool {
        self.kind == Kind::Read
    }

    /// Returns whether a value cannot be stored: for example, its `Serialize` failed, JSON cannot hold it, it is nested
    /// too deeply, or it is a timeout of less than one second.
    pub fn is_write(&self) -> bool {
        self.kind == Kind::Write
    }

    /// Returns whether the system provided no random bytes.
    pub fn is_random(&self) -> bool {
        self.kind == Kind::Random
    }

    /// Returns whether a change was not made because another clone of the session changed the session in the meantime.
    /// Read the session again and retry.
    pub fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }

    /// Returns whether a timeout or a lifetime was rejected because the session's factory does not allow it for a
    /// single session.
    pub fn is_unsupported_lifetime(&self) -> bool {
        self.kind == Kind::Lifetime
    }

    /// Returns the key of the entry, or `None` if the error is not about a single entry.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, hint) = match self.kind {
            Kind::Random => {
                f.write_str("the system provided no random bytes")?;
                return self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"));
            }
            Kind::Conflict => {
                return f.write_str(
                    "another clone of the session changed it in the meantime; read it again and retry",
                );
            }
            Kind::Owner => {
                return f.write_str(
                    "the session cannot have an owner or a label, because its factory has no store; \
                     use sessions in a store, or call `revocable` on the builder",
                );
            }
            Kind::OwnerTooLong => {
                f.write_str("the owner of the session is too long")?;
                return self.reason.as_ref().map_or(Ok(()), |reason| write!(f, ": {reason}"));
            }
            Kind::Lifetime => {
                f.write_str("the factory does not allow this timeout or lifetime for a single session")?;
                return self.reason.as_ref().map_or(Ok(()), |advice| write!(f, "; {advice}"));
            }
            Kind::Read if self.type_name == "&str" => {
                ("read", " (read text with escapes or non-ASCII characters as a `String`)")
            }
            Kind::Read => ("read", ""),
            Kind::Write => (
                "write",
                " (NaN, infinities, map keys that JSON cannot hold, and more than 126 nested levels are not allowed)",
            ),
        };
        let hint = if self.reason.is_some() { "" } else { hint };
        match &self.key {
            Some(key) => write!(f, "cannot {verb} the session entry {key:?} as `{}`{hint}", self.type_name)?,
            None => write!(f, "cannot {verb} the session as `{}`{hint}", self.type_name)?,
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl Error for EntryError {
    /// Returns an error with the text of the system's error if the system provided no random bytes, otherwise `None`.
    /// The errors of serde are not sources, because their texts may quote contents.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Compares everything except the source, whose text is part of the reason.
impl PartialEq for EntryError {
    fn eq(&self, other: &Self) -> bool {
        let Self { kind, key, type_name, reason, source: _ } = self;
        (kind, key, type_name, reason) == (&other.kind, &other.key, &other.type_name, &other.reason)
    }
}

impl Eq for EntryError {}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::EntryError;

    /// Calls the constructor, because a test cannot make the system fail to provide random bytes.
    #[test]
    fn source_of_random_error_has_text_of_system_error() {
        let cause = getrandom::Error::UNSUPPORTED;
        let error = EntryError::random(cause);
        assert!(error.is_random() && !error.is_read() && !error.is_write() && !error.is_conflict());
        assert_eq!(error.to_string(), format!("the system provided no random bytes: {cause}"));
        assert_eq!(error.source().map(ToString::to_string), Some(cause.to_string()));
        assert_eq!(error, EntryError::random(cause));
        assert_ne!(error, EntryError::random(getrandom::Error::UNEXPECTED));
        assert!(EntryError::conflict().source().is_none());
    }
}
