//! The core types of a session: the [`Session`] trait with typed access, flash messages and CSRF tokens; the [`State`]
//! that it holds; the [`Record`] that a cookie or a store holds; the [`Clock`] that provides the time.
//!
//! Sessions follow Pyramid's `pyramid.interfaces.ISession`. JSON is the only wire format in this crate. The crate does
//! not depend on cookies or signatures; [`signed-session`](https://docs.rs/signed-session) adds them.
//!
//! ```
//! use session_core::{Record, State};
//!
//! // A payload that Pyramid wrote. We change one entry; the other entries keep their bytes.
//! let payload = br#"[1700000000, 1699999000.5, {"id": 123456789012345678901234567890, "hits": 1, "eps": 1e-05}]"#;
//! let mut record = Record::from_json(payload.to_vec())?;
//! let hits: u32 = record.state.get("hits")?.unwrap_or(0);
//! record.state.insert("hits", hits + 1)?;
//!
//! let mut out = Vec::new();
//! record.write_json(&mut out)?;
//! assert_eq!(out, br#"[1700000000, 1699999000.5, {"id": 123456789012345678901234567890, "hits": 2, "eps": 1e-05}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod cookie_key;
mod entry;
mod entry_ref;
mod error;
mod ext;
mod factory;
mod flash;
mod foreign;
mod handle;
mod index;
pub mod json;
mod keys;
mod lifetime;
mod malformed_record;
mod merge;
mod own_keys;
mod record;
mod rejection;
mod serialize_entries;
mod serializer_error;
mod session;
mod state;
mod state_as_map;
mod timestamp;
mod typed;
mod value;

pub use clock::{Clock, ManualClock, SystemClock};
pub use cookie_key::CookieKey;
pub use entry_ref::{EntryPart, EntryRef};
pub use error::EntryError;
pub use ext::SessionExt;
pub use factory::{FactoryError, SessionFactory};
pub use foreign::{Foreign, ForeignEntry};
pub use handle::{InvalidSessionHandle, SessionHandle};
pub use keys::Keys;
pub use malformed_record::MalformedRecord;
pub use own_keys::{CSRF_KEY, FLASH_PREFIX, ID_KEY, LIFETIME_KEY, TIMEOUT_KEY, flash_key};
pub use record::Record;
pub use rejection::Rejection;
pub use session::{Redo, Session};
pub use state::State;
pub use timestamp::Timestamp;
pub use value::Encoded;

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
