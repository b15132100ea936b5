//! Redis and PostgreSQL servers for tests of stores. They listen only on 127.0.0.1, and end with the test program.

mod folder;
mod port;
mod postgres;
mod process;
mod redis;
mod skip;

pub use postgres::PostgresServer;
pub use redis::{RedisCluster, RedisServer};
