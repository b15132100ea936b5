//! Runs the examples in the documents of the repository as tests. They need several frameworks, and a published crate
//! cannot include files outside its folder.

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
