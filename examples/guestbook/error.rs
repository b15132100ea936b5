//! Failures of the server, and their page.

use std::error::Error;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::layout::{Frame, Message, page};

/// Any error in a handler. The error is logged, and the visitor sees a page without details.
#[derive(Debug)]
pub(crate) struct AppError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "request failed");
        internal()
    }
}

/// Returns the page for a failure of the server. It does not use the session, which may be the cause.
pub(crate) fn internal() -> Response {
    let text = "Something went wrong on our side. The log of the server has the details.";
    let template = Message { frame: Frame::default(), title: "Server error", text };
    page(StatusCode::INTERNAL_SERVER_ERROR, &template)
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
