//! The options common to all factories.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::{CookieTemplate, CookieTemplateBuilder, IntoAttribute, MAX_NAME_AND_VALUE, SameSite};
use session_core::{Clock, SystemClock};
use session_serde::Serializer;

use crate::codec::Codec;
use crate::error::BuildError;
use crate::factory::BaseCookieSessionFactory;
use crate::protection::{Plain, Protection};
use crate::signing::Signing;

/// A builder of factories. The options have Pyramid's names and Pyramid's defaults. `P` is the protection of the
/// cookies: [`Signing`] or [`Plain`].
///
/// [`build`](Self::build) checks all options. Without a type parameter, `Builder` is the type that
/// [`SignedCookieSessionFactory::builder`](crate::SignedCookieSessionFactory::builder) returns:
///
/// ```
/// use signed_session::{Builder, Secret, SignedCookieSessionFactory};
///
/// /// The options of all our applications.
/// fn base(secret: Secret) -> Builder {
///     SignedCookieSessionFactory::builder(secret).secure(true).httponly(true)
/// }
///
/// let sessions = base(Secret::generate()?).cookie_name("__Host-admin").build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a builder does nothing until build() is called"]
pub struct Builder<P = Signing> {
    pub(crate) protection: P,
    cookie: CookieTemplateBuilder,
    timeout: Option<Duration>,
    reissue_time: Option<Duration>,
    set_on_exception: bool,
    max_len: usize,
    clock: Arc<dyn Clock>,
}

/// Pyramid's limit for the cookie's value in bytes, and the default of [`Builder::max_len`].
pub const DEFAULT_MAX_LEN: usize = 4064;

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Returns a builder with Pyramid's defaults and a serializer that protects its own output.
    pub fn with_serializer(serializer: S) -> Builder<Plain<S>> {
        Builder::new(Plain(serializer))
    }
}

impl<P: Protection> Builder<P> {
    pub(crate) fn new(protection: P) -> Self {
        Self {
            protection,
            cookie: CookieTemplate::builder("session"),
            timeout: Some(Duration::from_secs(1200)),
            reissue_time: Some(Duration::ZERO),
            set_on_exception: true,
            max_len: DEFAULT_MAX_LEN,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the name of the cookie. Default: `session`.
    ///
    /// A browser accepts a cookie whose name starts with `__Host-` only if it is `secure`, has the path `/` and has no
    /// domain. This is the best protection against cookies planted by a sibling domain.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie = self.cookie.name(name);
        self
    }

    /// Sets how long the browser keeps the cookie, in whole seconds, at least one. Default: none, until the browser
    /// closes.
    ///
    /// This is advice to the browser. Only the [`timeout`](Self::timeout) ends a session.
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.cookie = self.cookie.max_age(max_age);
        self
    }

    /// Sets the path under which the browser sends the cookie. Default: `/`.
    pub fn path(mut self, path: impl IntoAttribute) -> Self {
        self.cookie = self.cookie.path(path);
        self
    }

    /// Sets the domain whose hosts the browser sends the cookie to. Default: none, only the host that set the cookie.
    pub fn domain(mut self, domain: impl IntoAttribute) -> Self {
        self.cookie = self.cookie.domain(domain);
        self
    }

