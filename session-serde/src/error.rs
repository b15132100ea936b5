use std::borrow::Cow;
use std::fmt;

use session_core::{MalformedRecord, Rejection};

/// Why bytes could not be read: Pyramid's `ValueError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    cause: LoadCause,
    verified: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum LoadCause {
    Malformed(Cow<'static, str>),
    BadSignature,
}

impl LoadError {
    /// The bytes are not what the serializer writes. `why` is for the log: it must not quote what is in them.
    pub fn malformed(why: impl Into<Cow<'static, str>>) -> Self {
        Self { cause: LoadCause::Malformed(why.into()), verified: false }
    }

    /// The bytes were not written by a holder of the key, or were changed since.
    pub fn bad_signature() -> Self {
        Self { cause: LoadCause::BadSignature, verified: false }
    }

    /// The same error of bytes that bore a good signature: they are what a holder of the key has written.
    pub fn verified(self) -> Self {
        Self { verified: true, ..self }
    }

    /// Is this [`malformed`](Self::malformed)?
    pub fn is_malformed(&self) -> bool {
        matches!(self.cause, LoadCause::Malformed(_))
    }

    /// Is this [`bad_signature`](Self::bad_signature)?
    pub fn is_bad_signature(&self) -> bool {
        self.cause == LoadCause::BadSignature
    }

    /// Is this [`verified`](Self::verified)?
    pub fn is_verified(&self) -> bool {
        self.verified
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            LoadCause::Malformed(why) => write!(f, "malformed: {why}"),
            LoadCause::BadSignature => f.write_str("bad signature"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<MalformedRecord> for LoadError {
    fn from(error: MalformedRecord) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<LoadError> for Rejection {
    fn from(error: LoadError) -> Self {
        match error.cause {
            LoadCause::Malformed(why) => Self::malformed(why),
            LoadCause::BadSignature => Self::bad_signature(),
        }
    }
}

/// Why a value could not be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpError(Cow<'static, str>);

impl DumpError {
    /// The value has no form in the serializer's format. `why` is for the log: it must not quote the value.
    pub fn unsupported(why: impl Into<Cow<'static, str>>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DumpError {}
