//! What goes wrong that no visitor can do anything about.

use std::error::Error;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::pages::{Message, page};
use crate::visit::Frame;

/// Any error in a handler: the log says what it is, the visitor sees a page without details.
#[derive(Debug)]
pub(crate) struct AppError(Box<dyn Error + Send + Sync>);

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for AppError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        tracing::error!(error = %self.0, "a request failed");
        internal()
    }
}

/// The page for a failure of ours. It uses neither the session nor anything else that may be why.
pub(crate) fn internal() -> Response {
    let text = "Something went wrong on our side. What it is, is in the log of the server.";
    let template = Message { frame: Frame::default(), title: "This did not work", text };
    page(StatusCode::INTERNAL_SERVER_ERROR, &template)
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
