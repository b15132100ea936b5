//! One binary, so that the crate is linked once.

mod blake2_keyed;
mod forgery;
#[cfg(feature = "hashlib")]
mod hashlib;
mod keyring;
mod rfc4231;
mod secret;
mod util;
mod wycheproof;
