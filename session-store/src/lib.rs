//! Stores for sessions that a server keeps.
//!
//! [`Store`] is the trait that an engine implements, to store rows of bytes with versions and owners.
//! `session-store-redis` and `session-store-sqlx` implement this trait for Redis, PostgreSQL and SQLite.
//! [`MemoryStore`] is for tests and for a single process.
//!
//! [`ManageSessions`], which every store implements, lists and ends the sessions of a user. The session factories that
//! use a store are in [`signed-session`](https://docs.rs/signed-session), behind its feature `store`.

mod dyn_store;
mod error;
mod manage;
mod memory;
mod row;
mod session_id;
mod store;
mod sweep;

pub use dyn_store::DynStore;
pub use error::StoreError;
pub use manage::ManageSessions;
pub use memory::MemoryStore;
pub use row::{Row, SessionInfo, Version};
pub use session_id::SessionId;
pub use store::Store;
pub use sweep::{Sweeper, sweep_every};

/// Runs the README's examples as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
