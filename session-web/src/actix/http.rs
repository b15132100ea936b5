//! Responses of actix-web.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError, http};
use session_cookie::SetCookies;

use crate::error::SessionError;
use crate::headers::{ResponseHeaders, add_session_headers, keep_session_cookies};
use crate::service::{FrameworkResponse, retry_after_secs};

impl_response_headers!(http);

impl<B: MessageBody + 'static> FrameworkResponse for ServiceResponse<B> {
    type Replaceable = ServiceResponse;
    type Sent = ServiceResponse<EitherBody<B>>;

    fn is_server_error(&self) -> bool {
        self.status().is_server_error()
    }

    fn keep(self) -> Self::Sent {
        self.map_into_left_body()
    }

    fn replace(self, replace: impl FnOnce(ServiceResponse) -> ServiceResponse) -> Self::Sent {
        let cookies = self.headers().session_cookies().map(<[u8]>::to_vec).collect();
        let mut response = replace(self.map_into_boxed_body());
        keep_session_cookies(response.headers_mut(), cookies);
        response.map_into_right_body()
    }

    fn add_session_headers(sent: &mut Self::Sent, set_cookies: SetCookies, accessed: bool) {
        add_session_headers(sent.headers_mut(), set_cookies, accessed);
    }
}

impl ResponseError for SessionError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.log();
        text_response(self)
    }
}

/// Returns the error's response. The caller has logged the error.
pub(super) fn text_response(error: &SessionError) -> HttpResponse {
    let mut response = HttpResponse::build(error.status_code());
    if let Some(retry_after) = error.retry_after() {
        response.insert_header((RETRY_AFTER, retry_after_secs(retry_after)));
    }
    response.insert_header(ContentType::plaintext()).body(error.message())
}
