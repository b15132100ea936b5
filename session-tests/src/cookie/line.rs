//! A strict parser of `Set-Cookie` lines.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use super::{Cookie, SameSite};

/// Maximum octets of a cookie's name and value together. Browsers ignore longer cookies (RFC 6265bis, section 5.6).
const MAX_NAME_AND_VALUE: usize = 4096;
/// Maximum octets of an attribute's value. Browsers ignore attributes with longer values (RFC 6265bis, section 5.6).
const MAX_ATTRIBUTE: usize = 1024;

/// A line that browsers accept and that conforms to RFC 6265bis, section 4.1.1, with a few exceptions, such as:
/// - The parser refuses attributes that are unknown or repeated, although the grammar allows them.
/// - `Max-Age` may be zero or negative, which tells browsers to forget the cookie.
/// - `Domain` may begin with a dot, which browsers ignore.
#[derive(Debug)]
pub(crate) struct Line<'l> {
    pub(crate) name: &'l str,
    pub(crate) value: &'l str,
    path: Option<&'l str>,
    domain: Option<&'l str>,
    max_age: Option<i64>,
    expires: Option<SystemTime>,
    secure: bool,
    httponly: bool,
    samesite: Option<SameSite>,
    partitioned: bool,
}

impl<'l> Line<'l> {
    pub(crate) fn read(text: &'l str) -> Result<Self, String> {
        let mut parts = text.split(';');
        let pair = parts.next().unwrap_or_default();
        let (name, value) = pair.split_once('=').ok_or("the line has no =")?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(format!("the name {name:?} is not a token"));
        }
        let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        if !unquoted.bytes().all(is_cookie_octet) {
            return Err("the value has characters that are not cookie-octets".to_owned());
        }
        if name.len() + value.len() > MAX_NAME_AND_VALUE {
            return Err(format!(
                "name and value have {} octets, over {MAX_NAME_AND_VALUE}",
                name.len() + value.len()
            ));
        }
        let mut attributes = Attributes::default();
        for part in parts {
            attributes.add(part.trim_matches([' ', '\t']))?;
        }
        let line = Self {
            name,
            value,
            path: attributes.take("path", path)?,
            domain: attributes.take("domain", domain)?,
            max_age: attributes.take("max-age", max_age)?,
            expires: attributes.take("expires", date)?,
            secure: attributes.flag("secure")?,
            httponly: attributes.flag("httponly")?,
            samesite: attributes.take("samesite", samesite)?,
            partitioned: attributes.flag("partitioned")?,
        };
        attributes.end()?;
        line.check_accepted()?;
        Ok(line)
    }

    /// Returns an error if browsers refuse the line (RFC 6265bis, section 5.7, and CHIPS for `Partitioned`). One reason
    /// is a prefix such as `__Host-` without the attributes that it requires (section 4.1.3). The case of a prefix does
    /// not matter.
    fn check_accepted(&self) -> Result<(), String> {
        let starts_with = |prefix: &str| {
            self.name.get(..prefix.len()).is_some_and(|name| name.eq_ignore_ascii_case(prefix))
        };
        let host_only = self.domain.is_none() && self.path == Some("/");
        let broken = [
            (self.samesite == Some(SameSite::None) && !self.secure, "SameSite=None without Secure"),
            (self.partitioned && !self.secure, "Partitioned without Secure"),
            (starts_with("__Secure-") && !self.secure, "the prefix __Secure- without Secure"),
            (starts_with("__Host-") && !self.secure, "the prefix __Host- without Secure"),
            (starts_with("__Host-") && !host_only, "the prefix __Host- with a Domain or without Path=/"),
        ];
        match broken.iter().find(|(is_broken, _)| *is_broken) {
            Some((_, why)) => Err(format!("browsers refuse {why}")),
            None => Ok(()),
        }
    }

    /// Returns whether the line makes a browser forget a cookie. Without `Max-Age`, only an `Expires` before 2020 does.
    pub(crate) fn is_removal(&self) -> bool {
        match self.max_age {
            Some(max_age) => max_age <= 0,
            None => self.expires.is_some_and(is_long_ago),
        }
    }

    pub(super) fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// Returns an error unless the line sets `cookie` as requested, or removes it if its value is `None`.
    pub(super) fn is_for(&self, cookie: &Cookie) -> Result<(), String> {
        same("the name", self.name, &*cookie.name)?;
        same("Path", self.path, cookie.path.as_deref().filter(|path| !path.is_empty()))?;
        let asked = cookie.domain.as_deref().map(|domain| domain.strip_prefix('.').unwrap_or(domain));
        let asked = asked.filter(|domain| !domain.is_empty()).map(str::to_ascii_lowercase);
        same("Domain", self.domain.map(str::to_ascii_lowercase), asked)?;
        same("Secure", self.secure, cookie.secure)?;
        same("HttpOnly", self.httponly, cookie.httponly)?;
        same("SameSite", self.samesite, cookie.samesite)?;
        same("Partitioned", self.partitioned, cookie.partitioned)?;
        same("whether the line removes the cookie", self.is_removal(), cookie.value.is_none())?;
        let Some(value) = &cookie.value else {
            // Clients that do not support Max-Age use Expires, so Expires must remove the cookie as well.
            return match self.expires {
                Some(date) if !is_long_ago(date) => Err("Expires is not long past".to_owned()),
                _ => Ok(()),
            };
        };
        same("the value", self.value, &**value)?;
        let asked = cookie.max_age.map(|age| age.as_secs().try_into().unwrap_or(i64::MAX));
        same("Max-Age", self.max_age, asked)?;
        match self.expires {
            Some(_) if cookie.max_age.is_none() => Err("Expires was not requested".to_owned()),
            Some(date) if is_long_ago(date) => Err("Expires is long past".to_owned()),
            _ => Ok(()),
        }
    }
}

