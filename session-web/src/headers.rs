//! The response headers that a session changes.

use bytes::Bytes;
use session_cookie::{SetCookie, SetCookies, is_same_cookie};

use crate::cache_control;

/// The headers of a response, in a framework's type.
pub(crate) trait ResponseHeaders {
    /// Returns the values of all lines of a header.
    fn values(&self, name: ResponseHeader) -> impl Iterator<Item = &[u8]>;

    /// Replaces all lines of a header with one line.
    fn set(&mut self, name: ResponseHeader, value: Bytes);

    /// Returns the `Set-Cookie` lines that are marked as sensitive. Session layers mark the lines that they add.
    fn session_cookies(&self) -> impl Iterator<Item = &[u8]>;

    /// Adds a `Set-Cookie` line that is marked as sensitive.
    fn append_session_cookie(&mut self, line: Bytes);
}

/// A header that a session changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseHeader {
    /// `Cache-Control` (RFC 9111)
    CacheControl,
    /// `Set-Cookie` (RFC 6265bis)
    SetCookie,
    /// `Vary` (RFC 9110)
    Vary,
}

/// Logs that a header could not be set because its value is invalid. This would be a bug in this project: a `SetCookie`
/// is always valid, and so are the merged values of `Vary` and `Cache-Control`. Without the log line, a session could
/// be lost silently.
pub(crate) fn log_lost(name: ResponseHeader) {
    tracing::error!(header = ?name, "a response header was lost: its value is invalid; please report this");
}

/// Adds the `set_cookies` as [`add_cookie`] does. Adds `Vary: Cookie` if the session was accessed.
pub(crate) fn add_session_headers(
    headers: &mut impl ResponseHeaders,
    set_cookies: SetCookies,
    accessed: bool,
) {
    for set_cookie in set_cookies {
        add_cookie(headers, set_cookie);
    }
    if accessed {
        vary_cookie(headers);
    }
}

/// Adds `Cookie` to `Vary`, unless `Vary` already has `Cookie` or `*`. The response depends on the request's cookies:
/// without `Vary: Cookie`, a cache can serve it to other users (CVE-2023-30861).
fn vary_cookie(headers: &mut impl ResponseHeaders) {
    const COOKIE: &[u8] = b"Cookie";
    let mut merged = Vec::new();
    for line in headers.values(ResponseHeader::Vary) {
        let mut fields = line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        if fields.any(|field| field.eq_ignore_ascii_case(b"cookie") || field == b"*") {
            return;
        }
        if !line.trim_ascii().is_empty() {
            merged.extend_from_slice(line);
            merged.extend_from_slice(b", ");
        }
    }
    if merged.is_empty() {
        return headers.set(ResponseHeader::Vary, Bytes::from_static(COOKIE));
    }
    merged.extend_from_slice(COOKIE);
    headers.set(ResponseHeader::Vary, merged.into());
}

/// Adds a cookie of the session, unless the response already sets the [same cookie](is_same_cookie). If the cookie is
/// added, also makes `Cache-Control` [private](cache_control::private).
fn add_cookie(headers: &mut impl ResponseHeaders, set_cookie: SetCookie) {
    if headers.values(ResponseHeader::SetCookie).any(|line| is_same_cookie(&set_cookie, line)) {
        tracing::warn!(
            cookie = set_cookie.name(),
            "session cookie not sent: the response already sets this cookie; is there a second SessionLayer?"
        );
        return;
    }
    append_private(headers, String::from(set_cookie).into_bytes());
}

/// Adds the [session cookies](ResponseHeaders::session_cookies) of a replaced response to the new one, unless the new
/// response sets the same cookies itself. Inner session layers set these cookies and have already saved their sessions,
/// so the cookies must not be lost.
pub(crate) fn keep_session_cookies(headers: &mut impl ResponseHeaders, lines: Vec<Vec<u8>>) {
    for line in lines {
        if !headers.values(ResponseHeader::SetCookie).any(|own| is_same_cookie(own, &line)) {
            append_private(headers, line);
        }
    }
}

fn append_private(headers: &mut impl ResponseHeaders, line: Vec<u8>) {
    if let Some(value) = cache_control::private(headers.values(ResponseHeader::CacheControl)) {
        headers.set(ResponseHeader::CacheControl, value);
    }
    headers.append_session_cookie(line.into());
}
