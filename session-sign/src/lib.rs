//! Sign bytes and verify them, with any MAC of the [`digest`] traits.
//!
//! | | |
//! |---|---|
//! | [`Secret`], [`Salt`] | what a person configures: text or bytes, wiped on drop, never printed |
//! | [`Key`] | what the MAC gets: `salt ‖ secret`, encoded as Pyramid encodes it |
//! | [`Signer<M>`](Signer) | a MAC whose key is prepared once; [`Sign`] is the object-safe view of it |
//! | [`Algorithm`] | the choice of a MAC: a type ([`MacAlgorithm`]) or, with the feature `hashlib`, a name (`HashAlg`) |
//! | [`KeyRing`] | one key that signs and any number of retired ones that only verify |
//!
//! Bytes travel as the *envelope* `tag ‖ message`: the tag first, nothing between. What the message means, and how an
//! envelope becomes text, is up to the caller. The message is signed, not encrypted: whoever holds an envelope can
//! read it.
//!
//! ```
//! use hmac::Hmac;
//! use session_sign::{Algorithm, Key, KeyId, KeyRing, MacAlgorithm, Salt, Secret};
//! use sha2::Sha512;
//!
//! // What must be configured: a secret, and a salt that keeps this use of the secret apart from other uses.
//! let secret = Secret::generate()?; // in a service: Secret::from_file(path)? or Secret::from_env(name)?
//! secret.check_strength()?;
//! let salt = Salt::from("newsletter.");
//! let algorithm = MacAlgorithm::<Hmac<Sha512>>::new();
//!
//! // Sign. The caller owns the buffer: room for the tag, then the message.
//! let ring = KeyRing::new(algorithm.signer(Key::derive(&salt, &secret)?.as_ref())?);
//! let mut envelope = vec![0; ring.tag_len()];
//! envelope.extend_from_slice(b"unsubscribe 42");
//! ring.sign(&mut envelope);
//!
//! // Verify. Only what was verified comes back.
//! let verified = ring.verify(&envelope)?;
//! assert_eq!(verified.message(), b"unsubscribe 42");
//! assert_eq!(verified.key(), KeyId::Current);
//!
//! // Tamper with one bit, and nothing comes back.
//! let mut forged = envelope.clone();
//! *forged.last_mut().unwrap() ^= 1;
//! assert!(ring.verify(&forged).is_err());
//!
//! // Rotate: the new key signs from now on, the old one still verifies what it has signed.
//! let new_secret = Secret::generate()?;
//! let rotated = KeyRing::new(algorithm.signer(Key::derive(&salt, &new_secret)?.as_ref())?)
//!     .with_retired(algorithm.signer(Key::derive(&salt, &secret)?.as_ref())?);
//! let verified = rotated.verify(&envelope)?;
//! assert_eq!(verified.message(), b"unsubscribe 42");
//! assert_eq!(verified.key(), KeyId::Retired(1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! - `hashlib` (default): `HashAlg`, HMAC by the names of Python's `hashlib`, chosen at run time.
//! - `legacy-hashes`: `md5` and `sha1` among those names, to read what old applications signed.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
#[cfg(feature = "hashlib")]
mod hashalg;
mod key;
mod keyring;
mod material;
mod secret;
mod signer;
mod strength;

pub use digest;

pub use algorithm::{Algorithm, MacAlgorithm};
#[cfg(feature = "hashlib")]
pub use hashalg::{HashAlg, HashAlgError};
pub use key::{Key, Salt};
pub use keyring::{KeyId, KeyRing, Verified};
pub use secret::{Secret, SecretError};
pub use signer::{KeyError, Sign, Signer, VerifyError};

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
