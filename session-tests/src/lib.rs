//! session-tests
