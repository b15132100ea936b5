use http::{Response, StatusCode};

/// What is sent if a session cannot be saved; see [`SessionLayer::on_save_error`](crate::tower::SessionLayer::on_save_error).
/// Closures from the error and the handler's response to a response are such, if they can be cloned.
#[diagnostic::on_unimplemented(
    message = "a response with the body `{B}` cannot be replaced by default",
    note = "the default needs `B: Default`; give `SessionLayer::on_save_error` a closure that makes such a response",
    note = "in axum, add the layers by several calls of `Router::layer`: each of them makes the body an axum one"
)]
pub trait ResponseForSaveError<E, B> {
    /// The response to send in place of the handler's.
    fn response(&self, error: E, response: Response<B>) -> Response<B>;
}

impl<E, B, H: Fn(E, Response<B>) -> Response<B>> ResponseForSaveError<E, B> for H {
    fn response(&self, error: E, response: Response<B>) -> Response<B> {
        self(error, response)
    }
}

/// The default: a 500 without a body.
#[derive(Clone, Copy, Debug, Default)]
pub struct InternalServerError;

impl<E, B: Default> ResponseForSaveError<E, B> for InternalServerError {
    fn response(&self, _: E, _: Response<B>) -> Response<B> {
        let mut response = Response::new(B::default());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}
