//! [`PickleSerializer`].

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_core::Record;

use crate::error::{DumpError, LoadError};
use crate::serializer::{Loaded, Serializer};
use protocol::{DEFAULT_PROTOCOL, MAX_PROTOCOL};

mod changes;
mod classes;
mod comparison;
mod dates;
mod dropped;
mod foreign;
mod graph;
mod input;
mod json;
mod kind;
mod names;
mod numbers;
mod objects;
mod opcodes;
mod protocol;
mod python2;
mod read;
mod stack;
mod steps;
mod texts;
mod write;
mod wtf8;

pub use protocol::UnknownPickleProtocol;

/// The maximum number of decimal digits of an integer that is converted to or from text. Python has the same limit
/// (`sys.int_info.default_max_str_digits`).
const MAX_DIGITS: usize = 4300;

/// The maximum length of the name of a class or module, in bytes.
const MAX_NAME_LEN: usize = 1024;

fn too_many_digits() -> String {
    format!("an integer of more than {MAX_DIGITS} digits")
}

/// A serializer for Python's pickle, Pyramid's default format before 2.0. It keeps values that JSON cannot represent.
///
/// It reads protocols 0 to 5 and writes one of them. Which one to choose depends on the Python side:
///
/// | the Python side | protocol |
/// |---|---|
/// | Python 3.4 or later | 4, the default of this type and of CPython 3.8 to 3.13 |
/// | Pyramid 2.1's own `PickleSerializer` | any; it writes `pickle.HIGHEST_PROTOCOL`, which is 5 since Python 3.8 |
/// | Python 2 | 2 |
///
/// # What a session keeps
///
/// A session keeps every value, including objects of the application's classes. The reader stores each object as data,
/// and the writer reproduces it, so Python gets an equal object of the same type. If several places in a session refer
/// to one object, they still do so after the session is saved. A value may contain itself. An unchanged session is
/// written as the same bytes that CPython wrote, if both use the same protocol. Only the time of the last access
/// differs. So saving the session does not make it longer.
///
/// After a change, or in another protocol, two kinds of objects that are contained in their own constructor arguments
/// are exceptions:
///
/// - CPython calls the `__reduce__` of such an object more than once. If these calls return different arguments, Python
///   gets an equal object, but the session may become longer.
/// - If a constructor copies an argument that contains the object, the argument is still incomplete during the call. So
///   the copy may have more or fewer elements than before the session was saved.
///
/// # How values are read
///
/// | in Python | read as |
/// |---|---|
/// | `None`, `bool`, `int`, `float`, `str` | the corresponding Rust types, such as `Option`, `i64` and `String`; an `int` may have up to 4300 digits |
/// | `list`, `tuple`, `set`, `frozenset` | a sequence |
/// | `dict` with strings for keys | a map or a struct |
/// | `bytes`, `bytearray`, a `str` of Python 2 that is not ASCII | a sequence of numbers: `Vec<u8>` or `serde_bytes::ByteBuf` |
/// | `datetime`, `date`, `time` | the text of `isoformat()`, which the types of chrono and jiff also read; for the crate time, see below |
/// | `timedelta` | its length in seconds, as a number |
/// | `Decimal` | its text |
/// | `UUID` | its hyphenated text |
/// | anything else | an error that names the class or gives the reason |
///
/// A `datetime` or `time` with a time zone is readable if the pickle contains enough to compute the offset from UTC.
/// This is the case for `datetime.timezone`, `ZoneInfo("UTC")`, `pytz.utc`, and the zones of pytz whose offset varies.
/// As in Python, a `time` in such a zone of pytz is read without an offset, because the offset depends on the date. For
/// other zones, the error names the class of the zone or the function that creates the zone.
///
/// The crate time has its own serde formats. Its `Date` reads a `date`, with the feature `serde-human-readable`. Its
/// module `time::serde::iso8601` reads a `datetime` that has a time zone. Read a `datetime` without a time zone as a
/// `String`, and parse it with `Iso8601::DEFAULT`. Read a `time` as a `String`, and parse it with `Iso8601::TIME`.
///
/// A value is converted only when the application reads it, so a value that is never read may have any class. The
/// conversion creates a JSON text. The text of a value may take 64 KiB, or eight times the size of the pickle if that
/// is more. The texts of all values together may take 1 MiB, or sixteen times the size of the pickle if that is more.
/// If a flash message is added to a queue that was loaded from the pickle, the JSON text of the message counts towards
/// the size of the pickle. A value may be nested as deeply as in JSON ([`MAX_DEPTH`](session_core::json::MAX_DEPTH)).
/// The name of a class or module may be up to 1 KiB long.
///
/// # No code runs
///
/// The reader imports, calls and constructs nothing: it stores a class as a name and a call as data. It refuses a
/// pickle that takes values from elsewhere (persistent ids, extension codes, out-of-band buffers). A refused pickle
/// counts as malformed: the request gets a new session, and the browser keeps the cookie, as with any malformed cookie.
/// Like Python, the reader ignores bytes after the end of a pickle.
///
/// Python has no such protection: anyone who knows the secret can run code in the Python application with a pickled
/// session. Move both sides to [`JsonSerializer`](crate::JsonSerializer).
///
/// ```
/// # extern crate session_serde as signed_session;
/// use signed_session::{PickleSerializer, Serializer};
///
/// // pickle.dumps((1700000000, 1699999000.5, {"a": 2**64, "day": datetime.date(2024, 2, 29)}), 4)
/// let written_by_python = b"\x80\x04\x95I\0\0\0\0\0\0\0J\0\xf1SeGA\xd9T\xfbF \0\0}\x94(\x8c\x01a\x94\
///     \x8a\x09\0\0\0\0\0\0\0\0\x01\x8c\x03day\x94\x8c\x08datetime\x94\x8c\x04date\x94\x93\x94C\x04\x07\xe8\x02\x1d\x94\x85\
///     \x94R\x94u\x87\x94.";
/// let pickle = PickleSerializer::default();
/// let mut record = pickle.loads_record(written_by_python.into()).unwrap().record;
/// assert_eq!(record.created.as_secs(), 1_699_999_000.5);
/// assert_eq!(record.state.get::<u128>("a").unwrap(), Some(1 << 64));
/// assert_eq!(record.state.get::<String>("day").unwrap().as_deref(), Some("2024-02-29"));
///
/// record.state.insert("a", 1).unwrap();
/// let mut written = Vec::new();
/// pickle.dumps_record(&record, &mut written).unwrap(); // `day` is still a date in Python
///
/// // Python would call `os.system("echo hello")`.
/// let error = pickle.loads::<()>(b"cos\nsystem\n(S'echo hello'\ntR.").unwrap_err();
/// assert!(error.to_string().contains("the Python class `os.system`"));
///
/// assert!(PickleSerializer::new(2).is_ok()); // for Python 2
/// assert!(PickleSerializer::new(6).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickleSerializer {
    protocol: u8,
}

