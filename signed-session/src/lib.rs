//! signed-session
