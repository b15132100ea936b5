//! [`JsonSerializer`].

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{Record, json};

use crate::error::{DumpError, LoadError};
use crate::serializer::{Loaded, Serializer};

/// A serializer for JSON, byte for byte as Python's `json.dumps` writes it: Pyramid's default since 2.0.
///
/// An untouched entry keeps its spelling: integers of any size, floats, the order of keys. `NaN` and `Infinity`, which
/// Python writes although they are not JSON, pass through as well. They can be read as floats.
///
/// ```
/// use session_serde::{JsonSerializer, Serializer};
///
/// let bytes = JsonSerializer.dumps(&("Zoë", 1e-5)).unwrap();
/// assert_eq!(bytes, br#"["Zo\u00eb", 1e-05]"#);
/// assert_eq!(JsonSerializer.loads::<(String, f64)>(&bytes).unwrap(), ("Zoë".to_owned(), 1e-5));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonSerializer;

impl Serializer for JsonSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let mut out = Vec::new();
        json::write(&mut out, value).map_err(|error| DumpError::unsupported(error.to_string()))?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        serde_json::from_slice(bytes)
            .map_err(|_| LoadError::malformed("the bytes are not JSON of the expected shape"))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        record.write_json(out).map_err(|error| DumpError::unsupported(error.to_string()))
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        Ok(Loaded::fresh(Record::from_json(bytes.into_owned())?))
    }
}
