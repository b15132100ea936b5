//! Responses of the crate `http`.

use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use session_cookie::SetCookies;

use crate::error::SessionError;
use crate::headers::{ResponseHeaders, add_session_headers, keep_session_cookies};
use crate::service::{FrameworkResponse, retry_after_secs};

impl_response_headers!(http);

impl<B> FrameworkResponse for Response<B> {
    type Replaceable = Self;
    type Sent = Self;

    fn is_server_error(&self) -> bool {
        self.status().is_server_error()
    }

    fn keep(self) -> Self {
        self
    }

    fn replace(self, replace: impl FnOnce(Self) -> Self) -> Self {
        let cookies = self.headers().session_cookies().map(<[u8]>::to_vec).collect();
        let mut response = replace(self);
        keep_session_cookies(response.headers_mut(), cookies);
        response
    }

    fn add_session_headers(sent: &mut Self, set_cookies: SetCookies, accessed: bool) {
        add_session_headers(sent.headers_mut(), set_cookies, accessed);
    }
}

/// Creates a response with the error's status and message.
impl<B: From<String>> From<SessionError> for Response<B> {
    fn from(error: SessionError) -> Self {
        error.log();
        text_response(&error)
    }
}

/// Returns the response for an error. The caller has already logged the error.
pub(super) fn text_response<B: From<String>>(error: &SessionError) -> Response<B> {
    let mut response = Response::new(error.message().to_owned().into());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, text);
    if let Some(retry_after) = error.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, retry_after_secs(retry_after).into());
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};
    use std::sync::Arc;

    use http::header::{HeaderMap, VARY};

    use crate::headers::{ResponseHeader, ResponseHeaders};

    #[test]
    fn invalid_header_value_is_not_set_and_is_logged() {
        // While there is only one subscriber, tracing decides whether a log line is enabled when the first thread
        // reaches the line, and caches the decision for all threads. If that thread has no subscriber, the line is
        // disabled, and this test does not see it. So register a second subscriber: tracing then asks all subscribers.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        let (mut log, writer) = pipe().unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(Arc::new(writer)).with_ansi(false).finish();
        let mut headers = HeaderMap::new();
        headers.insert(VARY, "Accept".parse().unwrap());
        tracing::subscriber::with_default(subscriber, || {
            headers.set(ResponseHeader::Vary, "Cookie\n".into());
        });
        assert_eq!(headers[VARY], "Accept");
        let mut lines = String::new();
        log.read_to_string(&mut lines).unwrap();
        assert!(lines.contains("a response header was lost") && lines.contains("header=Vary"), "{lines}");
    }
}
