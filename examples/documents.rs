//! Runs the examples in the repository's documents as doc tests. This crate is not published, because a published crate
//! cannot include files outside its folder. The examples use several frameworks, which are dev-dependencies of this
//! crate.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/web-frameworks.md")]
#[doc = include_str!("../docs/testing.md")]
#[doc = include_str!("../docs/several-sessions.md")]
#[doc = include_str!("../docs/production.md")]
#[doc = include_str!("../docs/rotation.md")]
#[doc = include_str!("../docs/from-pyramid.md")]
#[doc = include_str!("../docs/options.md")]
#[doc = include_str!("../docs/stores.md")]
#[doc = include_str!("../session-web/README.md")]
struct Documents;