impl PickleSerializer {
    /// Creates a serializer that writes the given protocol, from 0 to 5.
    ///
    /// # Errors
    /// Returns an error if the protocol does not exist.
    pub fn new(protocol: u8) -> Result<Self, UnknownPickleProtocol> {
        if protocol > MAX_PROTOCOL { Err(UnknownPickleProtocol { protocol }) } else { Ok(Self { protocol }) }
    }
}

/// Writes protocol 4.
impl Default for PickleSerializer {
    fn default() -> Self {
        Self { protocol: DEFAULT_PROTOCOL }
    }
}

impl Serializer for PickleSerializer {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        let json = session_core::json::to_string(value).map_err(DumpError::caused_by)?;
        let mut out = Vec::with_capacity(json.len());
        write::from_json(&json, self.protocol, &mut out)?;
        Ok(out)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        let (graph, root) = read::read(bytes.to_vec())?;
        let text = graph.text(root, session_core::json::MAX_DEPTH, graph.text_limit()).json;
        let text = text.map_err(|what| LoadError::malformed(format!("the pickle contains {what}")))?;
        serde_json::from_str(&text)
            .map_err(|_| LoadError::malformed("the bytes are not a pickle of the expected shape"))
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        write::from_record(record, self.protocol, out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        foreign::record(bytes.into_owned()).map(Loaded::new)
    }
}
