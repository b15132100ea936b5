//! Signed cookie sessions, byte-compatible with Pyramid's.
//!
//! The session travels in the cookie, signed with a MAC. So it needs no database and no cleanup, and works with any
//! number of servers. The format is that of [Pyramid]'s `SignedCookieSessionFactory`, so a Pyramid application and a
//! Rust application can share sessions.
//!
//! With a web framework, start at the module of the feature `axum`, `tower` or `actix`. Without one, load and save the
//! session yourself:
//!
//! ```
//! use std::time::Duration;
//!
//! use signed_session::{Secret, SignedCookieSessionFactory};
//!
//! let secret = Secret::generate()?; // or from_env(), from_file()
//! let sessions = SignedCookieSessionFactory::builder(secret) // HMAC-SHA-512, JSON: Pyramid's defaults
//!     .timeout(Duration::from_secs(1200))
//!     .httponly(true)
//!     .build()?; // returns an error if an option is invalid
//!
//! // The first request has no cookie.
//! let mut session = sessions.load(None::<&str>); // never fails, and reads nothing yet
//! let hits: u32 = session.get("hits")?.unwrap_or(0);
//! session.insert("hits", hits + 1)?;
//! let set_cookie = session.save()?.into_session_cookie().expect("something to send");
//! assert!(set_cookie.as_str().ends_with("; Path=/; HttpOnly; SameSite=Lax"));
//!
//! // The next request sends the cookie back.
//! let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
//! let session = sessions.load(&*cookie);
//! assert_eq!(session.get("hits")?, Some(1));
//!
//! // A cookie with a changed byte is rejected.
//! let session = sessions.load(&*cookie.replacen('=', "=A", 1));
//! assert_eq!(session.get::<u32>("hits")?, None);
//! assert!(session.rejection().is_some_and(|why| why.is_bad_signature() || why.is_malformed()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a signature protects
//!
//! Only a holder of the secret can create or change a session. The signature does not hide the contents: anyone who has
//! the cookie can read them. A client can send an old cookie again until it times out. The server cannot revoke a
//! single session; it can only revoke a secret. Store nothing in a session that the user may not see.
//!
//! # Features
//!
//! - `http` (default): loads sessions from a `HeaderMap`, and converts a [`SetCookie`] into a `HeaderValue`.
//! - `axum`, `tower`, `actix`: the module of the same name, with layers and extractors. These modules have the names of
//!   other crates, so import single items from this crate instead of `*`.
//! - `messagepack`, `pickle`: the serializers of these names.
//! - `legacy-hashes`: MD5 and SHA-1 for [`hashalg`](Builder::hashalg), to read cookies that old applications signed.
//!
//! # The parts
//!
//! Each part is a crate that can be used alone. [`parts`] re-exports them: `session-core` (the trait
//! [`Session`](session_core::Session), for code that accepts any session), `session-sign` ([`Signer`], [`KeyRing`],
//! [`Secret`]), `session-serde` ([`Serializer`]) and `session-cookie`.
//!
//! [Pyramid]: https://docs.pylonsproject.org/projects/pyramid/en/2.1-branch/api/session.html

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod base64;
mod builder;
mod codec;
#[cfg(feature = "encrypted")]
mod encrypted;
#[cfg(feature = "encrypted")]
mod encryption;
#[cfg(feature = "encrypted")]
mod encryption_options;
mod envelope;
mod error;
mod factory;
mod inspect;
mod keys;
mod load;
mod observer;
mod old_format;
mod presets;
mod protection;
mod secret_options;
mod session;
mod signed;
mod signing;
mod signing_options;
pub mod testing;
mod times;

pub use builder::{Builder, DEFAULT_MAX_LEN};
pub use digest;
#[cfg(feature = "encrypted")]
pub use encrypted::EncryptedSerializer;
#[cfg(feature = "encrypted")]
pub use encryption::Encryption;
pub use envelope::AuthenticatedSerializer;
pub use error::{BuildError, SaveError};
#[cfg(feature = "encrypted")]
pub use factory::EncryptedCookieSessionFactory;
pub use factory::{BaseCookieSessionFactory, DynSignedCookieSessionFactory, SignedCookieSessionFactory};
pub use hmac;
pub use inspect::{CookieParts, InspectedCookie, Inspection};
pub use load::MAX_CANDIDATES;
pub use observer::{Load, Observer, Save};
pub use old_format::OldFormat;
pub use protection::{Plain, Protection};
pub use session::CookieSession;
pub use session_cookie::{CookieHeader, IntoAttribute, SameSite, SetCookie, SetCookies};
pub use session_core::{
    Clock, CookieKey, EntryError, ManualClock, Rejection, SessionFactory, State, SystemClock, Timestamp,
};
#[cfg(feature = "xchacha20poly1305")]
pub use session_encrypt::XChaCha20Poly1305;
#[cfg(feature = "encrypted")]
pub use session_encrypt::{Aes256GcmSiv, RandomNonceSafe};
#[cfg(feature = "messagepack")]
pub use session_serde::MessagePackSerializer;
pub use session_serde::{CompactJsonSerializer, DumpError, JsonSerializer, LoadError, Serializer};
#[cfg(feature = "pickle")]
pub use session_serde::{PickleSerializer, UnknownPickleProtocol};
pub use session_sign::{
    Algorithm, HashAlg, KeyId, KeyRing, MacAlgorithm, Salt, Secret, SecretError, SecretSource, Secrets, Sign,
    Signer,
};
pub use signed::{HmacSha512, SignedSerializer};
pub use signing::Signing;

#[cfg(feature = "actix")]
#[doc(inline)]
pub use session_web::actix;
#[cfg(feature = "axum")]
#[doc(inline)]
pub use session_web::axum;
#[cfg(feature = "tower")]
#[doc(inline)]
pub use session_web::tower;

/// The crates that this one consists of.
pub mod parts {
    pub use session_cookie;
    pub use session_core;
    #[cfg(feature = "encrypted")]
    pub use session_encrypt;
    pub use session_serde;
    pub use session_sign;
}

/// Runs the README's examples as tests.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
struct Readme;
