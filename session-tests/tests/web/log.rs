//! The log of a server.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use signed_session::axum::SessionError;
use signed_session::{EntryError, State};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, set_default};

/// The warnings and errors of one server, one line each.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects the log of the current thread until the guard is dropped.
    pub(crate) fn collect(&self) -> DefaultGuard {
        // For each log statement, tracing caches whether a subscriber wants it. While only one subscriber exists,
        // tracing asks only the default subscriber of the thread that reaches the statement first. If this thread has
        // no subscriber, the statement is off for all threads. The global subscriber is a second one, so tracing asks
        // all subscribers.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let log = self.clone();
        set_default(
            tracing_subscriber::fmt()
                .without_time()
                .with_ansi(false)
                .with_max_level(LevelFilter::WARN)
                .with_writer(move || log.clone())
                .finish(),
        )
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// Returns the only line logged so far. Panics unless exactly one line was logged.
    pub(crate) fn only_line(&self) -> String {
        let lines = self.lines();
        let [line] = lines.as_slice() else { panic!("expected one line: {lines:#?}") };
        line.clone()
    }
}

/// Regression: the log line always said that an entry could not be read, even if another error had occurred.
#[test]
fn session_error_log_line_has_cause() {
    let read = State::from_json(r#"{"hits": "many"}"#.to_owned()).unwrap().get::<u32>("hits").unwrap_err();
    let write = State::default().insert("ratio", f64::NAN).unwrap_err();
    for error in [read, write, EntryError::conflict()] {
        let log = Log::default();
        let guard = log.collect();
        let cause = error.to_string();
        let _: http::Response<String> = SessionError::from(error).into();
        drop(guard);
        let line = log.only_line();
        assert!(line.contains("ERROR") && line.contains(&cause), "{line}");
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
