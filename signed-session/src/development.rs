//! The warning that a factory was built for development.

/// Logs that a factory was built after a call of [`Builder::development`](crate::Builder::development).
pub(crate) fn warn(cookie_name: &str) {
    tracing::warn!(
        cookie = cookie_name,
        "session factory built with development(), which is not for production"
    );
}
