//! Tests of sessions in a store, one topic per module.

mod access;
mod attacks;
mod build;
mod ended;
mod exception;
mod failures;
#[path = "../log/mod.rs"]
mod log;
mod merging;
mod moved;
mod moved_revocable;
mod observing;
mod probe;
mod properties;
#[path = "../recorder/mod.rs"]
mod recorder;
mod renewal;
mod repeated_saves;
mod rows;
mod secrets;
mod site;
mod times;
