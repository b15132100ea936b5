//! Failures of the server, and their pages.

use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signed_session::SaveError;
use signed_session::axum::SessionError;
use signed_session::parts::session_core::FactoryError;
use signed_session::parts::session_store::StoreError;

use crate::layout::{Frame, Message, page};

/// Any error in a handler. The error is logged, and the visitor sees a page without details.
#[derive(Debug)]
pub(crate) struct AppError(Box<dyn Error + Send + Sync>);

impl AppError {
    /// Returns whether the session cannot be loaded or saved at the moment. A later request can succeed.
    fn is_unavailable(&self) -> bool {
        let error = &self.0;
        error.downcast_ref().is_some_and(|error: &SessionError| error.retry_after().is_some())
            || error.downcast_ref().is_some_and(|error: &SaveError| error.retry_after().is_some())
            || error.downcast_ref().is_some_and(StoreError::is_unavailable)
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        if self.is_unavailable() {
            // The factory itself logs failures of the store as errors.
            tracing::debug!(error = %self.0, "request refused");
            return unavailable();
        }
        tracing::error!(error = %self.0, "request failed");
        internal()
    }
}

/// Returns the page for a failure of the server.
pub(crate) fn internal() -> Response {
    let text = "Something went wrong on our side. The log of the server has the details.";
    without_session(StatusCode::INTERNAL_SERVER_ERROR, "Server error", text)
}

/// Returns the page for a session that cannot be loaded or saved at the moment. The browser keeps its cookie.
fn unavailable() -> Response {
    let text = "The server cannot reach the store of the sessions. Try again in a moment: your browser keeps its session.";
    let mut response =
        without_session(StatusCode::SERVICE_UNAVAILABLE, "The sessions cannot be reached", text);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Returns a page that does not use the session, because the session may be the cause of the failure.
fn without_session(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    let template = Message { frame: Frame::default(), title, text };
    page(status, &template).unwrap_or_else(|_| status.into_response())
}
