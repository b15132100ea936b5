//! Taking the session of a request without an extractor.

use super::Session;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::pending_session::PendingSession;

/// For tower services, middleware, and extractors of your own.
impl Session {
    /// Returns the session of a request, and loads it if it is in a store. `head` is a `&http::request::Parts` or a
    /// `&HttpRequest`.
    ///
    /// # Errors
    /// Returns an error if no `SessionLayer` is around the caller, or if the session cannot be
    /// [loaded](SessionError::is_load).
    pub async fn of<'r>(head: impl Into<RequestHead<'r>> + Copy) -> Result<Self, SessionError> {
        Self::of_named(head).await
    }
}

impl<N: 'static> Session<N> {
    /// Returns the session of a request that has this name, like [`of`](Session::of).
    ///
    /// # Errors
    /// Returns the same errors as [`of`](Session::of).
    pub async fn of_named<'r>(head: impl Into<RequestHead<'r>> + Copy) -> Result<Self, SessionError> {
        let pending: Option<PendingSession<N>> = head.into().extension();
        let pending = pending.ok_or_else(SessionError::no_layer::<N>)?;
        pending.load(head).await
    }
}