    /// Sets whether the browser sends the cookie over https only. Default: false, as in Pyramid; set it in production.
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie = self.cookie.secure(secure);
        self
    }

    /// Sets whether the cookie is hidden from scripts. Default: false, as in Pyramid; set it unless a script reads the
    /// cookie.
    pub fn httponly(mut self, httponly: bool) -> Self {
        self.cookie = self.cookie.httponly(httponly);
        self
    }

    /// Sets whether the browser sends the cookie with requests from other sites. Default: `Lax`.
    ///
    /// `None` omits the attribute. [`SameSite::None`] writes `SameSite=None`, and requires [`secure`](Self::secure).
    pub fn samesite(mut self, samesite: impl Into<Option<SameSite>>) -> Self {
        self.cookie = self.cookie.samesite(samesite);
        self
    }

    /// Sets whether the browser keeps a separate cookie for each site that embeds this one (CHIPS). Default: false.
    /// This requires [`secure`](Self::secure).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.cookie = self.cookie.partitioned(partitioned);
        self
    }

    /// Sets how long a session lives without an access. Default: 1200 s. With `None` it never expires.
    ///
    /// The server compares it with the time in the cookie. A session that was accessed exactly this long ago is still
    /// valid.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// Sets how old a cookie must be before a request that only reads the session re-issues it. A re-issue extends the
    /// session's life. Default: zero, which means at most once a second. With `None`, a read never extends the
    /// session's life.
    ///
    /// A tenth of the [`timeout`](Self::timeout) keeps the cookie out of most responses. It also makes a race rare: a
    /// slow request can re-issue the cookie after another request has signed out, which revives the session.
    pub fn reissue_time(mut self, reissue_time: impl Into<Option<Duration>>) -> Self {
        self.reissue_time = reissue_time.into();
        self
    }

    /// Sets whether a response that reports a failure sets the cookie; see
    /// [`save_on_exception`](crate::CookieSession::save_on_exception). Default: true.
    pub fn set_on_exception(mut self, set_on_exception: bool) -> Self {
        self.set_on_exception = set_on_exception;
        self
    }

    /// Sets the maximum size of the cookie's value in bytes. An empty session must fit. Default: 4064, as in Pyramid.
    ///
    /// Browsers accept 4096 bytes of name and value together. So the default is lower for a name of over 32 bytes.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Sets the clock. Default: the system's clock. Tests use a [`ManualClock`](session_core::ManualClock).
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub(crate) fn with_protection<Q>(self, change: impl FnOnce(P) -> Q) -> Builder<Q> {
        Builder {
            protection: change(self.protection),
            cookie: self.cookie,
            timeout: self.timeout,
            reissue_time: self.reissue_time,
            set_on_exception: self.set_on_exception,
            max_len: self.max_len,
            clock: self.clock,
        }
    }

    /// Builds the factory.
    ///
    /// # Errors
    /// Returns an error if an option is invalid: a weak secret, a key of a length that the MAC does not support, a
    /// cookie that browsers reject, contradictory times or sizes. The error says what to do.
    pub fn build(self) -> Result<BaseCookieSessionFactory<P::Serializer>, BuildError> {
        let template = self.cookie.build()?;
        check_times(self.timeout, self.reissue_time)?;
        let max_len = check_len(self.max_len, &template)?;
        let factory = BaseCookieSessionFactory::new(Codec {
            serializer: self.protection.protect()?,
            template,
            clock: self.clock,
            timeout: self.timeout.map(|timeout| timeout.as_secs_f64()),
            reissue_time: self.reissue_time.map(|reissue_time| reissue_time.as_secs_f64()),
            set_on_exception: self.set_on_exception,
            max_len,
        })?;
        Ok(factory)
    }
}

fn check_times(timeout: Option<Duration>, reissue_time: Option<Duration>) -> Result<(), BuildError> {
    let Some(timeout) = timeout else { return Ok(()) };
    // An access is recorded in whole seconds. With a timeout of under a second, a new session could be expired at once.
    if timeout < Duration::from_secs(1) {
        return Err(BuildError::new(
            "timeout",
            "use at least one second, or None for sessions that never expire",
        ));
    }
    match reissue_time {
        Some(reissue_time) if reissue_time >= timeout => Err(BuildError::new(
            "reissue_time",
            "use less than the timeout, or None: the session would always expire before it is re-issued",
        )),
        _ => Ok(()),
    }
}

fn check_len(max_len: usize, template: &CookieTemplate) -> Result<usize, BuildError> {
    let allowed = template.max_value_len();
    match max_len {
        DEFAULT_MAX_LEN => Ok(max_len.min(allowed)),
        _ if max_len > allowed => Err(BuildError::new(
            "max_len",
            format!("use at most {allowed}: browsers accept {MAX_NAME_AND_VALUE} bytes of name and value"),
        )),
        _ => Ok(max_len),
    }
}

impl<P: fmt::Debug> fmt::Debug for Builder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("protection", &self.protection)
            .field("cookie", &self.cookie)
            .field("timeout", &self.timeout)
            .field("reissue_time", &self.reissue_time)
            .field("set_on_exception", &self.set_on_exception)
            .field("max_len", &self.max_len)
            .finish_non_exhaustive()
    }
}
