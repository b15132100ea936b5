//! The checks of a [`CsrfPolicy`].

use session_core::CSRF_KEY;

use super::CSRF_HEADER;
use super::error::CsrfError;
use super::form::token_of;
use super::origin::{self, RequestOrigin};
use super::policy::{CsrfPolicy, is_plain};
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::session::Session;

impl CsrfPolicy {
    /// Checks only the origin of a request, for any method. Use it in the handler of a WebSocket.
    ///
    /// The handshake of a WebSocket over HTTP/1.1 is a GET, which a [`CsrfLayer`](crate::CsrfLayer) does not check. Any
    /// page can start it. The browser adds the cookies if the page is on the same site, such as on a subdomain, or if
    /// the cookies are `SameSite=None`. Over HTTP/2, the handshake is a CONNECT, which the layer refuses, because a
    /// browser sends no token with it. [Exempt](crate::CsrfPolicyBuilder::exempt) its path, and check the origin there,
    /// too.
    ///
    /// ```
    /// # extern crate session_web as signed_session;
    /// # #[cfg(feature = "axum")] {
    /// use axum::extract::WebSocketUpgrade;
    /// use axum::http::request::Parts;
    /// use axum::response::Response;
    /// use signed_session::axum::{CsrfPolicy, SessionError};
    ///
    /// async fn socket(parts: Parts, upgrade: WebSocketUpgrade) -> Result<Response, SessionError> {
    ///     CsrfPolicy::default().check_origin(&parts)?; // in actix-web: a `&HttpRequest`
    ///     Ok(upgrade.on_upgrade(async |socket| drop(socket)))
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns an error if the rules of [`CsrfPolicy`] refuse the origin of the request
    /// ([`SessionError::is_bad_csrf_origin`]). The reason is logged.
    pub fn check_origin<'r>(&self, head: impl Into<RequestHead<'r>>) -> Result<(), SessionError> {
        let head = head.into();
        self.origin(head).map_err(|error| SessionError::csrf(error, head))
    }

    /// Checks the origin of a request.
    fn origin(&self, head: RequestHead<'_>) -> Result<(), CsrfError> {
        let request = RequestOrigin {
            is_https: self.0.https || head.is_https() || forwarded_https(head),
            host: head.host(),
            origin: text(head, "origin"),
            referer: text(head, "referer"),
            fetch_site: text(head, "sec-fetch-site"),
        };
        origin::check(&request, &self.0.trusted_origins, self.0.allow_no_origin)
    }

    /// Checks a request's head before the session is loaded. `is_token_checked` tells whether an outer layer has
    /// checked the token. Returns whether the token still has to be checked.
    pub(super) fn check(&self, head: RequestHead<'_>, is_token_checked: bool) -> Result<bool, CsrfError> {
        let is_safe = matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
        if is_safe || self.is_exempt(head.path()) {
            Ok(false)
        } else if is_token_checked {
            self.origin(head).map(|()| false)
        } else {
            self.check_any(head).map(|()| true)
        }
    }

    /// Checks a request's head before the session is loaded, even if the method is safe or the path is exempt. A
    /// request that passes still needs a token.
    pub(super) fn check_any(&self, head: RequestHead<'_>) -> Result<(), CsrfError> {
        self.origin(head)?;
        match text(head, CSRF_HEADER) {
            None | Some("") if !is_form(head) => Err(CsrfError::Token(
                "none in the header, and the body is not application/x-www-form-urlencoded",
            )),
            _ => Ok(()),
        }
    }

    /// Checks the token in the header. If the header has none, the token has to be in a form: returns false, or an error
    /// if the session has no token.
    pub(super) fn check_header<N>(
        &self,
        head: RequestHead<'_>,
        session: &Session<N>,
    ) -> Result<bool, CsrfError> {
        match text(head, CSRF_HEADER) {
            None | Some("") if session.contains(CSRF_KEY) => Ok(false),
            // Don't read the body, because no form can have the right token.
            None | Some("") => Err(no_token()),
            Some(token) => check_token(token, session).map(|()| true),
        }
    }

    /// Checks the token in a form, which is the body of a request.
    pub(super) fn check_form<N>(&self, form: &[u8], session: &Session<N>) -> Result<(), CsrfError> {
        let token = token_of(form).ok_or(CsrfError::Token("none in the header or the form"))?;
        check_token(&token, session)
    }

    fn is_exempt(&self, path: &str) -> bool {
        let covers = |exempt: &String| match exempt.strip_suffix('/') {
            Some(folder) => {
                path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1)
            }
            None => path == exempt,
        };
        // A path that a router may resolve to another path is not exempt.
        self.0.exempt.iter().any(covers) && is_plain(path)
    }
}

/// Returns the first line of a header as text. A non-UTF-8 header counts as present.
fn text<'h>(head: RequestHead<'h>, name: &'static str) -> Option<&'h str> {
    head.value(name).map(|value| str::from_utf8(value).unwrap_or("\u{fffd}"))
}

fn check_token<N>(token: &str, session: &Session<N>) -> Result<(), CsrfError> {
    match session.check_csrf_token(token) {
        true => Ok(()),
        false if !session.contains(CSRF_KEY) => Err(no_token()),
        false => Err(CsrfError::Token("differs from the session's token")),
    }
}

fn no_token() -> CsrfError {
    CsrfError::Token("the session has no CSRF token")
}

/// Returns whether a proxy reports that the browser used https. For the handshake of a WebSocket over TLS, Traefik
/// sends `wss`. A forged header only makes the check stricter.
fn forwarded_https(head: RequestHead<'_>) -> bool {
    let lines = head.values("x-forwarded-proto");
    let mut schemes = lines.iter().flat_map(|line| line.split(|&byte| byte == b','));
    schemes.any(|scheme| {
        let scheme = scheme.trim_ascii();
        scheme.eq_ignore_ascii_case(b"https") || scheme.eq_ignore_ascii_case(b"wss")
    })
}

/// Returns whether a request may have a form for [`CsrfForm`](crate::CsrfForm). A GET request without a content type
/// has an empty form.
pub(super) fn may_have_form(head: RequestHead<'_>) -> bool {
    is_form(head) || (head.method() == "GET" && head.value("content-type").is_none())
}

fn is_form(head: RequestHead<'_>) -> bool {
    let media_type = text(head, "content-type").and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
