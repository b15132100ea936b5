//! Redis, PostgreSQL and PgBouncer for tests of stores. They listen only on 127.0.0.1, and end with the test program.

mod certificate;
mod folder;
mod pgbouncer;
mod port;
mod postgres;
mod process;
mod redis;
mod user;

pub use certificate::Certificate;
pub use pgbouncer::PgBouncer;
pub use postgres::PostgresServer;
pub use redis::{RedisCluster, RedisServer};
