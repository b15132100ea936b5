//! The template that all cookies of one name are made of, and its builder.

use crate::attributes::{Attributes, MAX_NAME_AND_VALUE, check_name, check_size, check_value};
use crate::error::{CookieError, Kind};
use crate::same_site::SameSite;
use crate::set_cookie::SetCookie;
use std::time::Duration;

/// The name and the attributes of a cookie, checked and formatted. Made once, used for each response.
///
/// ```
/// use session_cookie::CookieTemplate;
///
/// # fn main() -> Result<(), session_cookie::CookieError> {
/// let template = CookieTemplate::builder("session").build()?;
/// assert_eq!(template.set("abc")?.as_str(), "session=abc; Path=/; SameSite=Lax");
/// # Ok(())
/// # }
/// ```
///
/// A cookie with a max-age is written without `expires`, which Pyramid adds: in RFC 6265bis `Max-Age` takes
/// precedence wherever both stand. A removal has both, for the sake of very old browsers.
#[derive(Clone, Debug)]
pub struct CookieTemplate {
    name: String,
    attributes: String,
    removal: SetCookie,
}

impl CookieTemplate {
    /// Begins a template of the given name, which must be a token (RFC 9110, section 5.6.2), with Pyramid's
    /// defaults: path `/`, SameSite `Lax`, and nothing else.
    pub fn builder(name: impl Into<String>) -> CookieTemplateBuilder {
        CookieTemplateBuilder {
            name: name.into(),
            attributes: Attributes {
                path: Some("/".to_owned()),
                domain: None,
                max_age: None,
                secure: false,
                httponly: false,
                samesite: Some(SameSite::Lax),
                partitioned: false,
            },
        }
    }

    /// The name of the cookie.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how many bytes a value may have, so that browsers take it together with the name.
    pub fn max_value_len(&self) -> usize {
        MAX_NAME_AND_VALUE - self.name.len()
    }

    /// Makes the cookie with this value.
    ///
    /// # Errors
    ///
    /// The same as of [`finish`](Self::finish).
    pub fn set(&self, value: &str) -> Result<SetCookie, CookieError> {
        let mut text = self.start(value.len());
        text.push_str(value);
        self.finish(text)
    }

    /// Begins a cookie whose value is written in place: the string holds `name=`, and has room for a value of
    /// `value_len` bytes and the attributes. Append the value and give the string to
    /// [`finish`](Self::finish).
    ///
    /// With the right `value_len` the whole header value takes one allocation of exactly its size; with a
    /// wrong one the string is merely larger than need be, or grows.
    ///
    /// ```
    /// # use session_cookie::CookieTemplate;
    /// # fn main() -> Result<(), session_cookie::CookieError> {
    /// let template = CookieTemplate::builder("session").build()?;
    /// let mut text = template.start(6);
    /// text.push_str("abc");
    /// text.push_str("def");
    /// let text: String = template.finish(text)?.into();
    /// assert_eq!(text, "session=abcdef; Path=/; SameSite=Lax");
    /// assert_eq!(text.capacity(), text.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, value_len: usize) -> String {
        // No more than `finish` would let through, so that no `value_len` can overflow.
        let value_len = value_len.min(MAX_NAME_AND_VALUE);
        let mut text = String::with_capacity(self.name.len() + 1 + value_len + self.attributes.len());
        text.push_str(&self.name);
        text.push('=');
        text
    }

    /// Checks the value that was appended to what [`start`](Self::start) returned, and appends the
    /// attributes.
    ///
    /// # Errors
    ///
    /// [`is_invalid_value`](CookieError::is_invalid_value) if the value has anything but cookie-octets (RFC
    /// 6265, section 4.1.1: visible ASCII without `"`, `,`, `;` and `\`), or if `text` was not started by a
    /// template of this name; [`is_too_large`](CookieError::is_too_large) if name and value are over 4096
    /// bytes together, as browsers ignore such a cookie (RFC 6265bis).
    pub fn finish(&self, mut text: String) -> Result<SetCookie, CookieError> {
        let value = text
            .strip_prefix(self.name.as_str())
            .and_then(|rest| rest.strip_prefix('='))
            .ok_or_else(|| {
                CookieError::new(
                    Kind::Value,
                    "finish() takes what start() of the same template returned, with the value appended",
                )
            })?;
        check_size(&self.name, value)?;
        check_value(value)?;
        text.push_str(&self.attributes);
        Ok(SetCookie::new(text))
    }

    /// The cookie that makes a browser forget this one: empty, expired, and with the same name, path, domain
    /// and flags.
    pub fn removal(&self) -> SetCookie {
        self.removal.clone()
    }
}

