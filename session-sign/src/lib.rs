//! session-sign
