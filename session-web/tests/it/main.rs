//! Tests of the layers and the extractors, with a factory that stores no sessions.

mod actix;
mod axum_extractors;
mod clones;
mod csrf_layer;
mod csrf_policy;
mod csrf_rules;
mod data;
mod errors;
mod flash;
mod form_errors;
mod head;
mod late;
mod lifetime;
mod log;
mod memory;
mod rejection;
mod services;
mod session;
mod session_layer;
mod typed;
