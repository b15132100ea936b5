//! The log messages of this crate.

use std::io;
use std::sync::{Arc, Mutex};

use session_store::{MemoryStore, Store};
use tracing::subscriber::DefaultGuard;

use crate::{handle, owned};

/// The log of a test.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Records the log messages of this thread until the guard is dropped.
    pub(crate) fn record() -> (Self, DefaultGuard) {
        // With a single subscriber, tracing decides only once, for all threads, whether to log an event. It can decide
        // in a thread that does not have this test's subscriber, and then logs nothing here. A second subscriber
        // prevents this.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the number of lines.
    fn len(&self) -> usize {
        self.text().lines().count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn full_store_warns_when_number_of_dropped_rows_is_power_of_two() {
    let (log, _guard) = Log::record();
    let store = MemoryStore::new().with_max_rows(1);
    let mut lines = Vec::new();
    for number in 0..10 {
        assert!(store.create(&handle(number), &owned("ann")).await.unwrap().is_some());
        lines.push(log.len());
    }
    // The first row needs no room. Each further row drops one, and the 1st, 2nd, 4th and 8th drop are logged.
    assert_eq!(lines, [0, 1, 2, 2, 3, 3, 3, 3, 4, 4]);
    let text = log.text();
    assert!(text.starts_with(" WARN session_store::memory: memory store is full"), "{text}");
    assert!(text.ends_with("max_rows=1 dropped=8\n"), "{text}");
}
