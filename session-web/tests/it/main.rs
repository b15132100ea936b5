//! Tests of the layers and the extractors, with factories that store no sessions.

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
mod loading;
mod loading_csrf;
mod log;
mod memory;
mod rejection;
mod rejection_hook;
mod saving;
mod services;
mod session;
mod session_layer;
mod sites;
mod stored;
mod typed;
