//! Functions that return the session of a request without an extractor.

use super::Session;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::pending_session::PendingSession;

/// Functions for tower services, middleware, and extractors of your own.
impl Session {
    /// Returns the session of a request. If the session is in a store, loads it first. `head` is a reference to
    /// `http::request::Parts` or to actix-web's `HttpRequest`. An extractor of axum has a `parts: &mut Parts`, and passes
    /// `&parts`.
    ///
    /// # Errors
    /// Returns an error if no `SessionLayer` is around the caller, or if the session cannot be
    /// [loaded](SessionError::is_load).
    pub async fn of<'r>(head: impl Into<RequestHead<'r>> + Copy) -> Result<Self, SessionError> {
        Self::of_named(head).await
    }
}

impl<N: 'static> Session<N> {
    /// Returns the session that the layer named `N` has given to a request; see `SessionLayer::named`. `head` is the
    /// same as for [`of`](Session::of).
    ///
    /// # Errors
    /// Returns the same errors as [`of`](Session::of).
    pub async fn of_named<'r>(head: impl Into<RequestHead<'r>> + Copy) -> Result<Self, SessionError> {
        let pending: Option<PendingSession<N>> = head.into().extension();
        let pending = pending.ok_or_else(SessionError::no_layer::<N>)?;
        pending.load(head).await
    }
}
