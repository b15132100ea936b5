//! The serializer that the option `--serializer` selects.

use std::borrow::Cow;

use clap::ValueEnum;
use serde::Serialize;
use serde::de::DeserializeOwned;
use signed_session::parts::session_core::Record;
use signed_session::parts::session_serde::Loaded;
use signed_session::{
    DumpError, JsonSerializer, LoadError, MessagePackSerializer, PickleSerializer, Serializer,
};

/// The format of the session in the cookie.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    /// Pyramid's default since 2.0.
    Json,
    /// Smaller cookies; Pyramid cannot read them.
    #[value(name = "messagepack")]
    MessagePack,
    /// Pyramid's default before 2.0; objects of any class are read as data, and no code is run.
    Pickle,
}

macro_rules! with_serializer {
    ($format:expr, $serializer:ident => $call:expr) => {
        match $format {
            Format::Json => {
                let $serializer = JsonSerializer;
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
        with_serializer!(self, serializer => serializer.loads(bytes))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        with_serializer!(self, serializer => serializer.dumps_record(record, out))
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        with_serializer!(self, serializer => serializer.loads_record(bytes))
    }
}
