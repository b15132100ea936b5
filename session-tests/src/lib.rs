//! Test suites for implementations of the traits of [`session_serde`], [`session_sign`], [`session_store`] and
//! [`session_core`], and for code that writes `Set-Cookie` lines. This project runs the suites on its own
//! implementations.
//!
//! One line in your test file generates a module of tests with readable names:
//!
//! ```
//! use session_serde::JsonSerializer;
//! use session_sign::HashAlg;
//!
//! session_tests::serializer_suite!(json, JsonSerializer);
//! session_tests::signer_suite!(sha256, "sha256".parse::<HashAlg>().unwrap());
//! # session_tests::serializer::values_round_trip(&JsonSerializer);
//! ```
//!
//! | suite | for | as a function |
//! |---|---|---|
//! | [`serializer_suite!`] | a `Serializer` | [`serializer::check`] |
//! | [`lossless_serializer_suite!`] | a serializer that keeps untouched entries byte for byte; in addition to `serializer_suite!` | [`serializer::check_lossless`] |
//! | [`protected_serializer_suite!`] | a serializer that signs or encrypts; in addition to `serializer_suite!` | [`protected::check`] |
//! | [`encrypted_serializer_suite!`] | a serializer that encrypts; in addition to `protected_serializer_suite!` | [`encrypted::check`] |
//! | [`signer_suite!`] | a MAC: an `Algorithm` and its signers, which implement `Sign` | [`signer::check_algorithm`], [`signer::check`] |
//! | [`session_suite!`] | a `Session` | [`session::check`] |
//! | [`store_suite!`] | a `Store` | [`store::check`] |
//! | [`cookie_suite!`] | a writer of `Set-Cookie` lines | [`cookie::check`] |
//!
//! Each test of a suite calls a public function, which panics if the tested property does not hold. The message shows
//! the action, the result, the expected result, and the smallest failing case:
//!
//! ```text
//! a session with the defaults: step 2, `session.check_csrf_token(…)`, given the token with a leading space, is true, expected false
//!
//! minimal case:
//!   1. session.csrf_token()
//!   2. session.check_csrf_token(…)
//! ```
//!
//! Every run tries fixed cases for common mistakes; [proptest](https://docs.rs/proptest) generates the other cases. Its
//! environment variables `PROPTEST_CASES` and `PROPTEST_RNG_SEED` work. The first sets the number of cases, which each
//! test multiplies by a factor of its own. With the same seed, each run generates the same cases. Your own tests can
//! use the suites' strategies, which are in [`strategies`] and [`cookie`].
//!
//! The README lists the flaws that the suites catch. For each one, a test of this crate runs a suite on an
//! implementation with that flaw.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod canonical;
pub mod cookie;
pub mod encrypted;
mod macros;
pub mod protected;
mod run;
mod sample;
pub mod serializer;
#[cfg(target_os = "linux")]
pub mod servers;
pub mod session;
pub mod signer;
#[doc(hidden)]
pub mod skip;
pub mod store;
pub mod strategies;

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
