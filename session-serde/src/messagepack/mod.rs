//! [`MessagePackSerializer`].

use std::borrow::Cow;
use std::io::Cursor;

use rmp_serde::Deserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;

use crate::error::{DumpError, LoadError};
use crate::serializer::{Loaded, Serializer};

mod header;
mod json;
mod record;
mod values;

/// A serializer for [MessagePack](https://msgpack.org): smaller than JSON, for sites where no Python application reads
/// the session.
///
/// An untouched entry is written back byte for byte, even if another program wrote a value that JSON cannot represent.
/// The application reads such values as follows:
///
/// | MessagePack | is read as |
/// |---|---|
/// | binary data | a list of numbers, so `Vec<u8>` reads it |
/// | `NaN` and the infinities | a float; within a list or map, an error |
/// | an extension type, a map with keys that are not strings, a string that is not UTF-8 | an error that names the kind of value |
///
/// An entry of a session that contains an integer of more than 64 bits cannot be written. Outside of sessions,
/// [`dumps`](Serializer::dumps) writes an `i128` or a `u128` as 16 bytes of binary data, which
/// [`loads`](Serializer::loads) reads back as the same type.
///
/// ```
/// # extern crate session_serde as signed_session;
/// use signed_session::{MessagePackSerializer, Serializer};
///
/// let bytes = MessagePackSerializer.dumps(&(1, "a")).unwrap();
/// assert_eq!(bytes, [0x92, 0x01, 0xa1, b'a']);
/// assert_eq!(MessagePackSerializer.loads::<(u8, String)>(&bytes).unwrap(), (1, "a".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePackSerializer;

/// The depth limit for rmp_serde. It is one more than the number of nested lists and maps that are allowed, because
/// rmp_serde fails when its counter reaches zero.
const MAX_DEPTH: usize = session_core::json::MAX_DEPTH + 1;

impl Serializer for MessagePackSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        rmp_serde::to_vec_named(value)
            .map_err(|_| DumpError::unsupported("MessagePack cannot represent the value"))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let mut deserializer = Deserializer::new(Cursor::new(bytes));
        deserializer.set_max_depth(MAX_DEPTH);
        let value = T::deserialize(&mut deserializer)
            .map_err(|_| LoadError::malformed("the bytes are not MessagePack of the expected shape"))?;
        if deserializer.position() != bytes.len() as u64 {
            return Err(LoadError::malformed("bytes follow the MessagePack value"));
        }
        Ok(value)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        record::dump(record, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        record::load(bytes.into_owned()).map(Loaded::new)
    }
}
