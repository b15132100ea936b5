//! The response for a session that cannot be saved.

use std::time::Duration;

/// The response for a changed session that cannot be saved; see
/// [`SessionLayer::on_save_error`](crate::SessionLayer::on_save_error).
///
/// Implemented for closures `Fn(E, R) -> R`. The layer also requires `Clone`. `E` is the error of the factory. `R` is
/// the framework's response: `Response<B>` in axum and tower, `ServiceResponse` in actix-web.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make a `{R}` for a session that cannot be saved",
    note = "the default needs a response body that is `Default`; \
            for another body, give `SessionLayer::on_save_error` a closure `|error: {E}, response: {R}| …`",
    note = "in axum, call `Router::layer` once for each layer: each call turns the body into axum's own"
)]
pub trait ResponseForSaveError<E, R> {
    /// Returns the response to send in place of the handler's.
    fn response(&self, error: E, response: R) -> R;
}

impl<E, R, H: Fn(E, R) -> R> ResponseForSaveError<E, R> for H {
    fn response(&self, error: E, response: R) -> R {
        self(error, response)
    }
}

/// The default response for a changed session that cannot be saved. It has no body. Its status is 503, with the header
/// `Retry-After`, if the error has a [`retry_after`](session_core::FactoryError::retry_after), otherwise 500.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmptyResponse;

/// Returns the value of the header `Retry-After` (RFC 9110, section 10.2.3): the time in whole seconds, rounded up, at
/// least 1.
pub(crate) fn retry_after_secs(retry_after: Duration) -> u64 {
    retry_after.as_secs_f64().ceil().max(1.0) as u64
}
