//! Templates for cookies of one name, and their builder.

use crate::attributes::{
    Attributes, MAX_NAME_AND_VALUE, check_name, check_size, check_value, push_max_age, without_prefix,
};
use crate::error::{CookieError, Kind};
use crate::same_site::SameSite;
use crate::set_cookie::SetCookie;
use std::ops::Range;
use std::time::Duration;

/// The name and the attributes of a cookie, checked and formatted once for all responses.
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
/// A cookie with a max-age has no `Expires` attribute. Pyramid adds one, but in RFC 6265bis `Max-Age` takes precedence.
/// A removal has both, for very old browsers.
#[derive(Clone, Debug)]
pub struct CookieTemplate {
    name: String,
    attributes: String,
    /// The range of the `Max-Age` attribute in `attributes`. Empty if there is no such attribute.
    max_age: Range<usize>,
    removal: SetCookie,
}

impl CookieTemplate {
    /// Returns a builder with Pyramid's defaults: path `/`, SameSite `Lax`, and no other attributes.
    ///
    /// The name must be a token (RFC 9110, section 5.6.2).
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

    /// Returns the name of the cookie.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the maximum length of a value in bytes. Browsers ignore a cookie with a longer value.
    pub fn max_value_len(&self) -> usize {
        MAX_NAME_AND_VALUE - self.name.len()
    }

    /// Creates a cookie whose value is `value`.
    ///
    /// # Errors
    /// Returns the same errors as [`finish`](Self::finish).
    pub fn set(&self, value: &str) -> Result<SetCookie, CookieError> {
        let mut text = self.start(value.len());
        text.push_str(value);
        self.finish(text)
    }

    /// Starts a cookie whose value is written in place.
    ///
    /// Returns the string `name=`, with capacity for a value of `value_len` bytes and the attributes. Append the value
    /// and pass the string to [`finish`](Self::finish).
    ///
    /// If the value has exactly `value_len` bytes, the header value takes one allocation of exactly its size. If not,
    /// the string grows or is larger than necessary.
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
        // Limited to what `finish` accepts, so that the sum cannot overflow.
        let value_len = value_len.min(MAX_NAME_AND_VALUE);
        let mut text = String::with_capacity(self.name.len() + 1 + value_len + self.attributes.len());
        text.push_str(&self.name);
        text.push('=');
        text
    }

    /// Checks the value that was appended to the string from [`start`](Self::start), and appends the attributes.
    ///
    /// # Errors
    /// Returns an error if
    ///
    /// - the value contains bytes other than cookie-octets ([`is_invalid_value`](CookieError::is_invalid_value)), which
    ///   are visible ASCII without `"`, `,`, `;` and `\` (RFC 6265, section 4.1.1);
    /// - `text` does not start with the string that `start` returns: the template's name and `=`
    ///   ([`is_invalid_value`](CookieError::is_invalid_value));
    /// - name and value together are over 4096 bytes ([`is_too_large`](CookieError::is_too_large)), because browsers
    ///   ignore such a cookie.
    pub fn finish(&self, mut text: String) -> Result<SetCookie, CookieError> {
        self.check(&text)?;
        text.push_str(&self.attributes);
        Ok(SetCookie::new(text))
    }

    /// Returns whether the template's cookies have a `Max-Age`.
    pub fn has_max_age(&self) -> bool {
        !self.max_age.is_empty()
    }

    /// Finishes a cookie like [`finish`](Self::finish), but with `max_age` in place of the template's max-age, if any.
    ///
    /// Fractions of a second are dropped, but the max-age is at least one second, because zero would remove the cookie.
    /// The text is reallocated at most once.
    ///
    /// ```
    /// # use session_cookie::CookieTemplate;
    /// # use std::time::Duration;
    /// # fn main() -> Result<(), session_cookie::CookieError> {
    /// let template = CookieTemplate::builder("session").max_age(Duration::from_secs(1200)).build()?;
    /// let month = Duration::from_secs(30 * 24 * 3600);
    /// let cookie = template.finish_with_max_age(template.start(3) + "abc", month)?;
    /// assert_eq!(cookie.as_str(), "session=abc; Max-Age=2592000; Path=/; SameSite=Lax");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`finish`](Self::finish).
    pub fn finish_with_max_age(&self, mut text: String, max_age: Duration) -> Result<SetCookie, CookieError> {
        /// The length of the longest `Max-Age` attribute.
        const MAX_AGE_LEN: usize = "; Max-Age=".len() + u64::MAX.ilog10() as usize + 1;
        self.check(&text)?;
        text.reserve(self.attributes.len() + MAX_AGE_LEN);
        text.push_str(&self.attributes[..self.max_age.start]);
        push_max_age(&mut text, max_age.as_secs().max(1));
        text.push_str(&self.attributes[self.max_age.end..]);
        Ok(SetCookie::new(text))
    }

    /// Checks that the text is `name=` and a valid value, without attributes.
    fn check(&self, text: &str) -> Result<(), CookieError> {
        let value = text
            .strip_prefix(self.name.as_str())
            .and_then(|rest| rest.strip_prefix('='))
            .ok_or_else(|| {
                CookieError::new(
                    Kind::Value,
                    "text does not start with the cookie's name; pass the string from start() to finish()",
                )
            })?;
        check_size(&self.name, value)?;
        check_value(value)
    }

    /// Returns a `Set-Cookie` value that removes the template's cookie from the browser.
    ///
    /// It has an empty cookie value, is expired, and has the cookie's name, path, domain and flags.
    pub fn removal(&self) -> SetCookie {
        self.removal.clone()
    }
}

