//! Is your serializer, your MAC, your session, your cookie a right one? Suites for whoever implements the traits of
//! [`session_serde`], [`session_sign`] and [`session_core`], or writes `Set-Cookie` lines: those that the implementations of
//! this project pass.
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
//! | [`protected_serializer_suite!`] | one that signs or encrypts, in addition | [`protected::check`] |
//! | [`signer_suite!`] | an `Algorithm` and its `Sign`: a MAC | [`signer::check_algorithm`], [`signer::check`] |
//! | [`session_suite!`] | a `Session` | [`session::check`] |
//! | [`cookie_suite!`] | what writes `Set-Cookie` lines | [`cookie::check`] |
//!
//! Each property is a function of its own, too. All of them panic if the property does not hold, with what was done, what
//! came and what was expected, and with the smallest case that was found:
//!
//! ```text
//! a session with the defaults: step 2, `session.check_csrf_token(…)`, given a blank in front of it, is true, expected false
//!
//! minimal case:
//!   1. session.csrf_token()
//!   2. session.check_csrf_token(…)
//! ```
//!
//! What is often done wrong is tried each time. The rest is drawn by [proptest](https://docs.rs/proptest), whose environment
//! is heeded: `PROPTEST_CASES` for the number of cases, `PROPTEST_RNG_SEED` for the same ones again. What the suites draw
//! from is in [`strategies`] and [`cookie`], for tests of your own.
//!
//! The README lists the flaws that the suites are known to catch: each one is built into an implementation in the tests of
//! this crate, and has to be found.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod browser;
pub mod cookie;
mod drill;
mod macros;
mod meaning;
mod model;
mod play;
pub mod protected;
mod run;
mod sample;
mod script;
pub mod serializer;
pub mod session;
pub mod signer;
pub mod strategies;

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
