use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;

use crate::error::{DumpError, LoadError};

/// Turns values into bytes and back: the two methods that Pyramid asks of a serializer, typed by serde.
///
/// The two further methods carry a session's record and have a default that goes through the first two. Override them
/// where that would lose something, or to wrap another serializer: a decorator (signing, encryption, compression) does
/// its work on the bytes and passes the record on to the inner serializer, so that what that one preserves is preserved.
///
/// A serializer of some kind of JSON should override [`loads_record`](Self::loads_record) with
/// [`Record::from_json`]: serde_json gives integers beyond 64 bits to others as floats, and nobody can tell.
pub trait Serializer: Send + Sync {
    /// The bytes of `value`.
    ///
    /// # Errors
    /// If the value has no form in this format.
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError>;

    /// The value of `bytes`, all of them.
    ///
    /// # Errors
    /// If they are malformed, or not a `T`. Never panics, whatever the bytes.
    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError>;

    /// Appends the bytes of a session's record to `out`.
    ///
    /// # Errors
    /// If an entry has no form in this format; `out` may then end with a part of the record.
    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        out.extend_from_slice(&self.dumps(record)?);
        Ok(())
    }

    /// The session's record of `bytes`, all of them. Bytes that are given away are kept rather than copied.
    ///
    /// # Errors
    /// If they are malformed. Never panics, whatever the bytes.
    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.loads(&bytes).map(Loaded::fresh)
    }
}

/// A record that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The record itself.
    pub record: Record,
    /// Whether it should be written anew at the next access because of how it was written: signed with a retired key,
    /// say.
    pub stale: bool,
}

impl Loaded {
    /// A record that is written as it would be written now.
    pub fn fresh(record: Record) -> Self {
        Self { record, stale: false }
    }
}
