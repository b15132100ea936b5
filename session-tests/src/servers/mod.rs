//! Servers of the engines that stores use, for tests. They listen on this machine alone, and end with the test program.

mod folder;
mod port;
mod postgres;
mod process;
mod redis;
mod skip;

pub use postgres::PostgresServer;
pub use redis::{RedisCluster, RedisServer};
