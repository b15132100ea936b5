//! The stores over TLS.

mod postgres;
mod redis;

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use session_core::{ManualClock, SessionHandle, Timestamp};
use session_store::Row;
use session_tests::servers::Certificate;

/// The certificate of the shared PostgreSQL and Redis servers. `None` if `openssl` is not installed.
static CERTIFICATE: LazyLock<Option<Certificate>> = LazyLock::new(Certificate::create);

fn clock() -> ManualClock {
    ManualClock::new(now())
}

fn now() -> Timestamp {
    Timestamp::from_secs(1_700_000_000.0).unwrap()
}

fn handle() -> SessionHandle {
    SessionHandle::from_bytes([1; 32])
}

fn row() -> Row {
    Row::new(b"data".to_vec(), now())
}

/// Returns a name that no other test uses.
fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}
