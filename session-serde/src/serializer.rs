//! The [`Serializer`] trait.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;

use crate::error::{DumpError, LoadError};

/// A conversion of values to bytes and back: `dumps` and `loads` of Pyramid's serializers, typed by serde.
///
/// [`dumps_record`](Self::dumps_record) and [`loads_record`](Self::loads_record) convert a session's record. By default
/// they call `dumps` and `loads`. Override them if this default would lose data, or if the serializer wraps another
/// one. Such a wrapper (signing, encryption, compression) transforms the bytes, and calls the methods of the same name
/// of the inner serializer, which may override them to preserve more data.
///
/// A serializer that reads some kind of JSON should override [`loads_record`](Self::loads_record) with
/// [`Record::from_json`]. Otherwise serde_json turns integers beyond 64 bits into floats without an error.
pub trait Serializer: Send + Sync + 'static {
    /// Returns the bytes of `value`.
    ///
    /// # Errors
    /// Returns an error if the format cannot represent the value.
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError>;

    /// Returns the value that `bytes` encode. Bytes after the value are an error, unless the format ignores them, as
    /// pickle does.
    ///
    /// # Errors
    /// Returns an error if the bytes are malformed, have a bad signature, or do not encode a `T`. No input causes a
    /// panic.
    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError>;

    /// Appends the bytes of a session's record to `out`.
    ///
    /// # Errors
    /// Returns an error if the format cannot represent an entry. `out` may then end with a part of the record.
    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        out.extend_from_slice(&self.dumps(record)?);
        Ok(())
    }

    /// Returns the session's record that `bytes` encode. As in [`loads`](Self::loads), bytes after the record are an
    /// error, unless the format ignores them. If `bytes` are owned, an implementation can keep them without a copy.
    ///
    /// # Errors
    /// Returns an error if the bytes are malformed or have a bad signature. No input causes a panic.
    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        self.loads(&bytes).map(Loaded::new)
    }
}

/// A record that a serializer has loaded.
///
/// [`new`](Self::new) creates one; set [`key_index`](Self::key_index) afterwards if a retired key authenticated the
/// record.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The record.
    pub record: Record,
    /// The index of the key that authenticated the record. The current key has index 0. A serializer without retired
    /// keys always sets 0. With any other index, the next access re-issues the record.
    pub key_index: usize,
}

impl Loaded {
    /// Creates a loaded record that does not need to be re-issued.
    pub fn new(record: Record) -> Self {
        Self { record, key_index: 0 }
    }
}
