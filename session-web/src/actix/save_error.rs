use actix_web::HttpResponse;
use actix_web::dev::ServiceResponse;

/// What is sent if a session cannot be saved; see [`SessionLayer::on_save_error`](crate::actix::SessionLayer::on_save_error).
/// Closures from the error and the handler's response to a response are such, if they can be cloned.
pub trait ResponseForSaveError<E> {
    /// The response to send in place of the handler's.
    fn response(&self, error: E, response: ServiceResponse) -> ServiceResponse;
}

impl<E, H: Fn(E, ServiceResponse) -> ServiceResponse> ResponseForSaveError<E> for H {
    fn response(&self, error: E, response: ServiceResponse) -> ServiceResponse {
        self(error, response)
    }
}

/// The default: a 500 without a body.
#[derive(Clone, Copy, Debug, Default)]
pub struct InternalServerError;

impl<E> ResponseForSaveError<E> for InternalServerError {
    fn response(&self, _: E, response: ServiceResponse) -> ServiceResponse {
        response.into_response(HttpResponse::InternalServerError().finish())
    }
}
