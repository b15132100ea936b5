//! Signed cookie sessions, byte-compatible with Pyramid's.
//!
//! The session travels in the cookie, signed with a MAC: no database, nothing to clean up, any number of servers. It is
//! the format of [Pyramid]'s `SignedCookieSessionFactory`, read and written: the two can share their users' sessions.
//!
//! With a web framework, start at the module of the feature `axum`, `tower` or `actix`. What follows is for use by hand.
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
//!     .build()?; // everything wrong with the configuration is an error here
//!
//! // A request comes without a cookie …
//! let mut session = sessions.load(None::<&str>); // never fails, and does no work yet
//! let hits: u32 = session.get("hits")?.unwrap_or(0);
//! session.insert("hits", hits + 1)?;
//! let set_cookie = session.save()?.expect("something to send");
//! assert!(set_cookie.as_str().ends_with("; Path=/; HttpOnly; SameSite=Lax"));
//!
//! // … and the next one brings it back.
//! let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
//! let session = sessions.load(&*cookie);
//! assert_eq!(session.get("hits")?, Some(1));
//!
//! // Whoever changes a byte has lost it all.
//! let session = sessions.load(&*cookie.replacen('=', "=A", 1));
//! assert_eq!(session.get::<u32>("hits")?, None);
//! assert!(session.rejection().is_some_and(|why| why.is_bad_signature() || why.is_malformed()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a signature gives, and what not
//!
//! Nobody without the secret can make or change a session. But its contents can be read by whoever has the cookie; an
//! old cookie can be sent again until it times out; and a session cannot be revoked from the server, only a secret can.
//! Put nothing into it that the user may not see.
//!
//! # Features
//!
//! - `http` (default): sessions are loaded from a `HeaderMap`, and a [`SetCookie`] becomes a `HeaderValue`.
//! - `axum`, `tower`, `actix`: the module of this name has the layers and the extractors for it. The names are those of
//!   other crates, so import single items of this one and not all by `*`.
//! - `messagepack`, `pickle`: the serializers of these names.
//! - `legacy-hashes`: MD5 and SHA-1 for [`hashalg`](Builder::hashalg), to read what old applications signed.
//!
//! # The parts
//!
//! Each is a crate that can be used alone, and they are all in [`parts`]: `session-core` (the
//! trait [`Session`](session_core::Session), for code that takes any session),
//! `session-sign` ([`Signer`], [`KeyRing`], [`Secret`]), `session-serde` ([`Serializer`]) and `session-cookie`.
//!
//! [Pyramid]: https://docs.pylonsproject.org/projects/pyramid/en/2.1-branch/api/session.html

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod builder;
mod codec;
mod error;
mod factory;
mod inspect;
mod protection;
mod session;
mod signed;
mod signing;
mod signing_options;
pub mod testing;

pub use builder::{Builder, DEFAULT_MAX_LEN};
pub use codec::MAX_CANDIDATES;
pub use digest;
pub use error::{BuildError, SaveError};
pub use factory::{BaseCookieSessionFactory, DynSignedCookieSessionFactory, SignedCookieSessionFactory};
pub use hmac;
pub use inspect::{CookieParts, InspectedCookie, Inspection};
pub use protection::{Plain, Protection};
pub use session::CookieSession;
pub use session_cookie::{CookieHeader, IntoAttribute, SameSite, SetCookie};
pub use session_core::{
    Clock, EntryError, ManualClock, Rejection, SessionFactory, State, SystemClock, Timestamp,
};
#[cfg(feature = "messagepack")]
pub use session_serde::MessagePackSerializer;
pub use session_serde::{DumpError, JsonSerializer, LoadError, Serializer};
#[cfg(feature = "pickle")]
pub use session_serde::{PickleSerializer, UnknownPickleProtocol};
pub use session_sign::{
    Algorithm, HashAlg, KeyId, KeyRing, MacAlgorithm, Salt, Secret, SecretError, Sign, Signer,
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

/// The crates that this one is made of.
pub mod parts {
    pub use session_cookie;
    pub use session_core;
    pub use session_serde;
    pub use session_sign;
}

/// The README's examples are tests.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../README.md")]
struct Readme;
