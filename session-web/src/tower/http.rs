//! Our traits for the types of the crate `http`.

use std::borrow::Cow;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};
use http::request::Parts;
use http::{Response, StatusCode};
use session_cookie::SetCookie;

use crate::csrf::RequestHead;
use crate::error::SessionError;
use crate::headers::{ResponseHeader, ResponseHeaders, log_lost, shared};

impl ResponseHeaders for HeaderMap {
    fn values(&self, name: ResponseHeader) -> impl Iterator<Item = &[u8]> {
        self.get_all(header_name(name)).iter().map(HeaderValue::as_bytes)
    }

    fn set(&mut self, name: ResponseHeader, value: Cow<'static, [u8]>) {
        match HeaderValue::from_maybe_shared(shared(value)) {
            Ok(value) => _ = self.insert(header_name(name), value),
            Err(_) => log_lost(name),
        }
    }

    fn append_set_cookie(&mut self, set_cookie: SetCookie) {
        match HeaderValue::try_from(set_cookie) {
            Ok(value) => _ = self.append(SET_COOKIE, value),
            Err(_) => log_lost(ResponseHeader::SetCookie),
        }
    }
}

fn header_name(name: ResponseHeader) -> HeaderName {
    match name {
        ResponseHeader::CacheControl => CACHE_CONTROL,
        ResponseHeader::SetCookie => SET_COOKIE,
        ResponseHeader::Vary => VARY,
    }
}

impl RequestHead for Parts {
    fn method(&self) -> &str {
        self.method.as_str()
    }

    fn path(&self) -> &str {
        self.uri.path()
    }

    fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&http::uri::Scheme::HTTPS)
    }

    fn host(&self) -> Option<&str> {
        let target = self.uri.authority().map(|authority| authority.as_str());
        target.or_else(|| self.headers.get(HOST)?.to_str().ok())
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.headers.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

/// The error's status with its line of text.
impl<B: From<String>> From<SessionError> for Response<B> {
    fn from(error: SessionError) -> Self {
        error.log();
        let mut response = Self::new(error.to_string().into());
        *response.status_mut() =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, text);
        response
    }
}