fn same<T: PartialEq + Debug>(what: &str, seen: T, expected: T) -> Result<(), String> {
    if seen == expected { Ok(()) } else { Err(format!("{what}: {seen:?}, expected {expected:?}")) }
}

/// Attributes by their names in lower case.
#[derive(Default)]
struct Attributes<'l>(BTreeMap<String, Option<&'l str>>);

impl<'l> Attributes<'l> {
    fn add(&mut self, text: &'l str) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(format!("the attribute {text:?} has control characters or non-ASCII characters"));
        }
        if value.is_some_and(|value| value.len() > MAX_ATTRIBUTE) {
            return Err(format!("the value of {name} has over {MAX_ATTRIBUTE} octets"));
        }
        match self.0.insert(name.to_ascii_lowercase(), value) {
            Some(_) => Err(format!("{name} appears twice")),
            None => Ok(()),
        }
    }

    fn take<T>(&mut self, name: &str, read: impl FnOnce(&'l str) -> Option<T>) -> Result<Option<T>, String> {
        let Some(value) = self.0.remove(name) else { return Ok(None) };
        let wrong = || format!("{name} has the invalid value {value:?}");
        value.and_then(read).map(Some).ok_or_else(wrong)
    }

    fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.0.remove(name) {
            Some(Some(value)) => Err(format!("{name} has the invalid value {value:?}")),
            flag => Ok(flag.is_some()),
        }
    }

    fn end(&self) -> Result<(), String> {
        match self.0.keys().next() {
            Some(name) => Err(format!("unknown attribute {name:?}")),
            None => Ok(()),
        }
    }
}

/// Returns whether the byte may appear in a token (RFC 9110, section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

/// Returns the path if it begins with a slash. Browsers ignore other paths.
fn path(text: &str) -> Option<&str> {
    text.starts_with('/').then_some(text)
}

fn domain(text: &str) -> Option<&str> {
    let host = text.strip_prefix('.').unwrap_or(text);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !(label.starts_with('-') || label.ends_with('-'))
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (host.len() <= 253 && host.split('.').all(is_label)).then_some(host)
}

fn max_age(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
    if digits.is_empty() || has_leading_zero || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Reads a date in the only form that servers may send: `Thu, 01 Jan 1970 00:00:00 GMT` (RFC 9110, section 5.6.7).
/// Dates before 1970 are refused.
fn date(text: &str) -> Option<SystemTime> {
    let date = httpdate::parse_http_date(text).ok()?;
    // `parse_http_date` also reads the obsolete forms.
    (httpdate::fmt_http_date(date) == text).then_some(date)
}

/// Returns whether the date is before 2020. Such a date is in the past, whatever the clock says.
fn is_long_ago(date: SystemTime) -> bool {
    date < SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800)
}

fn samesite(text: &str) -> Option<SameSite> {
    let values = [("Strict", SameSite::Strict), ("Lax", SameSite::Lax), ("None", SameSite::None)];
    values.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests;
