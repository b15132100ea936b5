//! Stores for sessions in PostgreSQL and SQLite, on [sqlx](https://docs.rs/sqlx).
//!
//! | feature | store |
//! |---|---|
//! | `postgres` | `PostgresStore` |
//! | `sqlite` | `SqliteStore` |
//!
//! Both are a [`SqlStore`] over an engine, and can use the application's own pool. Call [`SqlStore::migrate`] once at
//! the start, and [`sweep_every`](session_store::sweep_every) to free the space of expired sessions.
//!
//! The README says how to configure pools, autovacuum and PgBouncer.
//!
//! # Connections to PostgreSQL
//!
//! sqlx's pool pings the server after each use of a connection, and also before each use unless
//! `test_before_acquire(false)` is set. A read of a session would take two or three round trips instead of one. So the
//! store takes its connections out of the pool, at most [`with_max_connections`](SqlStore::with_max_connections), and
//! hands them to its calls in the order in which the calls arrive. The store closes a connection if
//!
//! - the connection was lost, or the server refused a statement that may run on a new connection. If the connection was
//!   idle before the call, the store also closes the other idle connections, because they probably fail as well.
//! - the server refused a write because it is read-only, and the connection was idle before the call. The server can be
//!   the former primary after a failover, so the store opens another connection. If this one accepts the write, the
//!   store also closes the other idle connections. Otherwise, it keeps its connections for reads, and does not look for
//!   a new primary again within the next second.
//! - its call, or each call of its batch, was dropped before the answer came. If the statement only reads, the store
//!   waits up to a second for the answer, and keeps the connection if it arrives. Until then, no other call uses the
//!   connection.
//! - the store took it out of the pool longer than the pool's `max_lifetime` ago, or it was idle for longer than the
//!   pool's `idle_timeout`.
//!
//! Waiting loads are sent together, in one statement, and so are waiting replacements.
//!
//! If a statement fails because its idle connection was lost, the store can send the statement again, once, on a new
//! connection. The store always repeats a read and a [`touch`](session_store::Store::touch). It repeats any other
//! change only if the server says that the statement was not run.
//!
//! If a statement conflicts with another transaction, the store sends it again on the same connection, up to ten times.
//! A conflict is a deadlock or, at an isolation level above READ COMMITTED, a concurrent change of a row. The server
//! has then rolled back the statement.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Without an engine, nothing uses the common code.
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

/// Runs the README's examples as tests.
#[cfg(all(doctest, feature = "postgres", feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
