//! The error type of stores.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Error returned when a call of a store fails.
///
/// The message includes the message of the source. So the source's message must not contain session data or session
/// ids.
#[derive(Clone, Debug)]
pub struct StoreError {
    kind: Kind,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Unavailable,
    Timeout(Duration),
    Refused,
    Invalid(&'static str),
    Conflict,
    NoOwner,
}

impl StoreError {
    fn new(kind: Kind) -> Self {
        Self { kind, source: None }
    }

    fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into().into()), ..self }
    }

    /// Creates the error for a store that cannot be reached, or that is overloaded. Trying again later can help.
    /// `source` is the error of the engine's client, or a text that says what happened.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Unavailable).with_source(source)
    }

    /// Creates the error for a call that took longer than `limit`.
    pub fn timeout(limit: Duration) -> Self {
        Self::new(Kind::Timeout(limit))
    }

    /// Creates the error for a call that the store refused, for instance because a table or a permission is missing.
    /// Trying again does not help. `source` is the error of the engine's client, or a text that says what happened.
    pub fn refused(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Kind::Refused).with_source(source)
    }

    /// Creates the error for a row, or another reply of the store, that cannot be read. `what` is the reason, without
    /// the contents.
    pub fn invalid(what: &'static str) -> Self {
        Self::new(Kind::Invalid(what))
    }

    /// Creates the error for a call that gave up because other calls kept changing the row.
    pub fn conflict() -> Self {
        Self::new(Kind::Conflict)
    }

    /// Creates the error for a handle that belongs to no session, or to a session without an owner.
    pub fn no_owner() -> Self {
        Self::new(Kind::NoOwner)
    }

    /// Returns whether the call failed because its handle belongs to no session, or to a session without an owner.
    pub fn is_no_owner(&self) -> bool {
        self.kind == Kind::NoOwner
    }

    /// Returns whether the call failed because the store cannot be reached, is overloaded, or did not answer in time.
    /// Trying again later can help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, Kind::Unavailable | Kind::Timeout(_))
    }

    /// Returns whether the call failed because other calls kept changing the row.
    pub fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Unavailable => f.write_str("the session store cannot be reached")?,
            Kind::Timeout(limit) => write!(f, "the session store did not answer within {limit:?}")?,
            Kind::Refused => f.write_str("the session store refused the call")?,
            Kind::Invalid(what) => write!(f, "the session store returned invalid data: {what}")?,
            Kind::NoOwner => f.write_str(
                "the session store has no session with an owner under this handle; \
                 end the user's other sessions before this session gets a new id, or after the new id was saved",
            )?,
            Kind::Conflict => f.write_str("other requests kept changing the session; try again")?,
        }
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for StoreError {
    /// Returns the error or the text from which this error was created, usually the error of the engine's client. Only
    /// errors from [`unavailable`](Self::unavailable) and [`refused`](Self::refused) have a source. The message of the
    /// `StoreError` already includes the text of the source.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Two errors are equal if they have the same kind and the same limit or reason, and their sources have the same text.
impl PartialEq for StoreError {
    fn eq(&self, other: &Self) -> bool {
        let text = |error: &Self| error.source.as_ref().map(ToString::to_string);
        self.kind == other.kind && text(self) == text(other)
    }
}

impl Eq for StoreError {}
