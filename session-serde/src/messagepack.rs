use std::io::Cursor;

use rmp_serde::Deserializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{DumpError, LoadError};
use crate::serializer::Serializer;

/// [MessagePack](https://msgpack.org): smaller than JSON, for sites where no Python side reads the session.
///
/// A session holds what JSON can hold: binary data, extension types, NaN and map keys that are no strings, which another
/// program may have written, are malformed here. Integers have at most 64 bits.
///
/// ```
/// use session_serde::{MessagePackSerializer, Serializer};
///
/// let bytes = MessagePackSerializer.dumps(&(1, "a")).unwrap();
/// assert_eq!(bytes, [0x92, 0x01, 0xa1, b'a']);
/// assert_eq!(MessagePackSerializer.loads::<(u8, String)>(&bytes).unwrap(), (1, "a".to_owned()));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MessagePackSerializer;

/// What reading may recurse: the lists and maps, and what is in the last of them.
const MAX_DEPTH: usize = session_core::json::MAX_DEPTH + 1;

impl Serializer for MessagePackSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        rmp_serde::to_vec_named(value)
            .map_err(|_| DumpError::unsupported("a value that MessagePack cannot hold"))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let mut deserializer = Deserializer::new(Cursor::new(bytes));
        deserializer.set_max_depth(MAX_DEPTH);
        let value = T::deserialize(&mut deserializer)
            .map_err(|_| LoadError::malformed("not MessagePack of the expected shape"))?;
        if deserializer.position() != bytes.len() as u64 {
            return Err(LoadError::malformed("bytes after the MessagePack value"));
        }
        Ok(value)
    }
}
