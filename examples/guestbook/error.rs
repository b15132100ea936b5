//! Failures of the server, and their pages.

use std::error::Error;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use signed_session::SaveError;
use signed_session::StoreError;
use signed_session::axum::SessionError;

use crate::layout::{Frame, Message, page};

/// Any error in a handler. The error is logged, and the visitor sees a page without details.
#[derive(Debug)]
pub(crate) struct AppError(Box<dyn Error + Send + Sync>);

impl AppError {
    /// Returns the error of the store, if it is the cause.
    fn store_error(&self) -> Option<&StoreError> {
        self.0.downcast_ref().or_else(|| self.0.downcast_ref::<SaveError>()?.store_error())
    }

    /// Returns whether the store cannot be reached. A later request can succeed.
    fn is_unavailable(&self) -> bool {
        self.0.downcast_ref().is_some_and(|error: &SessionError| error.retry_after().is_some())
            || self.store_error().is_some_and(StoreError::is_unavailable)
    }

    /// Returns whether other requests kept changing the session. A later request can succeed.
    fn is_conflict(&self) -> bool {
        self.store_error().is_some_and(StoreError::is_conflict)
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (title, text) = if self.is_unavailable() {
            (
                "The sessions cannot be reached",
                "The server cannot reach the store of the sessions. Try again in a moment: your browser keeps its session.",
            )
        } else if self.is_conflict() {
            (
                "The session could not be saved",
                "Other requests of your browser kept changing the session at the same time. Try again in a moment.",
            )
        } else {
            tracing::error!(error = %self.0, "request failed");
            return internal();
        };
        // Failures of the store are already logged as errors, by the factory or by `devices::limited`.
        tracing::debug!(error = %self.0, "request refused");
        let mut response = without_session(StatusCode::SERVICE_UNAVAILABLE, title, text);
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        response
    }
}

/// Returns the page for a failure of the server.
pub(crate) fn internal() -> Response {
    let text = "Something went wrong on our side. The log of the server has the details.";
    without_session(StatusCode::INTERNAL_SERVER_ERROR, "Server error", text)
}

/// Returns a page that does not use the session, because the session may be the cause of the failure.
fn without_session(status: StatusCode, title: &'static str, text: &'static str) -> Response {
    let template = Message { frame: Frame::default(), title, text };
    page(status, &template).unwrap_or_else(|_| status.into_response())
}
