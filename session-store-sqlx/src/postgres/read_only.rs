//! Whether the server accepts no writes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long the store remembers that the server accepts no writes. Within this time, a refused write does not make the
/// store open a connection, and a new primary can stay unnoticed.
const REMEMBERED: Duration = Duration::from_secs(1);

/// When a new connection last showed that the server accepts no writes.
///
/// If the server refuses a write on an idle connection, it may be the former primary after a failover. A new connection
/// may lead to the new primary. If the server refuses the write on the new connection as well, it is read-only. Then
/// the store must keep its connections, because reads still need them.
#[derive(Default)]
pub(super) struct ReadOnly(Mutex<Option<Instant>>);

impl ReadOnly {
    /// Notes that the server has refused a write on a new connection.
    pub(super) fn confirm(&self, now: Instant) {
        *self.confirmed() = Some(now);
    }

    /// Returns whether the server has refused a write on a new connection a short time ago.
    pub(super) fn is_confirmed(&self, now: Instant) -> bool {
        self.confirmed().is_some_and(|confirmed| now.saturating_duration_since(confirmed) < REMEMBERED)
    }

    fn confirmed(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confirmation_expires() {
        let (read_only, now) = (ReadOnly::default(), Instant::now());
        assert!(!read_only.is_confirmed(now));
        read_only.confirm(now);
        assert!(read_only.is_confirmed(now));
        assert!(!read_only.is_confirmed(now + REMEMBERED));
    }
}
