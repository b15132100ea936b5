//! The identity of a cookie: the properties that decide which cookie a browser replaces.

/// Returns whether two `Set-Cookie` header values belong to the same cookie: both have the same name, domain and path
/// (RFC 6265bis, section 5.7) and the same partitioning (CHIPS). A browser that receives both values in one response
/// keeps only the last one.
///
/// The default domain and path depend on the request, which this function does not know. So a missing `Domain` or
/// `Path` matches only a missing one.
///
/// Each value can be a [`SetCookie`](crate::SetCookie) or the value of any `Set-Cookie` header.
///
/// ```
/// use session_cookie::is_same_cookie;
///
/// assert!(is_same_cookie("session=a; Path=/", "session=; Path=/; Max-Age=0"));
/// assert!(!is_same_cookie("session=a; Path=/", "session=a; Path=/admin"));
/// ```
pub fn is_same_cookie(one: impl AsRef<[u8]>, other: impl AsRef<[u8]>) -> bool {
    Identity::of(one.as_ref()) == Identity::of(other.as_ref())
}

/// The name, domain and path of a cookie (RFC 6265bis, section 5.7), and whether it is partitioned (CHIPS). A browser
/// replaces a cookie with another one if all four are equal.
struct Identity<'a> {
    name: &'a [u8],
    domain: &'a [u8],
    path: &'a [u8],
    is_partitioned: bool,
}

impl<'a> Identity<'a> {
    /// Reads the value of a `Set-Cookie` header. If an attribute occurs twice, the last one counts, as in a browser.
    fn of(line: &'a [u8]) -> Self {
        let mut parts = line.split(|&byte| byte == b';');
        let name = parts.next().unwrap_or_default();
        // Without `=`, the whole text is the value, and the name is empty.
        let name = if name.contains(&b'=') { split(name).0 } else { b"" };
        let mut identity = Self { name, domain: b"", path: b"", is_partitioned: false };
        for (attribute, value) in parts.map(split) {
            if attribute.eq_ignore_ascii_case(b"domain") {
                identity.domain = value.strip_prefix(b".").unwrap_or(value);
            } else if attribute.eq_ignore_ascii_case(b"path") {
                // Without a `/` at the start, browsers use the default path, as if the attribute were missing.
                identity.path = if value.starts_with(b"/") { value } else { b"" };
            } else if attribute.eq_ignore_ascii_case(b"partitioned") {
                identity.is_partitioned = true;
            }
        }
        identity
    }
}

/// Splits a part at its first `=`, and trims the name and the value. Without a `=`, the value is empty.
fn split(part: &[u8]) -> (&[u8], &[u8]) {
    let at = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
    (part[..at].trim_ascii(), part.get(at + 1..).unwrap_or_default().trim_ascii())
}

impl PartialEq for Identity<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.path == other.path
            && self.is_partitioned == other.is_partitioned
            && self.domain.eq_ignore_ascii_case(other.domain)
    }
}
