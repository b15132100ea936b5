//! Tests with real servers. The tests start these servers.

mod batches;
mod clients;
mod connections;
mod harness;
mod index;
mod keys;
mod large_index;
mod outages;
mod proxy;
mod round_trips;
mod runtimes;
mod suite;
mod values;
