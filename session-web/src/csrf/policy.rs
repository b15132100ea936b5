//! The CSRF policy and its options.

use std::fmt;
use std::sync::Arc;

use super::origin;

/// The rules for requests that may change something, like those that Pyramid's `set_default_csrf_options` sets.
///
/// A request with a method other than GET, HEAD, OPTIONS and TRACE needs the session's CSRF token. The token is in the
/// header `X-CSRF-Token`, or in the field `csrf_token` of an `application/x-www-form-urlencoded` body. A token in the
/// query does not count. A refused request gets a 403 (400 in Pyramid), and a `tracing` event logs the reason.
///
/// The request must also come from a page of our own host or of a trusted one:
///
/// | the request has | it passes |
/// |---|---|
/// | an `Origin` | if the `Origin` has the host and port of the request, or a trusted host; on https, its scheme must be https |
/// | no `Origin`, but a `Referer`, on https | if the page in `Referer` meets the conditions of the first row |
/// | neither `Origin` nor `Referer`, on https | only with [`allow_no_origin`](CsrfPolicyBuilder::allow_no_origin) |
/// | no `Origin`, on http | always |
/// | `Sec-Fetch-Site: cross-site`, `same-site` or an unknown value | only if its `Origin` is trusted, or its `Referer` if it has no `Origin` |
///
/// A request must meet the conditions of every row that describes it.
///
/// Pyramid checks the origin on https only. As in Pyramid, ports 80 and 443 of our own host count as the default port.
/// Our own host is the one that the request names, so a proxy must forward the browser's `Host` header. Clones of a
/// policy are cheap.
///
/// # Limitations
///
/// - The handshake of a WebSocket over HTTP/1.1 is a GET, so it is not checked. Over HTTP/2 it is a CONNECT (RFC 8441)
///   without a token, so it is refused unless its path is [exempt](CsrfPolicyBuilder::exempt). In both cases, call
///   [`check_origin`](Self::check_origin) in its handler.
/// - An inner layer that changes a request's method bypasses the check.
/// - With the header `Referrer-Policy: no-referrer`, browsers send `Origin: null` with the forms of your own pages. Use
///   `same-origin` instead.
///
/// # Examples
///
/// ```
/// # use session_web::{CsrfPolicy, CsrfPolicyError};
/// let policy = CsrfPolicy::builder()
///     .trusted_origin(".example.com") // the domain and its subdomains
///     .exempt("/hooks/") // all paths below it
///     .build()?;
///
/// let error = CsrfPolicy::builder().trusted_origin("https://example.com/").build().unwrap_err();
/// assert_eq!(error.to_string(), "trusted_origin: \"https://example.com/\" is not a host; omit scheme and path");
/// # Ok::<(), CsrfPolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CsrfPolicy(pub(super) Arc<Options>);

#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) trusted_origins: Vec<String>,
    pub(super) allow_no_origin: bool,
    pub(super) https: bool,
    pub(super) exempt: Vec<String>,
    pub(super) max_form_len: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trusted_origins: Vec::new(),
            allow_no_origin: false,
            https: false,
            exempt: Vec::new(),
            max_form_len: 2 * 1024 * 1024,
        }
    }
}

impl CsrfPolicy {
    /// Returns a builder with the options of the default policy.
    pub fn builder() -> CsrfPolicyBuilder {
        CsrfPolicyBuilder(Options::default())
    }
}

/// A builder for a [`CsrfPolicy`]. [`build`](Self::build) checks the options.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build() is called"]
pub struct CsrfPolicyBuilder(Options);

impl CsrfPolicyBuilder {
    /// Trusts the pages of another host: `example.com`, `example.com:8443`, `.example.com` for the domain and its
    /// subdomains, or `null` for pages that hide their origin. The ports 80 and 443 count as the default port. If the
    /// request uses https, the page must too. Can be called several times.
    pub fn trusted_origin(mut self, host: impl Into<String>) -> Self {
        let host = host.into().to_ascii_lowercase();
        self.0.trusted_origins.push(origin::without_default_port(&host).to_owned());
        self
    }

