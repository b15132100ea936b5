//! Stores for sessions in PostgreSQL and SQLite.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Without an engine there is nothing to use the common part.
#![cfg_attr(
    not(any(feature = "postgres", feature = "sqlite")),
    allow(dead_code, unused_imports, unused_macros)
)]

mod decode;
mod engine;
mod failure;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod store;
mod table;

#[cfg(feature = "postgres")]
pub use postgres::{PostgresEngine, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteEngine, SqliteStore};
pub use store::SqlStore;
pub use table::InvalidTableName;
