use std::fmt;
use std::sync::Arc;

use session_core::CSRF_KEY;

use super::CSRF_HEADER;
use super::error::CsrfError;
use super::form::token_of;
use super::head::{HeadOutcome, RequestHead};
use super::origin::{self, Source};
use crate::session::Session;

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
/// What this does not cover: the handshake of a WebSocket is a GET, so check its `Origin`; and a layer inside that turns
/// one method into another. With the header `Referrer-Policy: no-referrer` browsers send `Origin: null` with the forms of
/// your own pages; take `same-origin`.
///
/// ```
/// use session_web::CsrfPolicy;
///
/// let policy = CsrfPolicy::builder()
///     .trusted_origin(".example.com") // the domain and all below it
///     .exempt("/hooks/") // and all below it
///     .build()?;
///
/// let error = CsrfPolicy::builder().trusted_origin("https://example.com/").build().unwrap_err();
/// assert_eq!(error.to_string(), "trusted_origin: \"https://example.com/\" is no host: leave out scheme and path");
/// # Ok::<(), session_web::CsrfPolicyError>(())
/// ```
///
/// Clones are cheap and share one policy.
#[derive(Clone, Debug, Default)]
pub struct CsrfPolicy(Arc<Options>);

#[derive(Clone, Debug)]
struct Options {
    trusted_origins: Vec<String>,
    allow_no_origin: bool,
    https: bool,
    exempt: Vec<String>,
    max_form_len: usize,
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

    /// Checks the head of a request.
    pub(super) fn check<N>(
        &self,
        head: &impl RequestHead,
        session: &Session<N>,
    ) -> Result<HeadOutcome, CsrfError> {
        let is_safe = matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
        if is_safe || self.is_exempt(head.path()) {
            Ok(HeadOutcome::Exempt)
        } else {
            self.check_any(head, session)
        }
    }

    /// Checks the head of a request, even if its method is safe or its path exempt.
    pub(super) fn check_any<N>(
        &self,
        head: &impl RequestHead,
        session: &Session<N>,
    ) -> Result<HeadOutcome, CsrfError> {
        let source = Source {
            is_https: self.0.https || head.is_https() || forwarded_https(head),
            host: head.host(),
            origin: text(head, "origin"),
            referer: text(head, "referer"),
            fetch_site: text(head, "sec-fetch-site"),
        };
        origin::check(&source, &self.0.trusted_origins, self.0.allow_no_origin)?;
        match text(head, CSRF_HEADER) {
            // Don't read the body if the session has no token: no form can have it.
            None | Some("") if is_form(head) && session.contains(CSRF_KEY) => Ok(HeadOutcome::FormNeeded),
            None | Some("") if is_form(head) => {
                Err(CsrfError::token("the session has none, so no form has it"))
            }
            None | Some("") => Err(CsrfError::token("none in the header, and the body is no form")),
            Some(token) => check_token(token, session).map(|()| HeadOutcome::Passed),
        }
    }

    /// Checks the token in a form that is the body of a request.
    pub(super) fn check_form<N>(&self, form: &[u8], session: &Session<N>) -> Result<(), CsrfError> {
        let token = token_of(form).ok_or(CsrfError::token("neither in the header nor in the form"))?;
        check_token(&token, session)
    }

    /// Maximum number of bytes of a form that are read for its token.
    pub(super) fn max_form_len(&self) -> usize {
        self.0.max_form_len
    }

    fn is_exempt(&self, path: &str) -> bool {
        let covers = |exempt: &String| match exempt.strip_suffix('/') {
            Some(folder) => {
                path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            }
            None => path == exempt,
        };
        // What may mean another path to whoever resolves it is not exempt.
        let plain = || !path.contains("/.") && !path.contains("//") && !path.contains(['%', '\\']);
        self.0.exempt.iter().any(covers) && plain()
    }
}

/// The first line of a header as text. A header that is not UTF-8 counts as present: it must not look as if it were
/// missing.
fn text<'h>(head: &'h impl RequestHead, name: &'static str) -> Option<&'h str> {
    head.values(name).next().map(|value| str::from_utf8(value).unwrap_or("\u{fffd}"))
}

fn check_token<N>(token: &str, session: &Session<N>) -> Result<(), CsrfError> {
    match session.check_csrf_token(token) {
        true => Ok(()),
        false => Err(CsrfError::token("not that of the session")),
    }
}

/// Whether a proxy says that the browser came over https. A forged one only makes us stricter.
fn forwarded_https(head: &impl RequestHead) -> bool {
    let mut schemes = head.values("x-forwarded-proto").flat_map(|line| line.split(|&byte| byte == b','));
    schemes.any(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
}

fn is_form(head: &impl RequestHead) -> bool {
    let media_type = text(head, "content-type").and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
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
