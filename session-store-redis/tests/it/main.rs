//! Tests with real servers, which they start themselves.

mod contract;
mod harness;
mod index;
mod outages;
mod round_trips;
mod values;
