use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use digest::{KeyInit, Mac};
use session_cookie::{CookieTemplate, CookieTemplateBuilder, IntoAttribute, MAX_NAME_AND_VALUE, SameSite};
use session_core::{Clock, SystemClock};
use session_serde::{JsonSerializer, Serializer};
use session_sign::{Algorithm, HashAlg, Key, KeyRing, MacAlgorithm, Salt, Secret, SecretError};

use crate::error::BuildError;
use crate::factory::{BaseCookieSessionFactory, Shared};
use crate::signed::SignedSerializer;

/// The options of a factory, under Pyramid's names and with Pyramid's defaults. `P` is how the cookie is protected:
/// [`Signing`] or [`Plain`].
///
/// Nothing is checked before [`build`](Self::build), which says what to do about what is wrong.
#[must_use = "a builder does nothing until build() is called"]
pub struct Builder<P> {
    protection: P,
    cookie: CookieTemplateBuilder,
    timeout: Option<Duration>,
    reissue_time: Option<Duration>,
    set_on_exception: bool,
    max_len: usize,
    clock: Arc<dyn Clock>,
}

/// Pyramid's limit: base64 text in the cookie's value.
const MAX_LEN: usize = 4064;

impl<P: Protection> Builder<P> {
    pub(crate) fn new(protection: P) -> Self {
        Self {
            protection,
            cookie: CookieTemplate::builder("session"),
            timeout: Some(Duration::from_secs(1200)),
            reissue_time: Some(Duration::ZERO),
            set_on_exception: true,
            max_len: MAX_LEN,
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
    /// [`save_on_exception`](BaseCookieSessionFactory::save_on_exception). Default: true.
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

    fn with_protection<Q>(self, change: impl FnOnce(P) -> Q) -> Builder<Q> {
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
        let max_len = check_len(self.max_len, template.name())?;
        let factory = BaseCookieSessionFactory::new(Shared {
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

fn check_len(max_len: usize, name: &str) -> Result<usize, BuildError> {
    let room = MAX_NAME_AND_VALUE.saturating_sub(name.len());
    match max_len {
        MAX_LEN => Ok(max_len.min(room)),
        _ if max_len > room => Err(BuildError::new(
            "max_len",
            format!("use at most {room}: with the name, a browser takes {MAX_NAME_AND_VALUE} bytes"),
        )),
        _ => Ok(max_len),
    }
}

/// How a factory protects what it puts into cookies. Implemented by [`Signing`] and [`Plain`].
pub trait Protection {
    /// What reads and writes the cookies.
    type Serializer: Serializer;

    /// Makes it.
    ///
    /// # Errors
    /// If the configuration does not allow it.
    fn protect(self) -> Result<Self::Serializer, BuildError>;
}

/// No protection but what the serializer itself brings.
#[derive(Clone, Debug)]
pub struct Plain<S>(pub(crate) S);

impl<S: Serializer> Protection for Plain<S> {
    type Serializer = S;

    fn protect(self) -> Result<S, BuildError> {
        Ok(self.0)
    }
}

/// A signature: the algorithm `A`, made from the secret and the salt, over what `S` writes.
#[derive(Debug)]
pub struct Signing<A, S> {
    algorithm: A,
    serializer: S,
    secret: Secret,
    retired: Vec<Secret>,
    salt: Salt,
    allow_weak_secret: bool,
    allow_weak_retired_secrets: bool,
}

/// Pyramid's default.
const SALT: &str = "pyramid.session.";

impl<M> Signing<MacAlgorithm<M>, JsonSerializer> {
    pub(crate) fn new(secret: Secret) -> Self {
        Self {
            algorithm: MacAlgorithm::default(),
            serializer: JsonSerializer,
            secret,
            retired: Vec::new(),
            salt: SALT.into(),
            allow_weak_secret: false,
            allow_weak_retired_secrets: false,
        }
    }
}

impl<A: Algorithm, S> Signing<A, S> {
    fn current(&self) -> Result<A::Signer, BuildError> {
        self.signer(&self.secret, self.allow_weak_secret, "secret", SECRET_HINT)
    }

    fn retired(&self, secret: &Secret) -> Result<A::Signer, BuildError> {
        self.signer(secret, self.allow_weak_retired_secrets, "retired_secret", RETIRED_SECRET_HINT)
    }

    fn signer(
        &self,
        secret: &Secret,
        allow_weak: bool,
        option: &'static str,
        hint: &str,
    ) -> Result<A::Signer, BuildError> {
        let refuse = |error: SecretError| {
            let hint = if error.is_weak() { hint } else { "" };
            BuildError::new(option, format!("{error}{hint}"))
        };
        if !allow_weak {
            secret.check_strength().map_err(refuse)?;
        }
        let key = Key::derive(&self.salt, secret).map_err(refuse)?;
        Ok(self.algorithm.signer(key.as_ref())?)
    }
}

/// Appended to the error of a weak current secret.
const SECRET_HINT: &str = "; generate one with `signed-session keygen` or `openssl rand -hex 64`, \
                           or call allow_weak_secret() while Pyramid still signs with this one";

/// Appended to the error of a weak retired secret.
const RETIRED_SECRET_HINT: &str =
    "; leave it out, or call allow_weak_retired_secrets() until its sessions have timed out";

impl<A: Algorithm, S: Serializer> Protection for Signing<A, S> {
    type Serializer = SignedSerializer<A::Signer, S>;

    fn protect(self) -> Result<Self::Serializer, BuildError> {
        let mut keys = KeyRing::new(self.current()?);
        for secret in &self.retired {
            keys = keys.with_retired(self.retired(secret)?);
        }
        Ok(SignedSerializer::new(keys, self.serializer))
    }
}

impl<A: Algorithm, S: Serializer> Builder<Signing<A, S>> {
    /// Separates this use of the secret from others. Default: `pyramid.session.`, text or bytes. Give each of several
    /// sessions of one site its own: a cookie is valid under any name that shares its secret and salt.
    pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
        self.protection.salt = salt.into();
        self
    }

    /// A secret that was in use before: cookies that it signed are taken, and signed anew with the current secret at
    /// their next access. Can be called several times; each costs one more MAC for a cookie that is not valid.
    pub fn retired_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.protection.retired.push(secret.into());
        self
    }

    /// Accepts a current secret that can be guessed, such as one of fewer than 32 bytes; see
    /// [`check_strength`](Secret::check_strength). For an application that shares its sessions with Pyramid, which takes
    /// any secret. Replace the secret when the last route has moved; see
    /// [`allow_weak_retired_secrets`](Self::allow_weak_retired_secrets).
    pub fn allow_weak_secret(mut self) -> Self {
        self.protection.allow_weak_secret = true;
        self
    }

    /// Accepts [retired secrets](Self::retired_secret) that can be guessed. The current secret is still checked. Remove the
    /// retired one after one [`timeout`](Self::timeout): an attacker who guesses it can make sessions.
    ///
    /// ```
    /// use signed_session::{Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?)
    ///     .retired_secret("itsaseekreet") // Pyramid's
    ///     .allow_weak_retired_secrets()
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_weak_retired_secrets(mut self) -> Self {
        self.protection.allow_weak_retired_secrets = true;
        self
    }

    /// Signs with any MAC that implements [`digest::Mac`](https://docs.rs/digest/0.11/digest/trait.Mac.html), such as `Hmac<Sha256>`,
    /// `SimpleHmac<Sha3_256>` or `Blake2bMac512`. Default: `Hmac<Sha512>`.
    pub fn mac<M: Mac + KeyInit + Clone + Send + Sync>(self) -> Builder<Signing<MacAlgorithm<M>, S>> {
        self.algorithm(MacAlgorithm::default())
    }

    /// Signs with HMAC over a hash by hashlib's name, for one that comes from a configuration file: `sha256`, `sha3_512`,
    /// `blake2b` and so on.
    ///
    /// # Errors
    /// If there is no such hash; the error lists those that there are.
    pub fn hashalg(self, name: &str) -> Result<Builder<Signing<HashAlg, S>>, BuildError> {
        let hashalg = name.parse()?;
        Ok(self.algorithm(hashalg))
    }

    fn algorithm<B: Algorithm>(self, algorithm: B) -> Builder<Signing<B, S>> {
        self.with_signing(|_, serializer| (algorithm, serializer))
    }

    /// Writes and reads what is signed. Default: [`JsonSerializer`].
    pub fn serializer<T: Serializer>(self, serializer: T) -> Builder<Signing<A, T>> {
        self.with_signing(|algorithm, _| (algorithm, serializer))
    }

    fn with_signing<B, T>(self, change: impl FnOnce(A, S) -> (B, T)) -> Builder<Signing<B, T>> {
        self.with_protection(|signing| {
            let (algorithm, serializer) = change(signing.algorithm, signing.serializer);
            Signing {
                algorithm,
                serializer,
                secret: signing.secret,
                retired: signing.retired,
                salt: signing.salt,
                allow_weak_secret: signing.allow_weak_secret,
                allow_weak_retired_secrets: signing.allow_weak_retired_secrets,
            }
        })
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
