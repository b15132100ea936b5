//! Our traits for the types of actix-web, which are of an older `http`.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::header::{CACHE_CONTROL, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE, VARY};
use actix_web::http::uri::Scheme;
use session_cookie::SetCookie;

use crate::csrf::RequestHead;
use crate::headers::{ResponseHeader, ResponseHeaders, log_lost, shared};

impl ResponseHeaders for HeaderMap {
    fn values(&self, name: ResponseHeader) -> impl Iterator<Item = &[u8]> {
        self.get_all(header_name(name)).map(HeaderValue::as_bytes)
    }

    fn set(&mut self, name: ResponseHeader, value: Cow<'static, [u8]>) {
        match HeaderValue::from_maybe_shared(shared(value)) {
            Ok(value) => _ = self.insert(header_name(name), value),
            Err(_) => log_lost(name),
        }
    }

    fn append_set_cookie(&mut self, set_cookie: SetCookie) {
        match HeaderValue::try_from(String::from(set_cookie)) {
            Ok(mut value) => {
                value.set_sensitive(true);
                self.append(SET_COOKIE, value);
            }
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

impl RequestHead for HttpRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.path()
    }

    fn is_https(&self) -> bool {
        self.app_config().secure() || self.uri().scheme() == Some(&Scheme::HTTPS)
    }

    fn host(&self) -> Option<&str> {
        let target = self.uri().authority().map(|authority| authority.as_str());
        target.or_else(|| self.headers().get(HOST)?.to_str().ok())
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.headers().get_all(name).map(HeaderValue::as_bytes)
    }
}

impl RequestHead for ServiceRequest {
    fn method(&self) -> &str {
        self.method().as_str()
    }

    fn path(&self) -> &str {
        self.path()
    }

    fn is_https(&self) -> bool {
        self.request().is_https()
    }

    fn host(&self) -> Option<&str> {
        self.request().host()
    }

    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.headers().get_all(name).map(HeaderValue::as_bytes)
    }
}
