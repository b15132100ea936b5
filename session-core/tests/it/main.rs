//! What a state, a record and a session promise, one topic each.

mod formats;
mod opaque;
mod python;
mod reasons;
mod record;
mod session;
mod state;
mod time;
