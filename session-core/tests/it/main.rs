//! What a state, a record and a session promise, one topic each.

mod python;
mod record;
mod session;
mod state;
