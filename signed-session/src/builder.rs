//! The builder of factories, with the methods for the options that all factories have.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_cookie::{IntoAttribute, SameSite};
use session_core::Clock;
use session_serde::Serializer;

use crate::error::BuildError;
use crate::factory::BaseCookieSessionFactory;
use crate::observer::Observer;
use crate::old_format::OldFormat;
use crate::options::Options;
use crate::protection::{Plain, Protection};
use crate::signing::Signing;

/// A builder of factories. An option that Pyramid also has keeps Pyramid's name and default. The builders for encrypted
/// cookies and for sessions in a store start with the values that [`production`](Self::production) sets. `P` is the
/// protection of the cookies: [`Signing`], `Encryption` or [`Plain`]. With a store, `P` is `Stored` or `Revocable`.
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
    pub(crate) options: Options,
}

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Returns a builder for a serializer that protects its own output. The options have Pyramid's defaults, even if
    /// the serializer encrypts. For a new site, call [`production`](Builder::production).
    pub fn with_serializer(serializer: S) -> Builder<Plain<S>> {
        Builder::new(Plain(serializer))
    }
}

impl<P> Builder<P> {
    pub(crate) fn new(protection: P) -> Self {
        Self { protection, options: Options::default() }
    }

    /// Sets the name of the cookie. Default: `session`, or `__Host-session` for encrypted cookies and for sessions in a
    /// store.
    ///
    /// A browser accepts a cookie whose name starts with `__Host-` only if it is `secure`, has the path `/` and has no
    /// domain. This prefix is the best protection against cookies planted by a sibling domain.
    ///
    /// This method adds no prefix to the name, even if [`production`](Self::production) was called before. Write the
    /// prefix into the name, as in `__Host-admin`, or call `production` afterwards.
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.options.cookie = self.options.cookie.name(name);
        self
    }

    /// Sets how long the browser keeps the cookie, in whole seconds, at least one. Default: none, which means until the
    /// browser closes.
    ///
    /// This is advice to the browser. To end sessions, set the [`timeout`](Self::timeout) and the
    /// [`lifetime`](Self::lifetime).
    ///
    /// Each time the server sends the cookie, the browser keeps it for this long again. So the
    /// [`reissue_time`](Self::reissue_time) must be `None`, less than one second, or more than one second shorter than
    /// this time. This rule does not apply if the `lifetime` is at most this time, because the session then ends first.
    /// With `reissue_time(None)`, reads do not extend the life of the cookie.
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        let max_age = max_age.into();
        self.options.cookie = self.options.cookie.max_age(max_age);
        self.options.times.cookie_max_age = max_age.map(|max_age| Duration::from_secs(max_age.as_secs()));
        self
    }

    /// Sets the path under which the browser sends the cookie. Default: `/`.
    pub fn path(mut self, path: impl IntoAttribute) -> Self {
        self.options.cookie = self.options.cookie.path(path);
        self
    }

    /// Sets the domain: the browser sends the cookie to this host and its subdomains. Default: none, which means only
    /// the host that set the cookie.
    pub fn domain(mut self, domain: impl IntoAttribute) -> Self {
        self.options.cookie = self.options.cookie.domain(domain);
        self
    }

    /// Sets whether the browser sends the cookie over https only. Set it in production. Default: false, as in Pyramid,
    /// or true for encrypted cookies and for sessions in a store.
    pub fn secure(mut self, secure: bool) -> Self {
        self.options.cookie = self.options.cookie.secure(secure);
        self
    }

    /// Sets whether the cookie is hidden from scripts. Set it unless a script reads the cookie. Default: false, as in
    /// Pyramid, or true for encrypted cookies and for sessions in a store.
    pub fn httponly(mut self, httponly: bool) -> Self {
        self.options.cookie = self.options.cookie.httponly(httponly);
        self
    }

    /// Sets whether the browser sends the cookie with requests from other sites. Default: `Lax`.
    ///
    /// `None` omits the attribute. [`SameSite::None`] writes `SameSite=None`, and requires [`secure`](Self::secure).
    pub fn samesite(mut self, samesite: impl Into<Option<SameSite>>) -> Self {
        self.options.cookie = self.options.cookie.samesite(samesite);
        self
    }

    /// Sets whether the browser keeps a separate cookie for each top-level site that embeds this site (CHIPS). Default:
    /// false. This requires [`secure`](Self::secure).
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.options.cookie = self.options.cookie.partitioned(partitioned);
        self
    }

    /// Sets how long a session lives without an access, at least two seconds. Default: 1200 s. `None` removes this
    /// limit.
    ///
    /// The timeout counts from the last access that was recorded in the cookie or the store; see
    /// [`reissue_time`](Self::reissue_time). A session whose last access is exactly this long ago is still valid.
    pub fn timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.options.times.timeout = timeout.into();
        self
    }

    /// Sets how long a session lives after it began, whatever the activity. Default: none, or 12 hours for encrypted
    /// cookies and for sessions in a store.
    ///
    /// A stolen cookie is then useless after this time. Do not set a lifetime for sessions that are shared with
    /// Pyramid: Pyramid keeps `created` when a session ends, so a new sign-in at Pyramid would not make the session
    /// valid here.
    pub fn lifetime(mut self, lifetime: impl Into<Option<Duration>>) -> Self {
        self.options.times.lifetime = lifetime.into();
        self
    }

    /// Allows sessions to have a timeout and a lifetime of their own, up to this maximum: "remember me". Default: none.
    ///
    /// [`set_timeout`](crate::CookieSession::set_timeout) and [`set_lifetime`](crate::CookieSession::set_lifetime)
    /// store them in the session. Only factories with this option honour them. Pyramid still reads such a session, but
    /// ends it at Pyramid's timeout.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use signed_session::{EncryptedCookieSessionFactory, Secret};
    ///
    /// const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);
    ///
    /// let sessions =
    ///     EncryptedCookieSessionFactory::builder(Secret::generate()?).max_lifetime(MONTH).build()?;
    /// let mut session = sessions.load(None::<&str>);
    /// session.insert("user", "zoe")?;
    /// session.set_timeout(MONTH)?; // at sign-in, if the user wants to be remembered
    /// session.set_lifetime(MONTH)?;
    /// let set_cookie = session.save()?.into_session_cookie().expect("the session has an entry");
    /// assert!(set_cookie.as_str().contains("; Max-Age=2592000;"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn max_lifetime(mut self, max_lifetime: impl Into<Option<Duration>>) -> Self {
        self.options.times.max_lifetime = max_lifetime.into();
        self
    }

    /// Sets how old a cookie must be before a request that only reads the session re-issues it. A re-issue extends the
    /// session's life. For a session in a store, the read updates the row instead. With `None`, a read never extends
    /// the session's life.
    ///
    /// Default: zero, which means at most once a second. For encrypted cookies and for sessions in a store, the default
    /// is that of [`production`](Self::production), the shortest of these times:
    ///
    /// - a tenth of the timeout or, without a timeout, of the [`max_lifetime`](Self::max_lifetime)
    /// - a tenth of [`max_age`](Self::max_age)
    /// - 40 days, a tenth of the 400 days for which browsers keep a cookie
    ///
    /// If none of `timeout`, `max_lifetime` and `max_age` is set, the default is `None`.
    ///
    /// For a session with a timeout of its own, the re-issue time is at most a tenth of that timeout.
    ///
    /// A read re-issues the cookie in the first whole second after this time. So this time must be less than one
    /// second, or more than one second shorter than the timeout. The same holds for `max_age`, unless the lifetime is
    /// at most `max_age`.
    ///
    /// A tenth of the [`timeout`](Self::timeout) keeps the cookie out of most responses. It also makes a race rare: a
    /// slow request can re-issue the cookie after another request has signed out, which revives the session.
    pub fn reissue_time(mut self, reissue_time: impl Into<Option<Duration>>) -> Self {
        self.options.times.reissue_time = reissue_time.into();
        self.options.reissue_is_tenth = false;
        self
    }

    /// Sets whether the session is saved if the response reports a failure; see
    /// [`save_on_exception`](crate::CookieSession::save_on_exception). Default: true.
    pub fn set_on_exception(mut self, set_on_exception: bool) -> Self {
        self.options.set_on_exception = set_on_exception;
        self
    }

    /// Sets the maximum size of the cookie's value in bytes. The limit must leave room for an empty session or, for
    /// sessions in a store, for a session id. Default: 4064, as in Pyramid.
    ///
    /// Browsers accept 4096 bytes of name and value together. So the default is lower for a name of over 32 bytes.
    pub fn max_len(mut self, bytes: usize) -> Self {
        self.options.max_len = bytes;
        self
    }

    /// Reads the cookies of another factory as well, but never writes them. Use it to move to another secret, salt,
    /// hash, serializer or cookie name, or from signed to encrypted cookies. Users stay signed in if both factories
    /// have the same timeout and lifetime.
    ///
    /// A session in the old format is written in the current one at its next access. If the old cookie differs from the
    /// new one in name, path, domain or partitioning, the same response removes it. A session that does not fit into
    /// the new cookie stays in the old one.
    ///
    /// The timeout and the lifetime of this factory also apply to sessions in the old format. A
    /// [`lifetime`](Self::lifetime) counts from the beginning of the session. So if only this factory has a lifetime,
    /// it ends the old sessions that began longer ago than the lifetime. Signed cookies have no lifetime by default.
    /// Encrypted cookies, sessions in a store and [`production`](Self::production) have a lifetime of 12 hours. When
    /// you move from signed cookies without a lifetime, set `lifetime(None)` for the move.
    ///
    /// This method can be called several times. The factory tries its own format first, then the old ones in the order
    /// of the calls. The first format whose key authenticates a cookie decides about it, even if the cookie does not
    /// hold a session. If two formats had the same key, the second would never read its own cookies. So give the new
    /// format a key of its own, through its salt or secret, even if only the serializer, the path or the domain
    /// changes. [`build`](Self::build) returns an error if two formats have the same cookie name and key, unless the
    /// key is retired in both and both read the cookies of that key alike. If you later change the secrets of the other
    /// factory, this factory does not check them again. The old formats of the other factory are not read; add each of
    /// them.
    ///
    /// Remove values that only the old serializer can write, such as a date in pickle, before a session moves to JSON.
    /// Otherwise the session stays in the old format, and saving a change returns an error that names the entry.
    ///
    /// ```
    /// use signed_session::testing::mint_cookie;
    /// use signed_session::{EncryptedCookieSessionFactory, Secret, SignedCookieSessionFactory};
    ///
    /// let signed = SignedCookieSessionFactory::builder(Secret::generate()?).build()?;
    /// let cookie = mint_cookie(&signed, |session| session.insert("user", "zoe"));
    ///
    /// let sessions =
    ///     EncryptedCookieSessionFactory::builder(Secret::generate()?).also_reads(signed).build()?;
    /// let mut session = sessions.load(cookie);
    /// assert_eq!(session.get("user")?, Some("zoe"));
    ///
    /// let lines: Vec<String> = session.save()?.iter().map(ToString::to_string).collect();
    /// assert!(lines[0].starts_with("session=; Max-Age=0; Path=/"));
    /// assert!(lines[1].starts_with("__Host-session="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn also_reads(mut self, old: impl Into<OldFormat>) -> Self {
        self.options.old_formats.push(old.into());
        self
    }

    /// Sets the observer of loads, saves and store failures, for metrics. Default: none.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.options.observer = Some(Arc::new(observer));
        self
    }

    /// Sets the clock. Default: the system's clock. Tests use a [`ManualClock`](session_core::ManualClock).
    ///
    /// A store has a clock of its own, which decides which rows have expired. Give a `MemoryStore` the same clock, with
    /// its method `with_clock`.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    pub(crate) fn with_protection<Q>(self, change: impl FnOnce(P) -> Q) -> Builder<Q> {
        Builder { protection: change(self.protection), options: self.options }
    }
}

impl<P: Protection> Builder<P> {
    /// Builds the factory.
    ///
    /// # Errors
    /// Returns an error if an option is invalid: a weak secret, a key length that the MAC does not support, a cookie
    /// that browsers reject, contradictory times or sizes, a serializer that cannot write an empty session into a
    /// cookie, or formats that share a key. The error says what to do.
    pub fn build(self) -> Result<BaseCookieSessionFactory<P::Serializer>, BuildError> {
        let Self { protection, options } = self;
        options.cookie_factory(protection)
    }
}

impl<P: fmt::Debug> fmt::Debug for Builder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("protection", &self.protection)
            .field("cookie", &self.options.cookie)
            .field("times", &self.options.times)
            .field("set_on_exception", &self.options.set_on_exception)
            .field("max_len", &self.options.max_len)
            .field("old_formats", &self.options.old_formats)
            .finish_non_exhaustive()
    }
}
