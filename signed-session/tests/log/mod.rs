//! Capturing what a test logs.

use std::sync::{Arc, Mutex};
use std::{io, mem};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::DefaultGuard;

/// The lines that a thread has logged. Clones share the lines.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Captures what the current thread logs at the info level and above, until the guard is dropped.
    pub(crate) fn capture() -> (Self, DefaultGuard) {
        Self::capture_level(LevelFilter::INFO)
    }

    /// Captures what the current thread logs at `level` and above, until the guard is dropped.
    pub(crate) fn capture_level(level: LevelFilter) -> (Self, DefaultGuard) {
        // tracing caches for each callsite whether a subscriber is interested in it. If only one subscriber exists,
        // tracing asks only the thread that reaches the callsite first. If that thread captures nothing, the callsite
        // is disabled for all threads. This second subscriber makes tracing ask all subscribers.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false);
        let subscriber = subscriber.with_max_level(level).with_writer(move || writer.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    /// Returns the lines that were logged since the last call of this method.
    pub(crate) fn take(&self) -> Vec<String> {
        let bytes = mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
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
