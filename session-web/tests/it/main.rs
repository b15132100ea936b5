//! The layers, and what handlers hold, on a factory that keeps sessions in memory.

mod actix;
mod axum_extractors;
mod clones;
mod csrf_layer;
mod csrf_policy;
mod csrf_rules;
mod errors;
mod flash;
mod log;
mod memory;
mod rejection;
mod session_layer;
mod typed;