    /// Sets whether a request over https may have neither `Origin` nor `Referer`. Default: false.
    pub fn allow_no_origin(mut self, allow: bool) -> Self {
        self.0.allow_no_origin = allow;
        self
    }

    /// Sets whether all requests count as https. Default: false. Without this option, a request counts as https if its
    /// target or the header `X-Forwarded-Proto` (`https` or `wss`) says so or, in actix-web, if the server uses TLS.
    ///
    /// Set this option behind a proxy that does not send `X-Forwarded-Proto`. With axum or tower, also set it if this
    /// process terminates TLS itself, because an HTTP/1.1 target has no scheme.
    pub fn assume_https(mut self, assume: bool) -> Self {
        self.0.https = assume;
        self
    }

    /// Exempts a path from the check, for example for the signed requests of another server. A path that ends in `/`
    /// exempts the paths below it, but not itself. A request path that contains `//`, `%`, a backslash, or a segment
    /// of dots such as `..`, is never exempt. Can be called several times.
    ///
    /// Give the path as the layer sees it. Inside axum's `Router::nest`, it lacks the nested prefix. Inside a scope of
    /// actix-web, it has the scope's prefix. Middleware that rewrites paths must be outside the layer.
    pub fn exempt(mut self, path: impl Into<String>) -> Self {
        self.0.exempt.push(path.into());
        self
    }

    /// Sets the maximum length, in bytes, of a form that a `CsrfLayer` reads for its token. A longer form gets a 413.
    /// Default: 2 MiB. The extractor `CsrfForm` has the framework's limit instead.
    pub fn max_form_len(mut self, bytes: usize) -> Self {
        self.0.max_form_len = bytes;
        self
    }

    /// Creates the policy.
    ///
    /// # Errors
    /// Returns an error if a trusted origin is not a host, or if an exempt path does not begin with `/`, contains a
    /// `*`, or can never match. The path `/` is an error because it would exempt all other paths.
    pub fn build(self) -> Result<CsrfPolicy, CsrfPolicyError> {
        for host in &self.0.trusted_origins {
            if !origin::is_host(host.strip_prefix('.').unwrap_or(host)) {
                let advice = format!("trusted_origin: {host:?} is not a host; omit scheme and path");
                return Err(CsrfPolicyError(advice));
            }
        }
        for path in &self.0.exempt {
            if path == "/" {
                let advice = "exempt: \"/\" exempts every page; name the paths that need no token, or omit the CsrfLayer";
                return Err(CsrfPolicyError(advice.to_owned()));
            }
            let is_visible = path.bytes().all(|byte| byte.is_ascii_graphic());
            if !path.starts_with('/') || !is_visible || !is_plain(path) || path.contains(['?', '#', '*']) {
                let advice = format!(
                    "exempt: {path:?} is not a plain path; begin it with `/`, use only visible ASCII and no `//`, \
                     `%`, `\\`, `?`, `#`, `*` or segment of dots, and end it with `/` to exempt all paths below it"
                );
                return Err(CsrfPolicyError(advice));
            }
        }
        Ok(CsrfPolicy(Arc::new(self.0)))
    }
}

/// Returns whether the path contains nothing that a router may decode or normalize: no `//`, `%` or backslash, and no
/// segment of dots, such as `..`.
pub(super) fn is_plain(path: &str) -> bool {
    !path.contains("//") && !path.contains(['%', '\\']) && !path.split('/').any(is_dots)
}

/// Returns whether a segment consists of dots, such as `..`, or of dots and a parameter, such as `..;x`. Some servers
/// ignore the parameter, which begins at the semicolon.
fn is_dots(segment: &str) -> bool {
    let rest = segment.trim_start_matches('.');
    rest.len() < segment.len() && (rest.is_empty() || rest.starts_with(';'))
}

/// Error returned by [`CsrfPolicyBuilder::build`]. Its text says how to correct the option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfPolicyError(String);

impl fmt::Display for CsrfPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CsrfPolicyError {}
