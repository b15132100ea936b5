//! Signs and verifies bytes with any MAC that implements the [`digest`] traits.
//!
//! | | |
//! |---|---|
//! | [`Secret`], [`Salt`] | the configuration: text or bytes, wiped on drop, never printed |
//! | [`Secrets`], [`SecretSource`] | a current secret and retired secrets, and the file that contains them |
//! | [`Key`] | the key of the MAC: `salt ‖ secret`, encoded as Pyramid encodes it |
//! | [`Signer<M>`](Signer) | a MAC whose key is prepared once; it implements the object-safe trait [`Sign`] |
//! | [`Algorithm`] | the choice of a MAC: by type ([`MacAlgorithm`]) or, with the feature `hashlib`, by name (`HashAlg`) |
//! | [`KeyRing`] | a current key that signs, and any number of retired keys that only verify |
//!
//! Signing a message gives the *envelope* `tag ‖ message`, without a separator. The caller decides what the message
//! means and how to encode an envelope as text. The message is signed, not encrypted: anyone who has an envelope can
//! read it.
//!
//! ```
//! use hmac::Hmac;
//! use session_sign::{Algorithm, Key, KeyId, KeyRing, MacAlgorithm, Salt, Secret};
//! use sha2::Sha512;
//!
//! // Configure a secret, and a salt that separates this use of the secret from its other uses.
//! let secret = Secret::generate()?; // in a service: Secret::from_file(path)? or Secret::from_env(name)?
//! secret.check_strength()?;
//! let salt = Salt::from("newsletter.");
//! let algorithm = MacAlgorithm::<Hmac<Sha512>>::new();
//!
//! // Sign. The buffer has room for the tag, then the message.
//! let ring = KeyRing::new(algorithm.signer(Key::derive(&salt, &secret)?.as_ref())?);
//! let mut envelope = vec![0; ring.tag_len()];
//! envelope.extend_from_slice(b"unsubscribe 42");
//! ring.sign(&mut envelope);
//!
//! // Verify, and get the message.
//! let verified = ring.verify(&envelope)?;
//! assert_eq!(verified.message(), b"unsubscribe 42");
//! assert_eq!(verified.key(), KeyId::Current);
//!
//! // Change one bit, and verification fails.
//! let mut forged = envelope.clone();
//! *forged.last_mut().unwrap() ^= 1;
//! assert!(ring.verify(&forged).is_err());
//!
//! // Rotate: the new key signs, and the old key still verifies.
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
//! - `hashlib` (default): adds `HashAlg`, which chooses an HMAC at run time, by a hash's name in Python's `hashlib`.
//! - `legacy-hashes`: adds `md5` and `sha1` to the names of `HashAlg`, to verify data that old applications signed.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
#[cfg(feature = "hashlib")]
mod hashalg;
mod key;
mod keyring;
mod material;
mod secret;
mod secrets;
mod signer;
mod strength;

pub use digest;

pub use algorithm::{Algorithm, MacAlgorithm};
#[cfg(feature = "hashlib")]
pub use hashalg::{HashAlg, HashAlgError};
pub use key::{Key, Salt};
pub use keyring::{KeyId, KeyRing, Verified};
pub use secret::{Secret, SecretError};
pub use secrets::{SecretSource, Secrets};
pub use signer::{KeyError, Sign, Signer, VerifyError};

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
