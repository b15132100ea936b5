//! The log of the current thread.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, set_default};

/// Log lines of a thread.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects the warnings and errors of the current thread until the guard is dropped.
    pub(crate) fn collect(&self) -> DefaultGuard {
        self.collect_level(LevelFilter::WARN)
    }

    /// Collects the log of the current thread, at every level, until the guard is dropped.
    pub(crate) fn collect_all(&self) -> DefaultGuard {
        self.collect_level(LevelFilter::TRACE)
    }

    fn collect_level(&self, level: LevelFilter) -> DefaultGuard {
        // While there is only one subscriber, tracing asks only the first thread that reaches a log line whether the
        // line is enabled, and caches the answer for all threads. If that thread collects nothing, the line is disabled
        // everywhere. A second subscriber, the global one, prevents this.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().without_time().with_ansi(false);
        let subscriber = subscriber.with_max_level(level).with_writer(move || log.clone());
        set_default(subscriber.finish())
    }

    /// Asserts that a line contains all the texts.
    pub(crate) fn assert_has_line(&self, texts: &[&str]) {
        let lines = self.lines();
        assert!(
            lines.iter().any(|line| texts.iter().all(|text| line.contains(text))),
            "{texts:?}: {lines:?}"
        );
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
