//! session-core
