//! The options that every factory has.

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

/// The options of a factory, under Pyramid's names and with Pyramid's defaults. `P` is how the cookie is protected:
/// [`Signing`] or [`Plain`].
///
/// Nothing is checked before [`build`](Self::build), which says what to do about what is wrong. Without a type parameter it
/// is what [`SignedCookieSessionFactory::builder`](crate::SignedCookieSessionFactory::builder) returns:
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

/// Pyramid's limit, in bytes of the cookie's value: the default of [`Builder::max_len`].
pub const DEFAULT_MAX_LEN: usize = 4064;

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Starts from Pyramid's defaults with a serializer that brings its own protection.
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

    /// The name of the cookie. Default: `session`.
    ///
    /// A name that starts with `__Host-` has the browser refuse the cookie unless it is `secure`, of path `/` and without
    /// a domain: the best protection against cookies planted by a sibling domain.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie = self.cookie.name(name);
        self
    }

    /// How long the browser keeps the cookie, in whole seconds. Default: none, until the browser is closed.
    ///
    /// At least one. This is advice to the browser; what ends a session is the [`timeout`](Self::timeout).
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.cookie = self.cookie.max_age(max_age);
        self
    }

    /// The path for which the browser sends the cookie. Default: `/`.
    pub fn path(mut self, path: impl IntoAttribute) -> Self {
        self.cookie = self.cookie.path(path);
        self
    }

    /// The domain to whose hosts the browser sends the cookie. Default: none, only the host that set it.
    pub fn domain(mut self, domain: impl IntoAttribute) -> Self {
        self.cookie = self.cookie.domain(domain);
        self
    }

    /// Whether the browser sends the cookie over https only. Default: false, as in Pyramid; set it in production.
    pub fn secure(mut self, secure: bool) -> Self {
        self.cookie = self.cookie.secure(secure);
        self
    }

    /// Whether the cookie is hidden from scripts. Default: false, as in Pyramid; set it unless a script needs the cookie.
    pub fn httponly(mut self, httponly: bool) -> Self {
        self.cookie = self.cookie.httponly(httponly);
        self
    }

    /// Whether the browser sends the cookie with requests that come from other sites. Default: `Lax`. With `None` the
    /// attribute is left out; [`SameSite::None`] is another thing, and asks for [`secure`](Self::secure).
    pub fn samesite(mut self, samesite: impl Into<Option<SameSite>>) -> Self {
        self.cookie = self.cookie.samesite(samesite);
        self
    }

    /// Whether the cookie is kept apart for each site that embeds ours (CHIPS). Default: false. Asks for
    /// [`secure`](Self::secure).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.cookie = self.cookie.partitioned(partitioned);
        self
    }

    /// How long a session lives without being used. Default: 1200 s. With `None` it never expires.
    ///
    /// It is checked on the server, against the time in the cookie: exactly this long survives.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.timeout = timeout.into();
        self
    }

    /// How much time has to pass before a request that only reads the session sends the cookie anew, and thereby
    /// extends its life. Default: zero, which means at most once a second. With `None` reading never extends it.
    ///
    /// A tenth of the [`timeout`](Self::timeout) spares most responses the cookie. It also makes it rare that a slow
    /// request that only reads re-issues the cookie after another request has signed out, which revives the session.
    pub fn reissue_time(mut self, reissue_time: impl Into<Option<Duration>>) -> Self {
        self.reissue_time = reissue_time.into();
        self
    }

    /// Whether a response that reports a failure sets the cookie too; see
    /// [`save_on_exception`](crate::CookieSession::save_on_exception). Default: true.
    pub fn set_on_exception(mut self, set_on_exception: bool) -> Self {
        self.set_on_exception = set_on_exception;
        self
    }

    /// How many bytes the cookie's value may have. Default: 4064, as in Pyramid, or less if the name is so long that the
    /// two would be over the 4096 that browsers take. An empty session has to fit.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.max_len = bytes;
        self
    }

    /// Where the time comes from. Default: the system's clock. Tests use a
    /// [`ManualClock`](session_core::ManualClock).
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

    /// The factory.
    ///
    /// # Errors
    /// If anything is wrong with the configuration: a weak secret, a key that the MAC does not take, a cookie that
    /// browsers would refuse, times or sizes that make no sense. The error says what to do.
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
    // An access is recorded in whole seconds: below one, a session could be born expired.
    if timeout < Duration::from_secs(1) {
        return Err(BuildError::new(
            "timeout",
            "use at least one second, or None for sessions that never expire",
        ));
    }
    match reissue_time {
        Some(reissue_time) if reissue_time >= timeout => Err(BuildError::new(
            "reissue_time",
            "use less than the timeout, or None: a session would always expire before it is re-issued",
        )),
        _ => Ok(()),
    }
}

fn check_len(max_len: usize, template: &CookieTemplate) -> Result<usize, BuildError> {
    let room = template.max_value_len();
    match max_len {
        DEFAULT_MAX_LEN => Ok(max_len.min(room)),
        _ if max_len > room => Err(BuildError::new(
            "max_len",
            format!("use at most {room}: with the name, a browser takes {MAX_NAME_AND_VALUE} bytes"),
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
