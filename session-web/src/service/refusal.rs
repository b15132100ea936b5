use crate::error::SessionError;

/// The response for a refused request; see [`CsrfLayer::on_refusal`](crate::CsrfLayer::on_refusal).
///
/// Implemented for `Clone` closures `Fn(SessionError, &Q) -> R`. `Q` is the framework's request head, and `R` its
/// response: `http::request::Parts` and `Response<B>` in axum and tower, `HttpRequest` and `HttpResponse` in actix-web.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not make a `{R}` for a refused request",
    note = "the default needs a response body that is `From<String>`; \
            for another body, give `CsrfLayer::on_refusal` a closure `|error: SessionError, request: &{Q}| …`",
    note = "in axum, call `Router::layer` once for each layer: each call turns the body into axum's own"
)]
pub trait ResponseForRefusal<Q, R> {
    /// Returns the response to send. The status of `error` is 403 if the check failed, 413 or 400 if the form could not be
    /// read, and 500 if there is no session.
    fn response(&self, error: SessionError, request: &Q) -> R;
}

impl<Q, R, H: Fn(SessionError, &Q) -> R> ResponseForRefusal<Q, R> for H {
    fn response(&self, error: SessionError, request: &Q) -> R {
        self(error, request)
    }
}

/// The default response for a refused request: the error's status with one line of text, which does not say which check
/// failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;
