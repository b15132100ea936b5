//! The log line for dropped changes.

/// Logs that the changes of a request are dropped: a request must not bring back a session that another request has
/// ended or renewed.
pub(crate) fn log(cookie_name: &str) {
    tracing::warn!(
        cookie = cookie_name,
        "session changes dropped: another request has ended or renewed the session"
    );
}
