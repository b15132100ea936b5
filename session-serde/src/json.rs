//! The serializers for JSON: [`JsonSerializer`] and [`CompactJsonSerializer`].

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{Record, json};

use crate::error::{DumpError, LoadError};
use crate::serializer::{Loaded, Serializer};

/// A serializer for JSON, Pyramid's default since 2.0. It writes the same bytes as Python's `json.dumps`.
///
/// An untouched entry keeps its spelling: integers of any size, floats, the order of keys. `NaN` and `Infinity`, which
/// Python writes although they are not JSON, pass through as well. An entry whose whole value is one of them can be
/// read as a float.
///
/// ```
/// # extern crate session_serde as signed_session;
/// use signed_session::{JsonSerializer, Serializer};
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
        json::write(&mut out, value).map_err(DumpError::caused_by)?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        serde_json::from_slice(bytes)
            .map_err(|_| LoadError::malformed("the bytes are not JSON of the expected shape"))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        record.write_json(out).map_err(DumpError::caused_by)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        Ok(Loaded::new(Record::from_json(bytes.into_owned())?))
    }
}

/// A serializer for JSON in its [compact](json::compact) form: without white space, and with non-ASCII characters as
/// UTF-8. An untouched entry keeps its spelling.
///
/// A cookie holds more data in this form than in the form of [`JsonSerializer`]. This serializer reads both forms, and
/// so does Python's `json`. But Pyramid writes the longer form, so a shared session may no longer fit into its cookie
/// once Pyramid has written it. The JSON of a session is not a valid cookie value; signing and encryption encode it as
/// base64.
///
/// ```
/// # extern crate session_serde as signed_session;
/// use signed_session::{CompactJsonSerializer, Serializer};
///
/// let bytes = CompactJsonSerializer.dumps(&("Zoë", 1e-5)).unwrap();
/// assert_eq!(bytes, "[\"Zoë\",1e-05]".as_bytes());
/// assert_eq!(CompactJsonSerializer.loads::<(String, f64)>(&bytes).unwrap(), ("Zoë".to_owned(), 1e-5));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct CompactJsonSerializer;

impl Serializer for CompactJsonSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let text = json::to_string(value).map_err(DumpError::caused_by)?;
        let mut out = Vec::with_capacity(text.len());
        json::compact(&text, &mut out);
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(bytes)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        record.write_compact_json(out).map_err(DumpError::caused_by)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        JsonSerializer.loads_record(bytes)
    }
}
