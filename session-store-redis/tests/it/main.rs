//! Tests with real servers, which they start themselves.

mod contract;
mod harness;
mod index;
mod outages;
mod proxy;
mod round_trips;
mod suite;
mod values;
