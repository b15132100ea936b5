//! The serializer that the option `--serializer` selects.

use std::borrow::Cow;

use clap::ValueEnum;
use serde::Serialize;
use serde::de::DeserializeOwned;
use signed_session::parts::session_core::Record;
use signed_session::parts::session_serde::Loaded;
use signed_session::{
    CompactJsonSerializer, DumpError, JsonSerializer, LoadError, MessagePackSerializer, PickleSerializer,
    Serializer,
};

/// The format of the session in the cookie.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Pyramid's default since 2.0.
    Json,
    /// JSON without spaces, the default of encrypted cookies.
    CompactJson,
    /// Smaller cookies; Pyramid cannot read them.
    #[value(name = "messagepack")]
    MessagePack,
    /// Pyramid's default before 2.0; objects of any class are read as data, and no code is run.
    Pickle,
    /// Reads any of the formats above, and writes JSON.
    #[value(skip)]
    Any,
}

/// The formats that [`Format::Any`] tries when it reads. JSON includes compact JSON.
const READERS: [Format; 3] = [Format::Json, Format::MessagePack, Format::Pickle];

impl Format {
    /// Returns the format of a payload, or `None` if this format cannot read the payload. For [`Format::Any`], returns
    /// the first of [`READERS`] that can read it. For [`Format::CompactJson`], returns [`Format::Json`].
    pub(crate) fn recognise(self, payload: &[u8]) -> Option<Self> {
        let reads = |format: &Self| format.loads_record(payload.into()).is_ok();
        match self {
            Self::Any => READERS.into_iter().find(reads),
            Self::CompactJson => Self::Json.recognise(payload),
            _ => Some(self).filter(reads),
        }
    }

    /// Returns the value of `--serializer` that selects this format.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

macro_rules! with_serializer {
    ($format:expr, $serializer:ident => $call:expr) => {
        match $format {
            // `Any` writes JSON. `loads` and `loads_record` get here with `Any` only if no format can read the bytes;
            // the error is then the one of JSON.
            Format::Json | Format::Any => {
                let $serializer = JsonSerializer;
                $call
            }
            Format::CompactJson => {
                let $serializer = CompactJsonSerializer;
                $call
            }
            Format::MessagePack => {
                let $serializer = MessagePackSerializer;
                $call
            }
            Format::Pickle => {
                let $serializer = PickleSerializer::default();
                $call
            }
        }
    };
}

impl Serializer for Format {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        with_serializer!(self, serializer => serializer.dumps(value))
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        if *self == Self::Any
            && let Some(value) = READERS.iter().find_map(|format| format.loads(bytes).ok())
        {
            return Ok(value);
        }
        with_serializer!(self, serializer => serializer.loads(bytes))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        with_serializer!(self, serializer => serializer.dumps_record(record, out))
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        let format = match self {
            Self::Any => self.recognise(&bytes).unwrap_or(*self),
            _ => *self,
        };
        with_serializer!(format, serializer => serializer.loads_record(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: `loads` of `Any` read only JSON.
    #[test]
    fn any_reads_each_format() {
        for format in [Format::Json, Format::CompactJson, Format::MessagePack, Format::Pickle, Format::Any] {
            let value = ("text".to_owned(), vec![1, 2]);
            let bytes = format.dumps(&value).unwrap();
            assert_eq!(Format::Any.loads::<(String, Vec<u8>)>(&bytes).unwrap(), value);

            let mut bytes = Vec::new();
            format.dumps_record(&Record::default(), &mut bytes).unwrap();
            assert!(Format::Any.loads_record(bytes.into()).is_ok());
        }
        assert!(Format::Any.loads::<String>(b"\xff").unwrap_err().is_malformed());
    }
}
