//! A macro that implements `ResponseHeaders` for the `HeaderMap` of either version of the crate `http`.
//!
//! axum and hyper use `http` 1, and actix-web re-exports `http` 0.2. The types of the two versions have the same names,
//! but Rust treats them as different types.

/// Implements [`ResponseHeaders`](crate::headers::ResponseHeaders) for the `HeaderMap` of `$http`.
macro_rules! impl_response_headers {
    ($http:ident) => {
        impl $crate::headers::ResponseHeaders for $http::header::HeaderMap {
            fn values(&self, name: $crate::headers::ResponseHeader) -> impl Iterator<Item = &[u8]> {
                self.get_all(header_name(name)).into_iter().map($http::header::HeaderValue::as_bytes)
            }

            fn set(&mut self, name: $crate::headers::ResponseHeader, value: ::bytes::Bytes) {
                match $http::header::HeaderValue::from_maybe_shared(value) {
                    Ok(value) => _ = self.insert(header_name(name), value),
                    Err(_) => $crate::headers::log_lost(name),
                }
            }

            fn session_cookies(&self) -> impl Iterator<Item = &[u8]> {
                let lines = self.get_all($http::header::SET_COOKIE).into_iter();
                lines.filter(|line| line.is_sensitive()).map($http::header::HeaderValue::as_bytes)
            }

            fn append_session_cookie(&mut self, line: ::bytes::Bytes) {
                match $http::header::HeaderValue::from_maybe_shared(line) {
                    Ok(mut value) => {
                        // A sensitive value is hidden in `Debug` output and not stored in HTTP/2's compression tables.
                        // `session_cookies` also recognizes the cookie of a session by this mark.
                        value.set_sensitive(true);
                        self.append($http::header::SET_COOKIE, value);
                    }
                    Err(_) => $crate::headers::log_lost($crate::headers::ResponseHeader::SetCookie),
                }
            }
        }

        fn header_name(name: $crate::headers::ResponseHeader) -> $http::header::HeaderName {
            match name {
                $crate::headers::ResponseHeader::CacheControl => $http::header::CACHE_CONTROL,
                $crate::headers::ResponseHeader::SetCookie => $http::header::SET_COOKIE,
                $crate::headers::ResponseHeader::Vary => $http::header::VARY,
            }
        }
    };
}
