use std::fmt;
use std::sync::Arc;

use super::origin;

/// What is asked of requests that may change something: Pyramid's `set_default_csrf_options`.
///
/// Every request by a method other than GET, HEAD, OPTIONS and TRACE needs the session's CSRF token, in the header
/// `X-CSRF-Token` or else in the field `csrf_token` of an `application/x-www-form-urlencoded` body; never in the query.
/// A refused request gets a 403 (400 in Pyramid). A `tracing` event logs the reason.
///
/// The request must come from a page of our own host or of a trusted one:
///
/// | the request has | it passes |
/// |---|---|
/// | an `Origin` | if that is the host of the request, with its port, or trusted; on https only as an https page |
/// | no `Origin` but a `Referer`, on https | as for an `Origin`, with the `Referer`'s host |
/// | neither of them | on http; on https with [`allow_no_origin`](CsrfPolicyBuilder::allow_no_origin) |
/// | `Sec-Fetch-Site: cross-site` or `same-site` | only if its `Origin`, or else its `Referer`, is trusted |
///
/// Pyramid asks this on https only. Ports 80 and 443 of our own host are the default, as they are there. The host is that
/// of the request: a proxy has to pass on the `Host` header.
///
/// Not covered are the handshake of a WebSocket, which is a GET, so call [`check_origin`](Self::check_origin) in its
/// handler, and a layer inside that turns one method into another. With the header `Referrer-Policy: no-referrer` browsers send `Origin: null` with the forms of
/// your own pages; take `same-origin`.
///
/// ```
/// # use session_web::{CsrfPolicy, CsrfPolicyError};
/// let policy = CsrfPolicy::builder()
///     .trusted_origin(".example.com") // the domain and all below it
///     .exempt("/hooks/") // and all below it
///     .build()?;
///
/// let error = CsrfPolicy::builder().trusted_origin("https://example.com/").build().unwrap_err();
/// assert_eq!(error.to_string(), "trusted_origin: \"https://example.com/\" is no host: leave out scheme and path");
/// # Ok::<(), CsrfPolicyError>(())
/// ```
///
/// Clones are cheap and share one policy.
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
    /// Starts from Pyramid's defaults.
    pub fn builder() -> CsrfPolicyBuilder {
        CsrfPolicyBuilder(Options::default())
    }
}

/// The options of a [`CsrfPolicy`]. Nothing is checked before [`build`](Self::build).
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build() is called"]
pub struct CsrfPolicyBuilder(Options);

impl CsrfPolicyBuilder {
    /// Trusts the pages of another host: `example.com`, `example.com:8443`, `.example.com` for the domain and all below
    /// it, or `null` for pages that do not say where they are. On https these are pages on https. Can be called several
    /// times.
    pub fn trusted_origin(mut self, host: impl Into<String>) -> Self {
        let host = host.into().to_ascii_lowercase();
        self.0.trusted_origins.push(host.strip_suffix(":443").unwrap_or(&host).to_owned());
        self
    }

    /// Whether a request over https may have neither `Origin` nor `Referer`. Default: false.
    pub fn allow_no_origin(mut self, allow: bool) -> Self {
        self.0.allow_no_origin = allow;
        self
    }

    /// Whether the site is on https although its requests do not say so. Default: false, and a request is taken to be on
    /// https if its target or the header `X-Forwarded-Proto` says so. Set it behind a proxy that does not send that, and
    /// if this process speaks TLS itself: in HTTP/1.1 a target has no scheme. (actix-web knows by itself that it does.)
    pub fn assume_https(mut self, assume: bool) -> Self {
        self.0.https = assume;
        self
    }

    /// Lets requests for a path pass unchecked, such as those of another server that has a signature of its own. A path
    /// that ends in `/` stands for all below it, and not for itself. Can be called several times.
    ///
    /// It is the path as the layer sees it: inside axum's `Router::nest`, without what that takes off; in a scope of
    /// actix-web with the scope's. What rewrites paths goes outside of the layer.
    pub fn exempt(mut self, path: impl Into<String>) -> Self {
        self.0.exempt.push(path.into());
        self
    }

    /// How many bytes of a form are read for its token; a longer one is answered by 413. Default: 2 MiB.
    pub fn max_form_len(mut self, bytes: usize) -> Self {
        self.0.max_form_len = bytes;
        self
    }

    /// The policy.
    ///
    /// # Errors
    /// If a trusted origin is not a host, or if an exempt path is not absolute or would never match. The path `/` is an
    /// error because it would exempt every page.
    pub fn build(self) -> Result<CsrfPolicy, CsrfPolicyError> {
        for host in &self.0.trusted_origins {
            if !origin::is_host(host.strip_prefix('.').unwrap_or(host)) {
                let advice = format!("trusted_origin: {host:?} is no host: leave out scheme and path");
                return Err(CsrfPolicyError(advice));
            }
        }
        for path in &self.0.exempt {
            if path == "/" {
                let advice = "exempt: \"/\" would exempt every page; name the paths that need no token, or leave out the CsrfLayer";
                return Err(CsrfPolicyError(advice.to_owned()));
            }
            let odd = path.contains("/.") || path.contains("//") || path.contains(['%', '\\', '?', '#', '*']);
            if !path.starts_with('/') || odd {
                let advice = format!(
                    "exempt: {path:?} is no plain path: begin it with `/`, and end it with `/` for all below it"
                );
                return Err(CsrfPolicyError(advice));
            }
        }
        Ok(CsrfPolicy(Arc::new(self.0)))
    }
}

/// What is wrong with a policy, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfPolicyError(String);

impl fmt::Display for CsrfPolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CsrfPolicyError {}
