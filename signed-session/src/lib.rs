//! Sessions in encrypted or signed cookies, or in a store.
//!
//! A session in a cookie needs no database and no cleanup, and works with any number of servers.
//!
//! | factory | for | the user can read the session |
//! |---|---|---|
//! | [`EncryptedCookieSessionFactory`] | new sites; its defaults are for a site on https | no |
//! | [`SignedCookieSessionFactory`] | sessions that are shared with [Pyramid]: the same bytes and the same defaults | yes |
//! | `RevocableCookieSessionFactory`, from [`revocable`](Builder::revocable) with the feature `store` | sessions that live in cookies, and that the server can end | only if the cookie is signed |
//! | `StoredSessionFactory`, with the feature `store` | sessions that are larger than a cookie, or that several requests change at once | no |
//!
//! With a web framework, start at the module of the feature `axum`, `tower` or `actix`. Without one, load and save the
//! session yourself:
//!
//! ```
//! use signed_session::{EncryptedCookieSessionFactory, Secret};
//!
//! let secret = Secret::generate()?; // or from_env(), from_file()
//! let sessions = EncryptedCookieSessionFactory::builder(secret).build()?; // returns an error if an option is invalid
//!
//! // The first request has no cookie.
//! let mut session = sessions.load(None::<&str>); // never fails, and reads nothing yet
//! let hits: u32 = session.get("hits")?.unwrap_or(0);
//! session.insert("hits", hits + 1)?;
//! let set_cookies = session.save()?; // send each of them as a Set-Cookie header
//! let set_cookie = set_cookies.session_cookie().expect("something to send");
//! assert!(set_cookie.as_str().ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax"));
//!
//! // The next request sends the cookie back.
//! let cookie = format!("{}={}", set_cookie.name(), set_cookie.value());
//! let session = sessions.load(&*cookie);
//! assert_eq!(session.get("hits")?, Some(1));
//!
//! // A cookie that was changed is rejected.
//! let session = sessions.load(&*cookie.replacen('=', "=A", 1));
//! assert_eq!(session.get::<u32>("hits")?, None);
//! assert!(session.rejection().is_some_and(|why| why.is_bad_signature() || why.is_malformed()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! For http on localhost, add [`development`](Builder::development). For signed cookies,
//! [`production`](Builder::production) sets the cookie attributes and times that encrypted cookies have by default.
//!
//! # What encryption and a signature protect
//!
//! | | encrypted | signed |
//! |---|---|---|
//! | only a holder of the secret can create or change a session | yes | yes |
//! | the contents are hidden | yes, except for their length | no: anyone who has the cookie can read them |
//! | the cookie is bound to its name | yes | no: give each kind of cookie its own [salt](Builder::salt) |
//! | a cookie is rejected once a newer cookie has replaced it | no, it is valid until it expires | no, it is valid until it expires |
//! | the server can end a single session | with [`revocable`](Builder::revocable) | with [`revocable`](Builder::revocable) |
//!
//! Store nothing in a signed session that the user may not see.
//!
//! # Changes while users are signed in
//!
//! - [`rotate`](BaseCookieSessionFactory::rotate) and [`set_secrets`](BaseCookieSessionFactory::set_secrets) replace
//!   the secret of a running factory. [`Builder::retired_secret`] accepts the cookies of an older secret.
//! - [`Builder::also_reads`] reads the cookies of another factory, and writes them in the format of this one.
//! - [`Builder::timeout`] and [`Builder::lifetime`] end sessions. With [`Builder::max_lifetime`], a single session can
//!   have limits of its own: "remember me".
//! - [`CookieSession::cookie_key`] and an [`Observer`] tell which keys and formats are still in use.
//!
//! # Features
//!
//! - `encrypted` (default): [`EncryptedCookieSessionFactory`]. Without it, the crate has no encryption among its
//!   dependencies.
//! - `xchacha20poly1305`: the AEAD of that name, which [`aead`](Builder::aead) accepts. It is meant for processors
//!   without AES instructions.
//! - `http` (default): loads sessions from a `HeaderMap`, and converts a [`SetCookie`] into a `HeaderValue`.
//! - `axum`, `tower`, `actix`: the module of the same name, with layers and, for axum and actix-web, extractors. Import
//!   single items: after `use signed_session::*`, the module would clash with the crate of the same name.
//! - `store`: sessions in a store, and [`revocable`](Builder::revocable) sessions in cookies. Both need a tokio
//!   runtime. In production, use a store of the crate `session-store-redis` or `session-store-sqlx`.
//! - `messagepack`, `pickle`: the serializers of these names.
//! - `legacy-hashes`: MD5 and SHA-1 for [`hashalg`](Builder::hashalg), to read cookies that old applications signed.
//!
//! # The parts
//!
//! Each part is a crate that can be used alone. [`parts`] re-exports `session-core` (the trait
//! [`Session`](session_core::Session), for code that accepts any session), `session-sign` ([`Signer`], [`KeyRing`],
//! [`Secret`]), `session-serde` ([`Serializer`]) and `session-cookie`. With the feature `encrypted`, it also re-exports
//! `session-encrypt` (`Encrypter`), and with the feature `store`, `session-store` (the trait `Store`, for an engine of
//! your own).
//!
//! [Pyramid]: https://docs.pylonsproject.org/projects/pyramid/en/2.1-branch/api/session.html

