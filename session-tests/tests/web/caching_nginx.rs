//! An nginx process with a cache.

use std::net::SocketAddr;

use crate::client::Browser;
use crate::nginx::Process;

/// The host of a site with nginx's default rules. nginx does not cache responses that set a cookie.
pub(crate) const DEFAULT_SITE: &str = "default.test";

/// The host of a site with `proxy_ignore_headers Set-Cookie`. nginx also caches responses that set a cookie.
pub(crate) const CACHES_COOKIES_SITE: &str = "caches-cookies.test";

const CONFIGURATION: &str = r"
    proxy_cache_path cache keys_zone=pages:1m;
    proxy_cache pages;
    proxy_cache_key $host$request_uri;
    add_header X-Cache $upstream_cache_status always;

    server {
        listen 127.0.0.1:@PORT@;
        server_name default.test;
        location / { proxy_pass http://@UPSTREAM@; }
    }

    server {
        listen 127.0.0.1:@PORT@;
        server_name caches-cookies.test;
        proxy_ignore_headers Set-Cookie;
        location / { proxy_pass http://@UPSTREAM@; }
    }
";

pub(crate) struct Nginx(Process);

impl Nginx {
    /// Starts nginx in front of a server. Outside CI, returns `None` if nginx is not installed.
    ///
    /// # Panics
    /// Panics if nginx does not start, or, in CI, if it is not installed.
    pub(crate) fn start(upstream: SocketAddr) -> Option<Self> {
        let configuration = CONFIGURATION.replace("@UPSTREAM@", &upstream.to_string());
        Process::start("a caching nginx in front of the application", "", &configuration).map(Self)
    }

    /// Returns a new browser, which has no cookies and sends its requests to nginx.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.0.address)
    }
}
