//! Measures how much memory the process takes when a `MemoryStore` is full.

use session_core::{Clock, SystemClock};
use session_store::{MemoryStore, Row, SessionId, Store};

use crate::sh::Result;

/// Number of sessions to create.
pub(super) const SESSIONS: usize = 1_000_000;

/// Size of a session in bytes.
pub(super) const BYTES: usize = 450;

/// Resident memory of the process in KiB.
pub(super) struct Memory {
    /// Before the first session is created.
    pub(super) before: u64,
    /// When the number of created sessions is twice the store's bound.
    pub(super) full: u64,
    /// After all [`SESSIONS`] were created.
    pub(super) end: u64,
}

/// Creates [`SESSIONS`] sessions in a `MemoryStore` with the default bound on its rows, and measures the memory.
pub(super) async fn measure() -> Result<Memory> {
    let store = MemoryStore::new();
    let before = resident()?;
    let mut full = before;
    for number in 1..=SESSIONS {
        let handle = SessionId::generate().map_err(|error| error.to_string())?.handle();
        let row = Row::new(vec![b'x'; BYTES], SystemClock.now());
        store.create(&handle, &row).await.map_err(|error| error.to_string())?;
        if number == 2 * MemoryStore::DEFAULT_MAX_ROWS {
            full = resident()?;
        }
    }
    Ok(Memory { before, full, end: resident()? })
}

fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| "/proc/self/status: no VmRSS".to_owned())
}
