use session_cookie::SetCookie;

/// The headers of a response, whichever crate's type they are.
pub trait ResponseHeaders {
    /// The values of all lines of a header.
    fn values(&self, name: &'static str) -> impl Iterator<Item = &[u8]>;

    /// Sets a header to this value alone.
    fn set(&mut self, name: &'static str, value: Vec<u8>);

    /// Adds a `Set-Cookie` line to those that are there.
    fn append_set_cookie(&mut self, set_cookie: SetCookie);
}

/// Says that the response depends on the request's cookies: a cache must not serve it to anyone else (CVE-2023-30861 is
/// what happens without).
pub fn vary_cookie(headers: &mut impl ResponseHeaders) {
    let mut merged = Vec::new();
    for line in headers.values("vary") {
        let mut fields = line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        if fields.any(|field| field.eq_ignore_ascii_case(b"cookie") || field == b"*") {
            return;
        }
        if !line.trim_ascii().is_empty() {
            merged.extend_from_slice(line);
            merged.extend_from_slice(b", ");
        }
    }
    merged.extend_from_slice(b"Cookie");
    headers.set("vary", merged);
}

/// Adds our cookie, unless the application has set one of the same name itself. Caches are told not to keep it, unless
/// the application has told them something itself.
pub fn set_cookie(headers: &mut impl ResponseHeaders, set_cookie: SetCookie) {
    let is_ours = |line: &[u8]| {
        line.strip_prefix(set_cookie.name().as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
    };
    if headers.values("set-cookie").any(is_ours) {
        tracing::warn!(
            cookie = set_cookie.name(),
            "the response sets this cookie already, and the session is not saved: is there a second SessionLayer?"
        );
        return;
    }
    if headers.values("cache-control").next().is_none() {
        headers.set("cache-control", br#"no-cache="Set-Cookie""#.to_vec());
    }
    headers.append_set_cookie(set_cookie);
}
