//! The stores on real databases.

mod abandoned;
mod batch_tables;
mod batches;
mod busy;
mod common;
mod isolation;
mod limits;
mod outages;
mod pgbouncer;
mod proxy;
mod runtimes;
mod schema;
mod sqlite;
mod suite;
mod sweep;
mod throughput;
mod wire;
