//! Is your serializer, your signer, your session a right one? Property suites for whoever implements the traits of
//! [`session_serde`], [`session_sign`] and [`session_core`]: the suites that the implementations of this project pass.
//!
//! Two lines in a test of yours make a module of tests with readable names:
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
//! | [`lossless_serializer_suite!`] | one that leaves untouched entries alone, in addition | [`serializer::check_lossless`] |
//! | [`signer_suite!`] | an `Algorithm` and its `Sign` | [`signer::check_algorithm`], [`signer::check`] |
//! | [`session_suite!`] | a `Session`, by way of a small [`Harness`](session::Harness) | [`session::check`] |
//!
//! Each property is a function of its own, too. All of them panic if the property does not hold, with the smallest
//! case that was found:
//!
//! ```text
//! a session with the defaults: step 4, `// the request ends` has sent Nothing, expected Session
//!
//! minimal case:
//!   1. session.insert("a", null)
//!   2. // the request ends
//!   3. session.remove("a")
//!   4. // the request ends
//! ```
//!
//! The suites run on [proptest](https://docs.rs/proptest) and heed its environment: `PROPTEST_CASES` for the number of
//! cases, `PROPTEST_RNG_SEED` for the same ones again. What they draw from is in [`strategies`], for tests of your own.

mod macros;
mod model;
mod run;
mod script;
pub mod serializer;
pub mod session;
pub mod signer;
pub mod strategies;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
