//! The rules for names, values and attributes, and the spelling of attributes.

use crate::error::{CookieError, Kind};
use crate::same_site::SameSite;
use std::fmt::Write;
use std::time::Duration;

/// Bytes that a cookie's name and value may have together: browsers ignore one that has more (RFC 6265bis, parsing
/// of `Set-Cookie`).
pub const MAX_NAME_AND_VALUE: usize = 4096;
/// A browser ignores an attribute whose value is longer (same place).
const MAX_ATTRIBUTE_VALUE: usize = 1024;
/// RFC 1035, section 2.3.4, in text form.
const MAX_HOST_NAME: usize = 253;
const MAX_LABEL: usize = 63;

/// The prefixes that promise something to the reader of a name: (prefix, bound to one host, out of reach of
/// scripts). All need `secure`. The two with `Http` come from draft-ietf-httpbis-layered-cookies. Of two that
/// match, the longer is first.
const PREFIXES: [(&str, bool, bool); 4] = [
    ("__Host-Http-", true, true),
    ("__Http-", false, true),
    ("__Host-", true, false),
    ("__Secure-", false, false),
];

/// The attributes of a cookie as they were configured. An empty path or domain is stored as `None`.
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

impl Attributes {
    /// Checks all attributes, also against each other and against what `name` promises.
    pub(crate) fn check(&self, name: &str) -> Result<(), CookieError> {
        self.path.as_deref().map_or(Ok(()), check_path)?;
        self.domain.as_deref().map_or(Ok(()), check_domain)?;
        if self.max_age.is_some_and(|age| age < Duration::from_secs(1)) {
            return Err(CookieError::new(
                Kind::MaxAge,
                "max_age must be at least one second; to remove a cookie, send the template's removal()",
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

    /// RFC 6265bis, section 4.1.3; without regard to case, as browsers check it.
    fn check_prefix(&self, name: &str) -> Result<(), CookieError> {
        let starts_with =
            |prefix: &str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        let Some(&(prefix, host, http)) = PREFIXES.iter().find(|(prefix, ..)| starts_with(prefix)) else {
            return Ok(());
        };
        let broken = if !self.secure {
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
            "browsers refuse the cookie {name:?} as it is configured: the prefix {prefix} requires {broken}"
        );
        Err(CookieError::new(Kind::Prefix, message))
    }

    /// What follows `name=value` while the cookie is alive.
    pub(crate) fn live(&self) -> String {
        self.format(self.max_age.map(|age| age.as_secs()), "")
    }

    /// What follows `name=` to make browsers forget the cookie. They find it by name, domain, path and
    /// partition key, and refuse the whole line if a prefix or SameSite=None lacks its flags: hence the same
    /// attributes again.
    pub(crate) fn removal(&self) -> String {
        self.format(Some(0), "; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    }

    /// In Pyramid's order, spelled as in RFC 6265bis. Browsers do not mind the case.
    fn format(&self, max_age: Option<u64>, expires: &str) -> String {
        let mut text = String::new();
        if let Some(domain) = &self.domain {
            // RFC 6265bis does not permit the leading dot, though browsers ignore it.
            text.extend(["; Domain=", domain.strip_prefix('.').unwrap_or(domain)]);
        }
        if let Some(seconds) = max_age {
            // Writing to a String does not fail.
            let _ = write!(text, "; Max-Age={seconds}");
        }
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
        text
    }
}

/// A token of RFC 9110, section 5.6.2.
pub(crate) fn check_name(name: &str) -> Result<(), CookieError> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() {
        return Err(CookieError::new(Kind::Name, "the cookie needs a name"));
    }
    if !name.bytes().all(is_token) {
        let message = format!(
            "the cookie name {name:?} is not a token: use ASCII letters, digits and !#$%&'*+-.^_`|~ only"
        );
        return Err(CookieError::new(Kind::Name, message));
    }
    check_size(name, "")
}

/// Cookie-octets of RFC 6265, section 4.1.1.
pub(crate) fn check_value(value: &str) -> Result<(), CookieError> {
    let is_cookie_octet = |byte: u8| byte.is_ascii_graphic() & !matches!(byte, b'"' | b',' | b';' | b'\\');
    // No early exit: such a loop is compiled to SIMD.
    if value.bytes().fold(true, |valid, byte| valid & is_cookie_octet(byte)) {
        return Ok(());
    }
    Err(CookieError::new(
        Kind::Value,
        "the cookie value holds more than visible ASCII without '\"', ',', ';' and '\\'; encode it, as in URL-safe base64",
    ))
}

/// The limit on what browsers store.
pub(crate) fn check_size(name: &str, value: &str) -> Result<(), CookieError> {
    let size = name.len() + value.len();
    if size <= MAX_NAME_AND_VALUE {
        return Ok(());
    }
    let message = format!(
        "the cookie's name and value are {size} bytes, and browsers ignore cookies over {MAX_NAME_AND_VALUE}: store less"
    );
    Err(CookieError::new(Kind::TooLarge, message))
}

/// RFC 6265bis allows a space; but as the path of a request has none, and browsers trim it, it can only be a
/// mistake.
fn check_path(path: &str) -> Result<(), CookieError> {
    if path.len() > MAX_ATTRIBUTE_VALUE {
        let message = format!(
            "the path is {} bytes, and browsers ignore paths over {MAX_ATTRIBUTE_VALUE}: use a shorter one",
            path.len()
        );
        return Err(CookieError::new(Kind::TooLarge, message));
    }
    if !path.starts_with('/') {
        return Err(CookieError::new(Kind::Path, format!("the path {path:?} must start with '/'")));
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
        let message = format!(
            "the path {path:?} must be visible ASCII without ';': percent-encode the rest, as it is in the request"
        );
        return Err(CookieError::new(Kind::Path, message));
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), CookieError> {
    let host = domain.strip_prefix('.').unwrap_or(domain);
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if host.len() <= MAX_HOST_NAME && host.split('.').all(is_label) {
        return Ok(());
    }
    let message = format!(
        "the domain {domain:?} is not a host name: use labels of ASCII letters, digits and '-' between single dots, \
         without scheme and port, other scripts as punycode (xn--…)"
    );
    Err(CookieError::new(Kind::Domain, message))
}