/// Collects the attributes of a [`CookieTemplate`]. See [`CookieTemplate::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build() is called"]
pub struct CookieTemplateBuilder {
    name: String,
    attributes: Attributes,
}

impl CookieTemplateBuilder {
    /// Another name than the one that the builder was made with.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The path below which browsers send the cookie: visible ASCII from `/` on, at most 1024 bytes. Default:
    /// `/`.
    ///
    /// `None` or empty leaves the attribute out; browsers then take the directory of the request.
    pub fn path(mut self, path: impl IntoAttribute) -> Self {
        self.attributes.path = path.into_attribute().filter(|path| !path.is_empty());
        self
    }

    /// The host that, with all its subdomains, is sent the cookie. Default: none, which means the responding
    /// host alone.
    ///
    /// `None` or empty leaves the attribute out. A leading dot means nothing and is not written (RFC 6265bis,
    /// section 4.1.2.3).
    pub fn domain(mut self, domain: impl IntoAttribute) -> Self {
        self.attributes.domain = domain.into_attribute().filter(|domain| !domain.is_empty());
        self
    }

    /// How long browsers keep the cookie; fractions of a second are dropped. Default: none, until the browser
    /// is closed.
    ///
    /// Browsers keep no cookie for longer than 400 days (RFC 6265bis).
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.attributes.max_age = max_age.into();
        self
    }

    /// Whether browsers send the cookie over secure connections only. Default: false.
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Whether the cookie is hidden from scripts. Default: false.
    pub fn httponly(mut self, httponly: bool) -> Self {
        self.attributes.httponly = httponly;
        self
    }

    /// On which cross-site requests browsers send the cookie. Default: [`SameSite::Lax`].
    ///
    /// A plain `None` leaves the attribute out and the choice to the browser. That is not [`SameSite::None`].
    pub fn samesite(mut self, samesite: impl Into<Option<SameSite>>) -> Self {
        self.attributes.samesite = samesite.into();
        self
    }

    /// Whether an embedded site gets a cookie of its own per top-level site (CHIPS). Default: false.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.attributes.partitioned = partitioned;
        self
    }

    /// Checks everything and makes the template.
    ///
    /// # Errors
    ///
    /// Whatever would make browsers refuse the cookie, read it in another way, or read another header out of
    /// it:
    ///
    /// - a name that is no token, a path that does not start with `/` or holds more than visible ASCII without `;`,
    ///   a domain that is no host name;
    /// - a max-age of less than one second;
    /// - `SameSite=None` or `partitioned` without `secure`;
    /// - a name that starts, in any case, with `__Secure-` without `secure`; with `__Host-` without `secure` and path `/`,
    ///   or with a domain; with `__Http-` without `secure` and `httponly`; with `__Host-Http-` without all of these.
    pub fn build(self) -> Result<CookieTemplate, CookieError> {
        check_name(&self.name)?;
        self.attributes.check(&self.name)?;
        let removal = SetCookie::new(format!("{}={}", self.name, self.attributes.removal()));
        Ok(CookieTemplate { name: self.name, attributes: self.attributes.live(), removal })
    }
}

/// What `path()` and `domain()` of a builder take:
/// `&str`, `String`, `Option<String>` or just `None`.
pub trait IntoAttribute {
    /// The attribute's value, or `None` to leave it out.
    fn into_attribute(self) -> Option<String>;
}

impl IntoAttribute for &str {
    fn into_attribute(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoAttribute for String {
    fn into_attribute(self) -> Option<String> {
        Some(self)
    }
}

/// The only `Option`, so that the type of a bare `None` can be inferred.
impl IntoAttribute for Option<String> {
    fn into_attribute(self) -> Option<String> {
        self
    }
}
