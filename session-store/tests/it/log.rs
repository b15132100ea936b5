//! The log of the store in memory.

use std::io;
use std::sync::{Arc, Mutex};

use session_store::{MemoryStore, Store};

use crate::{handle, owned};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Returns the number of lines.
    fn len(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|byte| **byte == b'\n').count()
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
    // With a single subscriber, tracing decides only once, for all threads, whether to log an event. It can decide in a
    // thread that does not have this test's subscriber, and then logs nothing here. A second subscriber prevents this.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let store = MemoryStore::new().with_max_rows(1);
    let mut lines = Vec::new();
    for number in 0..10 {
        assert!(store.create(&handle(number), &owned("ann")).await.unwrap().is_some());
        lines.push(log.len());
    }
    // The first row needs no room. Each further row drops one, and the 1st, 2nd, 4th and 8th drop are logged.
    assert_eq!(lines, [0, 1, 2, 2, 3, 3, 3, 3, 4, 4]);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.starts_with(" WARN session_store::memory: memory store is full"), "{text}");
    assert!(text.ends_with("max_rows=1 dropped=8\n"), "{text}");
}
