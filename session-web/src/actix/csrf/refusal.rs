use crate::SessionError;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

/// What is sent in place of a request's response if it is refused; see
/// [`CsrfLayer::on_refusal`](crate::actix::CsrfLayer::on_refusal). Closures from the error and the request to a response are
/// such, if they can be cloned.
pub trait ResponseForRefusal {
    /// The response to send. The error's status is 403 where the check has failed, 413 or 400 where the form could not be
    /// read, 500 where there is no session.
    fn response(&self, error: SessionError, request: &HttpRequest) -> HttpResponse;
}

impl<H: Fn(SessionError, &HttpRequest) -> HttpResponse> ResponseForRefusal for H {
    fn response(&self, error: SessionError, request: &HttpRequest) -> HttpResponse {
        self(error, request)
    }
}

/// The default: the error's status with a line of text, which does not say what has failed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;

impl ResponseForRefusal for PlainText {
    fn response(&self, error: SessionError, _: &HttpRequest) -> HttpResponse {
        error.error_response()
    }
}