#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod atomic_access;
mod base64;
mod builder;
mod codec;
mod development;
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
mod options;
mod presets;
mod protection;
#[cfg(feature = "store")]
mod revocable;
mod rotation;
mod search;
mod secret_options;
mod session;
mod signed;
mod signing;
mod signing_options;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod stored;
pub mod testing;
mod times;
#[cfg(feature = "encrypted")]
mod unverified_envelope;

pub use builder::Builder;
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
pub use options::DEFAULT_MAX_LEN;
pub use protection::{Plain, Protection};
#[cfg(feature = "store")]
pub use revocable::{LoadRevocable, Revocable, RevocableCookieSessionFactory, RevocableSession};
pub use session::CookieSession;
pub use session_cookie::{CookieError, CookieHeader, IntoAttribute, SameSite, SetCookie, SetCookies};
pub use session_core::{
    Clock, CookieKey, EntryError, FactoryError, InvalidSessionHandle, MalformedRecord, ManualClock, Record,
    Rejection, SessionFactory, SessionHandle, State, SystemClock, Timestamp,
};
#[cfg(feature = "xchacha20poly1305")]
pub use session_encrypt::XChaCha20Poly1305;
#[cfg(feature = "encrypted")]
pub use session_encrypt::{Aes256GcmSiv, RandomNonceSafe};
#[cfg(feature = "messagepack")]
pub use session_serde::MessagePackSerializer;
pub use session_serde::{CompactJsonSerializer, DumpError, JsonSerializer, LoadError, Loaded, Serializer};
#[cfg(feature = "pickle")]
pub use session_serde::{PickleSerializer, UnknownPickleProtocol};
pub use session_sign::{
    Algorithm, HashAlg, KeyError, KeyId, KeyRing, MacAlgorithm, Salt, Secret, SecretError, SecretSource,
    Secrets, Sign, Signer, VerifyError,
};
#[cfg(feature = "store")]
pub use session_store::{
    DynStore, ManageSessions, MemoryStore, SessionInfo, StoreError, Sweeper, sweep_every,
};
pub use signed::{HmacSha512, SignedSerializer};
pub use signing::Signing;
#[cfg(feature = "store")]
pub use store::{OnStoreError, SaveStored};
#[cfg(feature = "store")]
pub use stored::{LoadStored, Stored, StoredSession, StoredSessionFactory};
#[cfg(feature = "encrypted")]
pub use unverified_envelope::UnverifiedEnvelope;

#[cfg(feature = "actix")]
#[doc(inline)]
pub use session_web::actix;
#[cfg(feature = "axum")]
#[doc(inline)]
pub use session_web::axum;
#[cfg(feature = "tower")]
#[doc(inline)]
pub use session_web::tower;

/// Re-exports of the crates that this crate is built from. `session-web` is not among them, because its modules `axum`,
/// `tower` and `actix` are re-exported at the root.
pub mod parts {
    pub use session_cookie;
    pub use session_core;
    #[cfg(feature = "encrypted")]
    pub use session_encrypt;
    pub use session_serde;
    pub use session_sign;
    #[cfg(feature = "store")]
    pub use session_store;
}

/// Runs the README's examples as tests.
#[cfg(all(doctest, feature = "http", feature = "encrypted"))]
#[doc = include_str!("../README.md")]
struct Readme;
