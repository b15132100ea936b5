//! The checks of a [`CsrfPolicy`].

use session_core::CSRF_KEY;

use super::CSRF_HEADER;
use super::check::HeadOutcome;
use super::error::CsrfError;
use super::form::token_of;
use super::origin::{self, Source};
use super::policy::CsrfPolicy;
use crate::error::SessionError;
use crate::head::RequestHead;
use crate::session::Session;

impl CsrfPolicy {
    /// Checks only where a request comes from, whatever its method: for the handler of a WebSocket. Its handshake is a GET,
    /// which a [`CsrfLayer`](crate::CsrfLayer) lets pass, but it comes with the user's cookies from any site.
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
    /// If the request does not come from our own host or a trusted one ([`SessionError::is_bad_csrf_origin`]). The log says
    /// why.
    pub fn check_origin<'r>(&self, head: impl Into<RequestHead<'r>>) -> Result<(), SessionError> {
        let head = head.into();
        self.origin(head).map_err(|error| SessionError::csrf(error, head))
    }

    /// Checks where a request comes from.
    fn origin(&self, head: RequestHead<'_>) -> Result<(), CsrfError> {
        let source = Source {
            is_https: self.0.https || head.is_https() || forwarded_https(head),
            host: head.host(),
            origin: text(head, "origin"),
            referer: text(head, "referer"),
            fetch_site: text(head, "sec-fetch-site"),
        };
        origin::check(&source, &self.0.trusted_origins, self.0.allow_no_origin)
    }

    /// Checks the head of a request. If `is_token_checked`, another layer has checked the token.
    pub(super) fn check<N>(
        &self,
        head: RequestHead<'_>,
        session: &Session<N>,
        is_token_checked: bool,
    ) -> Result<HeadOutcome, CsrfError> {
        let is_safe = matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE");
        if is_safe || self.is_exempt(head.path()) {
            Ok(HeadOutcome::Exempt)
        } else if is_token_checked {
            self.origin(head).map(|()| HeadOutcome::Passed)
        } else {
            self.check_any(head, session)
        }
    }

    /// Checks the head of a request, even if its method is safe or its path exempt.
    pub(super) fn check_any<N>(
        &self,
        head: RequestHead<'_>,
        session: &Session<N>,
    ) -> Result<HeadOutcome, CsrfError> {
        self.origin(head)?;
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
fn text<'h>(head: RequestHead<'h>, name: &'static str) -> Option<&'h str> {
    head.value(name).map(|value| str::from_utf8(value).unwrap_or("\u{fffd}"))
}

fn check_token<N>(token: &str, session: &Session<N>) -> Result<(), CsrfError> {
    match session.check_csrf_token(token) {
        true => Ok(()),
        false => Err(CsrfError::token("not that of the session")),
    }
}

/// Whether a proxy says that the browser came over https. A forged one only makes us stricter.
fn forwarded_https(head: RequestHead<'_>) -> bool {
    let lines = head.values("x-forwarded-proto");
    let mut schemes = lines.iter().flat_map(|line| line.split(|&byte| byte == b','));
    schemes.any(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
}

fn is_form(head: RequestHead<'_>) -> bool {
    let media_type = text(head, "content-type").and_then(|value| value.split(';').next());
    media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}
