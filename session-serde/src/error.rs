//! The errors of reading and writing: [`LoadError`] and [`DumpError`].

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use session_core::{MalformedRecord, Rejection};

/// Error returned when bytes cannot be read; in Pyramid, a `ValueError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    kind: Kind,
    verified: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Malformed(Cow<'static, str>),
    BadSignature,
}

impl LoadError {
    /// Creates an error for malformed bytes, which the serializer would never write. `why` goes to the log, so it must
    /// not quote the bytes.
    pub fn malformed(why: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: Kind::Malformed(why.into()), verified: false }
    }

    /// Creates an error for bytes that no holder of the key wrote, or that were changed after they were written.
    pub fn bad_signature() -> Self {
        Self { kind: Kind::BadSignature, verified: false }
    }

    /// Marks the error as one for bytes with a good signature, which a holder of the key wrote.
    pub fn verified(self) -> Self {
        Self { verified: true, ..self }
    }

    /// Returns whether the error was created by [`malformed`](Self::malformed).
    pub fn is_malformed(&self) -> bool {
        matches!(self.kind, Kind::Malformed(_))
    }

    /// Returns whether the error was created by [`bad_signature`](Self::bad_signature).
    pub fn is_bad_signature(&self) -> bool {
        self.kind == Kind::BadSignature
    }

    /// Returns whether the error was marked by [`verified`](Self::verified).
    pub fn is_verified(&self) -> bool {
        self.verified
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Malformed(why) => write!(f, "malformed: {why}"),
            Kind::BadSignature => f.write_str("bad signature"),
        }
    }
}

impl Error for LoadError {}

impl From<MalformedRecord> for LoadError {
    fn from(error: MalformedRecord) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<LoadError> for Rejection {
    fn from(error: LoadError) -> Self {
        match error.kind {
            Kind::Malformed(why) => Self::malformed(why),
            Kind::BadSignature => Self::bad_signature(),
        }
    }
}

/// Error returned when a value cannot be written.
#[derive(Clone, Debug)]
pub struct DumpError {
    why: Cow<'static, str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl DumpError {
    /// Creates an error for a value that the serializer's format cannot represent. `why` goes to the log, so it must
    /// not quote the value.
    pub fn unsupported(why: impl Into<Cow<'static, str>>) -> Self {
        Self { why: why.into(), source: None }
    }

    /// Creates an error with the text of `source`. The text goes to the log, so it must not quote the value.
    pub fn caused_by(source: impl Error + Send + Sync + 'static) -> Self {
        Self { why: source.to_string().into(), source: Some(Arc::new(source)) }
    }

    /// Prefixes the reason with the name of the entry that cannot be written.
    #[cfg(any(feature = "messagepack", feature = "pickle"))]
    pub(crate) fn of_entry(self, name: &str) -> Self {
        Self { why: format!("cannot write the session entry {name:?}: {}", self.why).into(), ..self }
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Error for DumpError {
    /// Returns the error passed to [`caused_by`](Self::caused_by). `Display` already shows the text of that error.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

/// Compares the messages, not the sources.
impl PartialEq for DumpError {
    fn eq(&self, other: &Self) -> bool {
        self.why == other.why
    }
}

impl Eq for DumpError {}
