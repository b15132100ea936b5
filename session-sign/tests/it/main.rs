//! The integration tests, in one binary so that the crate is linked once.

mod blake2_keyed;
mod forgery;
#[cfg(feature = "hashlib")]
mod hashlib;
mod keyring;
#[cfg(feature = "legacy-hashes")]
mod rfc2202;
mod rfc4231;
mod secret;
mod secrets;
mod util;
mod wiping;
mod wycheproof;
