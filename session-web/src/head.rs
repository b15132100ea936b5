//! The head of a request, for hooks and checks.

use std::fmt;
use std::marker::PhantomData;

#[cfg(feature = "actix")]
use actix_web::HttpMessage;

/// The head of a request, for the hooks of the layers and the checks of a [`CsrfPolicy`](crate::CsrfPolicy).
///
/// It is the same type in every framework. To create one, convert a reference to the framework's own request type with
/// `From`: `http::request::Parts` for axum and tower, `HttpRequest` for actix-web.
///
/// It is neither `Send` nor `Sync`, because the requests of actix-web are not.
#[derive(Clone, Copy)]
pub struct RequestHead<'r>(FrameworkRequest<'r>, NotSend);

/// Makes [`RequestHead`] neither `Send` nor `Sync`, even without the feature `actix`, so that enabling this feature
/// breaks no code.
type NotSend = PhantomData<*const ()>;

#[derive(Clone, Copy)]
enum FrameworkRequest<'r> {
    #[cfg(feature = "tower")]
    Tower(&'r http::request::Parts),
    #[cfg(feature = "actix")]
    Actix(&'r actix_web::HttpRequest),
}

#[cfg(feature = "tower")]
impl<'r> From<&'r http::request::Parts> for RequestHead<'r> {
    fn from(parts: &'r http::request::Parts) -> Self {
        Self(FrameworkRequest::Tower(parts), PhantomData)
    }
}

/// For extractors of axum: they have a `&mut Parts`, and pass `&parts`.
#[cfg(feature = "tower")]
impl<'r> From<&'r &mut http::request::Parts> for RequestHead<'r> {
    fn from(parts: &'r &mut http::request::Parts) -> Self {
        Self::from(&**parts)
    }
}

#[cfg(feature = "actix")]
impl<'r> From<&'r actix_web::HttpRequest> for RequestHead<'r> {
    fn from(request: &'r actix_web::HttpRequest) -> Self {
        Self(FrameworkRequest::Actix(request), PhantomData)
    }
}

/// Evaluates the first expression for a request of axum or tower, the second for a request of actix-web.
macro_rules! either {
    ($head:expr, $parts:ident => $tower:expr, $request:ident => $actix:expr) => {
        match $head.0 {
            #[cfg(feature = "tower")]
            FrameworkRequest::Tower($parts) => $tower,
            #[cfg(feature = "actix")]
            FrameworkRequest::Actix($request) => $actix,
        }
    };
}

impl<'r> RequestHead<'r> {
    /// Returns the method, such as `GET`.
    pub fn method(self) -> &'r str {
        either!(self, parts => parts.method.as_str(), request => request.method().as_str())
    }

    /// Returns the path of the target, still percent-encoded. Middleware, or axum's `Router::nest`, may have changed
    /// it.
    pub fn path(self) -> &'r str {
        either!(self, parts => parts.uri.path(), request => request.uri().path())
    }

    /// Returns the first line of a header. Returns `None` if there is none, or if it is not UTF-8.
    pub fn header(self, name: &str) -> Option<&'r str> {
        self.value(name).and_then(|value| str::from_utf8(value).ok())
    }

    /// Returns the request of axum or tower, with its extensions. Returns `None` in actix-web.
    #[cfg(feature = "tower")]
    pub fn parts(self) -> Option<&'r http::request::Parts> {
        either!(self, parts => Some(parts), _request => None)
    }

    /// Returns the request of actix-web, with its extensions. Returns `None` in axum and tower.
    #[cfg(feature = "actix")]
    pub fn http_request(self) -> Option<&'r actix_web::HttpRequest> {
        either!(self, _parts => None, request => Some(request))
    }

    /// Returns the value of type `T` in the request's extensions.
    pub(crate) fn extension<T: Clone + Send + Sync + 'static>(self) -> Option<T> {
        either!(
            self,
            parts => parts.extensions.get().cloned(),
            request => request.extensions().get().cloned()
        )
    }

    /// Returns the first line of a header.
    pub(crate) fn value(self, name: &str) -> Option<&'r [u8]> {
        either!(
            self,
            parts => parts.headers.get(name).map(|value| value.as_bytes()),
            request => request.headers().get(name).map(|value| value.as_bytes())
        )
    }

    /// Returns all lines of a header.
    pub(crate) fn values(self, name: &str) -> Vec<&'r [u8]> {
        either!(
            self,
            parts => parts.headers.get_all(name).iter().map(|value| value.as_bytes()).collect(),
            request => request.headers().get_all(name).map(|value| value.as_bytes()).collect()
        )
    }

    /// Returns whether the connection or the target is known to use https. A target in HTTP/2 has a scheme. A target in
    /// HTTP/1.1 usually has none.
    pub(crate) fn is_https(self) -> bool {
        either!(
            self,
            parts => parts.uri.scheme_str() == Some("https"),
            request => request.app_config().secure() || request.uri().scheme_str() == Some("https")
        )
    }

    /// Returns the host and port of the target. If the target has none, returns those of the `Host` header.
    pub(crate) fn host(self) -> Option<&'r str> {
        let target = either!(self, parts => parts.uri.authority().map(|target| target.as_str()), request => request.uri().authority().map(|target| target.as_str()));
        target.or_else(|| self.header("host"))
    }
}

/// Shows the method and the path, but no header, because headers hold cookies.
impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
