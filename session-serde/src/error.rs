use std::borrow::Cow;
use std::fmt;

use session_core::MalformedRecord;

/// Why bytes could not be read: Pyramid's `ValueError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError(LoadCause);

#[derive(Clone, Debug, PartialEq, Eq)]
enum LoadCause {
    Malformed(Cow<'static, str>),
    BadSignature,
}

impl LoadError {
    /// The bytes are not what the serializer writes. `why` is for the log: it must not quote what is in them.
    pub fn malformed(why: impl Into<Cow<'static, str>>) -> Self {
        Self(LoadCause::Malformed(why.into()))
    }

    /// The bytes were not written by a holder of the key, or were changed since.
    pub fn bad_signature() -> Self {
        Self(LoadCause::BadSignature)
    }

    /// Is this [`malformed`](Self::malformed)?
    pub fn is_malformed(&self) -> bool {
        matches!(self.0, LoadCause::Malformed(_))
    }

    /// Is this [`bad_signature`](Self::bad_signature)?
    pub fn is_bad_signature(&self) -> bool {
        self.0 == LoadCause::BadSignature
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
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
