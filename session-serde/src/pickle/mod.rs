use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::{Record, json};

use crate::error::{DumpError, LoadError};
use crate::serializer::{Loaded, Serializer};

mod graph;
mod input;
mod opcodes;
mod read;
mod write;

/// Decimal digits of an integer. Python takes no more for text either (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

/// Python's pickle, data only: to read the sessions of Pyramid before 2.0 while moving away from them.
///
/// It reads protocols 0 to 5 and writes protocol 4, which Python reads since 3.4, in the bytes that CPython writes as
/// long as no object is in the session twice. A session keeps all digits of its integers, all bits of its floats and the
/// order of its dicts; `loads` into a type of serde's has integers of 64 bits, beyond which they are floats.
/// Tuples come back as lists.
///
/// **It never runs anything.** What is not plain data is not followed but malformed: classes, functions and whatever
/// would call them, bytes, sets, dict keys that are no strings, NaN, lone surrogates, containers within themselves. The
/// reason names the opcode. As with any malformed cookie, the session is then a new one, and the cookie is left alone.
/// A small pickle can expand to a large value: at most 1 MiB of JSON text, or eight times the pickle if that is more.
/// Values are nested to `session_core::json::MAX_DEPTH`, and integers have at most 4300 digits, as in
/// Python's own JSON.
///
/// Python's side is not so: there, whoever knows the secret runs any code by way of a pickled session. Move both sides
/// to [`JsonSerializer`](crate::JsonSerializer).
///
/// ```
/// use session_serde::{PickleSerializer, Serializer};
///
/// // pickle.dumps((1700000000, 1699999000.5, {"a": 2**64}), 4)
/// let written_by_python = b"\x80\x04\x95#\0\0\0\0\0\0\0J\0\xf1SeGA\xd9T\xfbF \0\0}\x94\x8c\x01a\x94\
///     \x8a\x09\0\0\0\0\0\0\0\0\x01s\x87\x94.";
/// let record = PickleSerializer.loads_record(written_by_python.into()).unwrap().record;
/// assert_eq!(record.created.as_secs(), 1_699_999_000.5);
/// assert_eq!(record.state.get_json("a"), Some("18446744073709551616"));
///
/// // What Python would call `os.system("echo hello")` for.
/// let error = PickleSerializer.loads::<()>(b"cos\nsystem\n(S'echo hello'\ntR.").unwrap_err();
/// assert!(error.is_malformed());
/// assert!(error.to_string().contains("GLOBAL"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct PickleSerializer;

impl Serializer for PickleSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let json = json::to_string(value).map_err(|error| DumpError::unsupported(error.to_string()))?;
        let mut out = Vec::with_capacity(json.len());
        write::from_json(&json, &mut out)?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        serde_json::from_str(&read::to_json(bytes)?)
            .map_err(|_| LoadError::malformed("not a pickle of the expected shape"))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut json = Vec::new();
        record.write_json(&mut json).map_err(|error| DumpError::unsupported(error.to_string()))?;
        let json = str::from_utf8(&json).map_err(|_| DumpError::unsupported("not UTF-8"))?;
        write::from_record_json(json, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        Ok(Loaded::fresh(Record::from_json(read::to_json(&bytes)?.into_bytes())?))
    }
}
