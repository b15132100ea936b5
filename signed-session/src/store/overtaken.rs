//! Log lines for a request whose session another request has ended or renewed.

/// Logs that the changes of a request are dropped: a request must not bring back a session that another request has
/// ended or renewed.
pub(crate) fn log_changes(cookie_name: &str) {
    tracing::warn!(
        cookie = cookie_name,
        "session changes dropped: another request has ended or renewed the session"
    );
}

/// Logs that a sign-out found no session to end. A session that another request has renewed goes on under its new id.
/// If this request has already tried to end the session, that attempt may have ended it.
pub(crate) fn log_sign_out(cookie_name: &str) {
    tracing::warn!(
        cookie = cookie_name,
        "sign-out ended no session: the session had already ended, or another request has renewed it"
    );
}
