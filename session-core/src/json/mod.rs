//! The JSON text in a [`State`](crate::State), for authors of serializers.
//!
//! A serializer for a format other than JSON reads the JSON text of an entry with [`Json::parse`], and creates such
//! text with [`to_string`].
//!
//! ```
//! use session_core::json::{self, Json};
//!
//! let text = json::to_string(&("Zoë", 1e-5)).unwrap();
//! assert_eq!(text, r#"["Zo\u00eb", 1e-05]"#); // the bytes that Python's json.dumps writes
//!
//! let Json::Array(elements) = Json::parse(&text).unwrap() else { panic!() };
//! assert_eq!(elements.collect::<Vec<_>>(), [r#""Zo\u00eb""#, "1e-05"]);
//! ```

mod any;
mod blocks;
mod canonical;
mod compact;
mod elements;
mod finite;
mod number;
mod order;
mod python;
mod reorder;
mod scan;
mod structure;
mod view;

pub(crate) use any::AnyToJson;
pub(crate) use canonical::canonical;
pub use compact::compact;
pub(crate) use elements::elements;
pub(crate) use finite::constant_of;
pub use finite::parse_constant;
pub(crate) use order::{ListId, reordered_lists};
pub use python::{UnwritableValue, to_string, write, write_f64};
pub(crate) use reorder::reordered;
pub use scan::{MAX_DEPTH, MAX_VALUE_DEPTH};
pub(crate) use scan::{Member, STATE_DEPTH, Scanner};
pub use view::{Elements, Json, Members};

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, Visitor};

/// Returns the characters of a JSON string, or `None` if they are not Unicode because of a lone surrogate.
///
/// `quoted` must be the text of a valid JSON string, including the quotes.
pub fn unquote(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.get(1..quoted.len().checked_sub(1)?)?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(quoted).ok().map(Cow::Owned)
}

/// Returns the characters of a valid JSON string, with replacement characters for lone surrogates.
pub(crate) fn unquote_lossy(quoted: &str) -> String {
    struct Lossy;

    impl Visitor<'_> for Lossy {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
            Ok(String::from_utf8_lossy(bytes).into_owned())
        }
    }

    // serde_json accepts lone surrogates in a string that is read as bytes.
    serde_json::Deserializer::from_str(quoted).deserialize_bytes(Lossy).unwrap_or_else(|_| quoted.to_owned())
}
