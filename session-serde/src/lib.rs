//! Conversion between a session and its bytes in a cookie or a store: the [`Serializer`] trait and its implementations.
//!
//! | serializer | feature | for |
//! |---|---|---|
//! | [`JsonSerializer`] | – | Pyramid's default since 2.0; untouched entries keep their bytes |
//! | [`CompactJsonSerializer`] | – | the same values in fewer bytes, for sessions that Python does not write |
#![cfg_attr(
    feature = "messagepack",
    doc = "| [`MessagePackSerializer`] | `messagepack` | smaller cookies, for sessions that Python does not read |"
)]
#![cfg_attr(
    feature = "pickle",
    doc = "| [`PickleSerializer`] | `pickle` | Pyramid before 2.0; keeps objects of any class as data, runs no code |"
)]
//!
//! Your own serializer needs two methods. One writes any `Serialize` type, and the other reads any `DeserializeOwned`
//! type:
//!
//! ```
//! use serde::{Serialize, de::DeserializeOwned};
//! use session_core::Record;
//! use session_serde::{DumpError, JsonSerializer, LoadError, Serializer};
//!
//! /// JSON with its bytes in reverse order. (This keeps nothing secret.)
//! struct Backwards;
//!
//! impl Serializer for Backwards {
//!     fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
//!         let mut bytes = JsonSerializer.dumps(value)?;
//!         bytes.reverse();
//!         Ok(bytes)
//!     }
//!
//!     fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
//!         let forwards: Vec<u8> = bytes.iter().rev().copied().collect();
//!         JsonSerializer.loads(&forwards)
//!     }
//! }
//!
//! assert_eq!(Backwards.dumps(&(1, "a")).unwrap(), br#"]"a" ,1["#);
//! let record: Record = Backwards.loads(br#"}}1 :"a"{ ,0.2 ,1["#).unwrap_or_default();
//! assert!(record.state.is_empty()); // malformed bytes are an error, never a panic
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod error;
mod json;
#[cfg(feature = "messagepack")]
mod messagepack;
#[cfg(feature = "pickle")]
mod pickle;
mod serializer;

pub use error::{DumpError, LoadError};
pub use json::{CompactJsonSerializer, JsonSerializer};
#[cfg(feature = "messagepack")]
pub use messagepack::MessagePackSerializer;
#[cfg(feature = "pickle")]
pub use pickle::{PickleSerializer, UnknownPickleProtocol};
pub use serializer::{Loaded, Serializer};

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
