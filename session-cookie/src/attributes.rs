//! Validation of cookie names, values and attributes, and formatting of attributes.

use crate::error::{CookieError, Kind};
use crate::same_site::SameSite;
use std::fmt::Write;
use std::ops::Range;
use std::time::Duration;

/// Maximum number of bytes of a cookie's name and value together.
///
/// Browsers ignore a longer cookie (RFC 6265bis, parsing of `Set-Cookie`).
pub const MAX_NAME_AND_VALUE: usize = 4096;
/// Maximum length of an attribute's value in bytes. Browsers ignore an attribute with a longer value (RFC 6265bis,
/// parsing of `Set-Cookie`).
const MAX_ATTRIBUTE_VALUE: usize = 1024;
/// Maximum length of a host name in text form (RFC 1035, section 2.3.4).
const MAX_HOST_NAME: usize = 253;
/// Maximum length of a label of a host name (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// The name prefixes that require attributes: (prefix, requires path `/` and no domain, requires `HttpOnly`).
///
/// All prefixes require `Secure`. `__Host-` and `__Secure-` are from RFC 6265bis (section 4.1.3). The two prefixes that
/// contain `Http-` are from draft-ietf-httpbis-layered-cookies. The first match counts, so `__Host-Http-` comes before
/// `__Host-`.
const PREFIXES: [(&str, bool, bool); 4] = [
    ("__Host-Http-", true, true),
    ("__Http-", false, true),
    ("__Host-", true, false),
    ("__Secure-", false, false),
];

/// The configured attributes of a cookie. An empty path or domain is `None`.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) path: Option<String>,
    pub(crate) domain: Option<String>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) secure: bool,
    pub(crate) httponly: bool,
    pub(crate) samesite: Option<SameSite>,
    pub(crate) partitioned: bool,
}

/// Returns the first entry of [`PREFIXES`] that `name` begins with, ignoring case as browsers do.
fn prefix(name: &str) -> Option<&'static (&'static str, bool, bool)> {
    let starts_with =
        |prefix: &str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    PREFIXES.iter().find(|(prefix, ..)| starts_with(prefix))
}

/// Returns a name without its prefix.
pub(crate) fn without_prefix(name: &str) -> &str {
    prefix(name).map_or(name, |(prefix, ..)| &name[prefix.len()..])
}

impl Attributes {
    /// Checks each attribute, their combination, and what the prefix of `name` requires.
    pub(crate) fn check(&self, name: &str) -> Result<(), CookieError> {
        self.path.as_deref().map_or(Ok(()), check_path)?;
        self.domain.as_deref().map_or(Ok(()), check_domain)?;
        if self.max_age.is_some_and(|age| age < Duration::from_secs(1)) {
            return Err(CookieError::new(
                Kind::MaxAge,
                "max_age is less than one second; to remove a cookie, send the template's removal()",
            ));
        }
        if self.samesite == Some(SameSite::None) && !self.secure {
            return Err(CookieError::new(
                Kind::SameSite,
                "browsers refuse SameSite=None without Secure; set secure(true), or use Lax or Strict",
            ));
        }
        if self.partitioned && !self.secure {
            return Err(CookieError::new(
                Kind::Partitioned,
                "browsers refuse Partitioned without Secure; set secure(true)",
            ));
        }
        self.check_prefix(name)
    }

    /// Checks that the attributes meet the requirements of the name's prefix, if the name has one of [`PREFIXES`].
    fn check_prefix(&self, name: &str) -> Result<(), CookieError> {
        let Some(&(prefix, host, http)) = prefix(name) else { return Ok(()) };
        let missing = if !self.secure {
            "secure(true)"
        } else if http && !self.httponly {
            "httponly(true)"
        } else if host && self.domain.is_some() {
            "no domain"
        } else if host && self.path.as_deref() != Some("/") {
            "path(\"/\")"
        } else {
            return Ok(());
        };
        let message = format!(
            "browsers refuse the cookie {name:?}, because the prefix {prefix} requires {missing}; \
             change the attributes or the name"
        );
        Err(CookieError::new(Kind::Prefix, message))
    }

    /// Returns the attributes to append to `name=value`, and the range of `Max-Age` in them.
    pub(crate) fn live(&self) -> (String, Range<usize>) {
        self.format(self.max_age.map(|age| age.as_secs()), "")
    }

    /// Returns the attributes to append to `name=` in a removal.
    ///
    /// A removal repeats the cookie's attributes for two reasons. Browsers find the cookie by name, domain, path and
    /// partition key. They also refuse a removal without the attributes that a prefix or `SameSite=None` requires.
    pub(crate) fn removal(&self) -> String {
        self.format(Some(0), "; Expires=Thu, 01 Jan 1970 00:00:00 GMT").0
    }

