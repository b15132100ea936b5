//! The response for a refused request.

use crate::error::SessionError;
use crate::head::RequestHead;

/// The response for a refused request; see [`CsrfLayer::on_refusal`](crate::CsrfLayer::on_refusal).
///
/// Implemented for closures `Fn(SessionError, RequestHead<'_>) -> R`. The layer also requires `Clone`. `R` is the
/// framework's response: `Response<B>` in axum and tower, `HttpResponse` in actix-web.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make a `{R}` for a refused request",
    note = "the default needs a response body that is `From<String>`; \
            for another body, give `CsrfLayer::on_refusal` a closure `|error, head| …`",
    note = "in axum, call `Router::layer` once for each layer: each call turns the body into axum's own"
)]
pub trait ResponseForRefusal<R> {
    /// Returns the response to send.
    ///
    /// The status of `error` is 403 if the check failed, 413 if the form is too large, 400 if the form cannot be read
    /// for another reason, and 500 if there is no `SessionLayer`. If the session cannot be loaded, the status is 503 if
    /// the error has a [`retry_after`](SessionError::retry_after), otherwise 500.
    fn response(&self, error: SessionError, head: RequestHead<'_>) -> R;
}

impl<R, H: Fn(SessionError, RequestHead<'_>) -> R> ResponseForRefusal<R> for H {
    fn response(&self, error: SessionError, head: RequestHead<'_>) -> R {
        self(error, head)
    }
}

/// The default response for a refused request: the error's status with one line of text that does not say which check
/// failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;
