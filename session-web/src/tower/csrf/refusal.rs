use crate::SessionError;
use http::Response;
use http::request::Parts;

/// What is sent in place of a request's response if it is refused; see
/// [`CsrfLayer::on_refusal`](crate::tower::CsrfLayer::on_refusal). Closures from the error and the request's head to a response
/// are such, if they can be cloned.
#[diagnostic::on_unimplemented(
    message = "a response with the body `{B}` cannot be replaced by default",
    note = "the default needs `B: From<String>`; give `CsrfLayer::on_refusal` a closure that makes such a response",
    note = "in axum, add the layers by several calls of `Router::layer`: each of them makes the body an axum one"
)]
pub trait ResponseForRefusal<B> {
    /// The response to send. The error's status is 403 where the check has failed, 413 or 400 where the form could not be
    /// read, 500 where there is no session.
    fn response(&self, error: SessionError, request: &Parts) -> Response<B>;
}

impl<B, H: Fn(SessionError, &Parts) -> Response<B>> ResponseForRefusal<B> for H {
    fn response(&self, error: SessionError, request: &Parts) -> Response<B> {
        self(error, request)
    }
}

/// The default: the error's status with a line of text, which does not say what has failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;

impl<B: From<String>> ResponseForRefusal<B> for PlainText {
    fn response(&self, error: SessionError, _: &Parts) -> Response<B> {
        error.into()
    }
}
