//! Tests of this crate's types. The crate `session-tests` runs `store_suite!` on `MemoryStore`.

mod bounds;
mod dyn_store;
mod error;
mod log;
mod manage;
mod memory;
mod recorder;
mod row;
mod session_id;
mod sweep;

use session_core::{SessionHandle, Timestamp};
use session_store::Row;

fn at(secs: f64) -> Timestamp {
    Timestamp::from_secs(secs).unwrap()
}

fn handle(number: u32) -> SessionHandle {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SessionHandle::from_bytes(bytes)
}

/// Returns a row that belongs to `owner`.
fn owned(owner: &str) -> Row {
    Row { owner: Some(owner.to_owned()), ..Row::new(b"secret data".to_vec(), at(100.0)) }
}