/// A builder of a [`CookieTemplate`], returned by [`CookieTemplate::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until build() is called"]
pub struct CookieTemplateBuilder {
    name: String,
    attributes: Attributes,
}

impl CookieTemplateBuilder {
    /// Replaces the name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets whether the name has the prefix `__Host-`. Any other prefix, such as `__Secure-`, is always removed.
    ///
    /// ```
    /// # use session_cookie::CookieTemplate;
    /// # fn main() -> Result<(), session_cookie::CookieError> {
    /// let builder = CookieTemplate::builder("session").secure(true).host_prefix(true);
    /// assert_eq!(builder.clone().build()?.name(), "__Host-session");
    /// assert_eq!(builder.host_prefix(false).build()?.name(), "session");
    /// # Ok(())
    /// # }
    /// ```
    pub fn host_prefix(mut self, host_prefix: bool) -> Self {
        let name = without_prefix(&self.name);
        self.name = if host_prefix { format!("__Host-{name}") } else { name.to_owned() };
        self
    }

    /// Sets the path below which browsers send the cookie. Default: `/`.
    ///
    /// The path must start with `/` and be visible ASCII without `;`, at most 1024 bytes. `None` or an empty path omits
    /// the attribute; browsers then use the directory of the request's path.
    pub fn path(mut self, path: impl IntoAttribute) -> Self {
        self.attributes.path = path.into_attribute().filter(|path| !path.is_empty());
        self
    }

    /// Sets the host that receives the cookie, along with all its subdomains. Default: none, which means only the
    /// responding host.
    ///
    /// `None` or an empty domain omits the attribute. A leading dot has no meaning and is not written (RFC 6265bis,
    /// section 4.1.2.3).
    pub fn domain(mut self, domain: impl IntoAttribute) -> Self {
        self.attributes.domain = domain.into_attribute().filter(|domain| !domain.is_empty());
        self
    }

    /// Sets how long browsers keep the cookie. Default: none, which means until the browser is closed.
    ///
    /// Fractions of a second are dropped. Browsers keep a cookie for at most 400 days (RFC 6265bis).
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.attributes.max_age = max_age.into();
        self
    }

    /// Sets whether browsers send the cookie over secure connections only. Default: false.
    pub fn secure(mut self, secure: bool) -> Self {
        self.attributes.secure = secure;
        self
    }

    /// Sets whether the cookie is hidden from scripts. Default: false.
    pub fn httponly(mut self, httponly: bool) -> Self {
        self.attributes.httponly = httponly;
        self
    }

    /// Sets on which cross-site requests browsers send the cookie. Default: [`SameSite::Lax`].
    ///
    /// `Option::None` omits the attribute, so that the browser applies its default. [`SameSite::None`] writes
    /// `SameSite=None`.
    pub fn samesite(mut self, samesite: impl Into<Option<SameSite>>) -> Self {
        self.attributes.samesite = samesite.into();
        self
    }

    /// Sets whether an embedded site has a separate cookie for each top-level site (CHIPS). Default: false.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.attributes.partitioned = partitioned;
        self
    }

    /// Checks the name and the attributes, and creates the template.
    ///
    /// # Errors
    /// Returns an error if the name or an attribute is invalid, or if browsers would refuse or remove the cookie:
    ///
    /// - The name is not a token, or is over 4096 bytes.
    /// - The path does not start with `/`, contains `;` or bytes that are not visible ASCII, or is over 1024 bytes.
    /// - The domain is not a host name.
    /// - The max-age is less than one second.
    /// - `SameSite=None` or `partitioned` is set without `secure`.
    /// - The name has a prefix, in upper or lower case, and the attributes do not meet its requirements. `__Secure-`
    ///   requires `secure`. `__Host-` requires `secure`, path `/` and no domain. `__Http-` requires `secure` and
    ///   `httponly`. `__Host-Http-` requires all of these.
    pub fn build(self) -> Result<CookieTemplate, CookieError> {
        check_name(&self.name)?;
        self.attributes.check(&self.name)?;
        let removal = SetCookie::new(format!("{}={}", self.name, self.attributes.removal()));
        let (attributes, max_age) = self.attributes.live();
        Ok(CookieTemplate { name: self.name, attributes, max_age, removal })
    }
}

/// An argument of [`CookieTemplateBuilder::path`] and [`domain`](CookieTemplateBuilder::domain): `&str`, `String`,
/// `&String`, `Option<String>` or `None`. No other type can implement this trait.
pub trait IntoAttribute: sealed::Sealed {
    /// Returns the attribute's value, or `None` to omit the attribute.
    fn into_attribute(self) -> Option<String>;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for &str {}
    impl Sealed for String {}
    impl Sealed for &String {}
    impl Sealed for Option<String> {}
}

impl IntoAttribute for &str {
    fn into_attribute(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoAttribute for &String {
    fn into_attribute(self) -> Option<String> {
        Some(self.clone())
    }
}

impl IntoAttribute for String {
    fn into_attribute(self) -> Option<String> {
        Some(self)
    }
}

/// The only implementation for an `Option`, so that the type of a bare `None` can be inferred.
impl IntoAttribute for Option<String> {
    fn into_attribute(self) -> Option<String> {
        self
    }
}