    /// Formats the attributes in Pyramid's order, with upper and lower case as in RFC 6265bis. Browsers ignore case.
    /// Also returns the range of `Max-Age` in the text. Without a `Max-Age`, the range is empty and marks the place
    /// where the attribute belongs.
    fn format(&self, max_age: Option<u64>, expires: &str) -> (String, Range<usize>) {
        let mut text = String::new();
        if let Some(domain) = &self.domain {
            // RFC 6265bis does not permit the leading dot, though browsers ignore it.
            text.extend(["; Domain=", domain.strip_prefix('.').unwrap_or(domain)]);
        }
        let before_max_age = text.len();
        if let Some(seconds) = max_age {
            push_max_age(&mut text, seconds);
        }
        let max_age = before_max_age..text.len();
        if let Some(path) = &self.path {
            text.extend(["; Path=", path]);
        }
        text.push_str(expires);
        if self.secure {
            text.push_str("; Secure");
        }
        if self.httponly {
            text.push_str("; HttpOnly");
        }
        if let Some(samesite) = self.samesite {
            text.extend(["; SameSite=", samesite.as_str()]);
        }
        if self.partitioned {
            text.push_str("; Partitioned");
        }
        (text, max_age)
    }
}

/// Appends the attribute `Max-Age`.
pub(crate) fn push_max_age(text: &mut String, seconds: u64) {
    // Writing to a `String` cannot fail.
    let _ = write!(text, "; Max-Age={seconds}");
}

/// Checks that the name is a token (RFC 9110, section 5.6.2) of at most [`MAX_NAME_AND_VALUE`] bytes.
pub(crate) fn check_name(name: &str) -> Result<(), CookieError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() {
        return Err(CookieError::new(Kind::Name, "cookie name is empty; choose a name"));
    }
    if !name.bytes().all(is_token) {
        let message = format!(
            "cookie name {name:?} is not a token; use only ASCII letters, digits and !#$%&'*+-.^_`|~"
        );
        return Err(CookieError::new(Kind::Name, message));
    }
    check_size(name, "")
}

/// Checks that the value consists of cookie-octets (RFC 6265, section 4.1.1).
pub(crate) fn check_value(value: &str) -> Result<(), CookieError> {
    let is_cookie_octet = |byte: u8| byte.is_ascii_graphic() & !matches!(byte, b'"' | b',' | b';' | b'\\');
    // The loop has no early exit, so that it is compiled to SIMD.
    if value.bytes().fold(true, |valid, byte| valid & is_cookie_octet(byte)) {
        return Ok(());
    }
    Err(CookieError::new(
        Kind::Value,
        "cookie value contains a space, '\"', ',', ';', '\\', a control character or a non-ASCII character; \
         encode it, for example as URL-safe base64",
    ))
}

/// Checks that name and value together are at most [`MAX_NAME_AND_VALUE`] bytes.
pub(crate) fn check_size(name: &str, value: &str) -> Result<(), CookieError> {
    let size = name.len() + value.len();
    if size <= MAX_NAME_AND_VALUE {
        return Ok(());
    }
    let message = format!(
        "cookie name and value are {size} bytes, but browsers ignore cookies over {MAX_NAME_AND_VALUE}; store less"
    );
    Err(CookieError::new(Kind::TooLarge, message))
}

/// Checks that the path starts with `/` and is visible ASCII without `;`, at most [`MAX_ATTRIBUTE_VALUE`] bytes.
///
/// RFC 6265bis permits spaces. But the path of a request cannot contain a space, and browsers trim spaces at the ends,
/// so a space is a mistake.
fn check_path(path: &str) -> Result<(), CookieError> {
    if path.len() > MAX_ATTRIBUTE_VALUE {
        let message = format!(
            "path is {} bytes, but browsers ignore paths over {MAX_ATTRIBUTE_VALUE}; use a shorter one",
            path.len()
        );
        return Err(CookieError::new(Kind::TooLarge, message));
    }
    if !path.starts_with('/') {
        return Err(CookieError::new(
            Kind::Path,
            format!("path {path:?} does not start with '/'; use an absolute path"),
        ));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
        let message = format!(
            "path {path:?} contains ';' or a character that is not visible ASCII; \
             percent-encode it, as the request does"
        );
        return Err(CookieError::new(Kind::Path, message));
    }
    Ok(())
}

/// Checks that the domain is an ASCII host name (RFC 1123, section 2.1), with an optional leading dot.
fn check_domain(domain: &str) -> Result<(), CookieError> {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let message = if !host.split('.').all(|label| !label.is_empty() && label.bytes().all(is_allowed)) {
        format!(
            "domain {domain:?} is not a host name; use labels of ASCII letters, digits and '-', separated by single \
             dots, without scheme or port, and punycode (xn--…) for other scripts"
        )
    } else if host.len() > MAX_HOST_NAME {
        format!(
            "domain {domain:?} is {} bytes, but a host name has at most {MAX_HOST_NAME}; use a shorter one",
            host.len()
        )
    } else if let Some(label) = host.split('.').find(|label| label.len() > MAX_LABEL) {
        format!(
            "label {label:?} of domain {domain:?} is {} bytes, but a label has at most {MAX_LABEL}; use a shorter one",
            label.len()
        )
    } else if let Some(label) = host.split('.').find(|label| label.starts_with('-') || label.ends_with('-')) {
        format!(
            "label {label:?} of domain {domain:?} begins or ends with '-'; \
             use a letter or a digit at the beginning and at the end"
        )
    } else {
        return Ok(());
    };
    Err(CookieError::new(Kind::Domain, message))
}
