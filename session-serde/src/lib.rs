//! session-serde
