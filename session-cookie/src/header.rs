//! Reading a cookie from the `Cookie` header.

use memchr::memrchr;
use std::fmt;
use std::iter::FusedIterator;

/// The `Cookie` header of a request. It is parsed on demand.
///
/// Create it from a string or bytes, or from an `Option` of these. HTTP/2 may split the header into several lines; use
/// `collect()` to join them. With the feature `http`, you can also create it from a `HeaderMap` or a `HeaderValue`.
///
/// A single `HeaderValue` is shared, and an owned string or vector is moved. Borrowed text is copied with one
/// allocation, and several lines are copied into one buffer. An empty header allocates nothing.
///
/// `Debug` shows only the length.
///
/// ```
/// # extern crate session_cookie as signed_session;
/// use signed_session::CookieHeader;
///
/// let header = CookieHeader::from("a=1; session=x; b=\"2\"; session = y");
/// assert!(header.values("session").eq([b"y", b"x"]));
/// assert_eq!(header.values("b").next(), Some(&b"2"[..]));
///
/// let lines: CookieHeader = ["session=x", "session=y; a=1"].into_iter().collect();
/// assert!(lines.values("session").eq([b"y", b"x"]));
///
/// assert!(CookieHeader::from(None::<&str>).is_empty());
/// ```
#[derive(Clone, Default)]
pub struct CookieHeader(Line);

/// The header as one line. Several lines are joined with `;`, which keeps their meaning (RFC 9113, section 8.2.3).
#[derive(Clone)]
enum Line {
    Bytes(Vec<u8>),
    #[cfg(feature = "http")]
    Header(http::HeaderValue),
}

impl Default for Line {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl CookieHeader {
    /// Returns `true` if the request has no `Cookie` header or an empty one.
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// Returns the values of all cookies named `name`, last to first: from the last line to the first, and within a
    /// line from right to left.
    ///
    /// The header is split at each `;`, and each pair at its first `=`. Spaces and tabs around name and value are
    /// removed, and then one pair of double quotes around the value. Nothing else is removed or decoded. `name` is
    /// compared byte by byte. Pairs without `=` or without a name are ignored. Cookies with another name have no
    /// effect, whatever their bytes.
    ///
    /// The iterator is lazy, takes linear time and does not allocate. A client can send thousands of cookies with this
    /// name. If you do expensive work for each value, such as verifying a signature, `take` only a few.
    pub fn values<'a>(&'a self, name: &'a str) -> Values<'a> {
        let name = name.as_bytes();
        // After parsing, the name of a pair is not empty, contains no `=`, and has no spaces or tabs around it.
        let is_impossible = name.is_empty() || name.contains(&b'=') || trim(name).len() < name.len();
        Values { rest: (!is_impossible).then(|| self.as_bytes()), name }
    }

    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Line::Bytes(bytes) => bytes,
            #[cfg(feature = "http")]
            Line::Header(value) => value.as_bytes(),
        }
    }
}

impl fmt::Debug for CookieHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieHeader").field("len", &self.as_bytes().len()).finish_non_exhaustive()
    }
}

/// Iterator over the values of all cookies with one name, returned by [`CookieHeader::values`].
#[derive(Clone)]
pub struct Values<'a> {
    rest: Option<&'a [u8]>,
    name: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while let Some(rest) = self.rest {
            let pair = match memrchr(b';', rest) {
                Some(end) => {
                    self.rest = Some(&rest[..end]);
                    &rest[end + 1..]
                }
                None => {
                    self.rest = None;
                    rest
                }
            };
            if let Some(value) = value_if_named(self.name, pair) {
                return Some(value);
            }
        }
        None
    }
}

impl FusedIterator for Values<'_> {}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

#[inline]
fn value_if_named<'a>(name: &[u8], pair: &'a [u8]) -> Option<&'a [u8]> {
    let start = trim_start(pair);
    // Most cookies have another name. Comparing the first bytes is the cheapest way to skip them.
    if start.first() != name.first() {
        return None;
    }
    let value = trim_start(start.strip_prefix(name)?).strip_prefix(b"=")?;
    match trim(value) {
        [b'"', value @ .., b'"'] => Some(value),
        value => Some(value),
    }
}

fn trim_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

fn trim(bytes: &[u8]) -> &[u8] {
    let mut bytes = trim_start(bytes);
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

impl From<Vec<u8>> for CookieHeader {
    fn from(line: Vec<u8>) -> Self {
        Self(Line::Bytes(line))
    }
}

impl From<&[u8]> for CookieHeader {
    fn from(line: &[u8]) -> Self {
        line.to_vec().into()
    }
}

impl From<String> for CookieHeader {
    fn from(line: String) -> Self {
        line.into_bytes().into()
    }
}

impl From<&str> for CookieHeader {
    fn from(line: &str) -> Self {
        line.as_bytes().into()
    }
}

impl From<&String> for CookieHeader {
    fn from(line: &String) -> Self {
        line.as_bytes().into()
    }
}

/// `None` is the header of a request without cookies.
impl<T: Into<CookieHeader>> From<Option<T>> for CookieHeader {
    fn from(line: Option<T>) -> Self {
        line.map_or_else(Self::default, Into::into)
    }
}

/// Joins the lines of one request, in order.
impl<T: AsRef<[u8]>> FromIterator<T> for CookieHeader {
    fn from_iter<I: IntoIterator<Item = T>>(lines: I) -> Self {
        let mut joined = Vec::new();
        for line in lines {
            if !joined.is_empty() {
                joined.push(b';');
            }
            joined.extend_from_slice(line.as_ref());
        }
        joined.into()
    }
}

#[cfg(feature = "http")]
impl From<http::HeaderValue> for CookieHeader {
    fn from(line: http::HeaderValue) -> Self {
        Self(Line::Header(line))
    }
}

#[cfg(feature = "http")]
impl From<&http::HeaderValue> for CookieHeader {
    fn from(line: &http::HeaderValue) -> Self {
        line.clone().into()
    }
}

/// Joins all `Cookie` lines, in order.
#[cfg(feature = "http")]
impl From<&http::HeaderMap> for CookieHeader {
    fn from(headers: &http::HeaderMap) -> Self {
        let mut lines = headers.get_all(http::header::COOKIE).iter();
        match (lines.next(), lines.next()) {
            (Some(first), Some(second)) => [first, second].into_iter().chain(lines).collect(),
            (only, _) => only.into(),
        }
    }
}
