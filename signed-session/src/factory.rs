use std::fmt;
use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use hmac::Hmac;
use session_cookie::{CookieHeader, CookieTemplate, MAX_NAME_AND_VALUE, SetCookie};
use session_core::{Clock, Record, Rejection, SessionFactory, Timestamp};
use session_serde::{JsonSerializer, LoadError, Serializer};
use session_sign::{MacAlgorithm, Secret, Sign, Signer};
use sha2::Sha512;

use crate::builder::{Builder, Plain, Signing};
use crate::error::SaveError;
use crate::session::{CookieSession, Life, Origin};
use crate::signed::SignedSerializer;

/// How many cookies of our name a request may try on us, the last one first: each costs a MAC for each key.
pub const MAX_CANDIDATES: usize = 8;

/// Sessions in signed cookies: Pyramid's `SignedCookieSessionFactory`. `M` is the MAC, any
/// [`digest::Mac`](https://docs.rs/digest/0.11/digest/trait.Mac.html); `S` is the serializer.
pub type SignedCookieSessionFactory<M = Hmac<Sha512>, S = JsonSerializer> =
    BaseCookieSessionFactory<SignedSerializer<Signer<M>, S>>;

/// As [`SignedCookieSessionFactory`], with the MAC chosen at run time: what [`hashalg`](Builder::hashalg) builds.
pub type DynSignedCookieSessionFactory<S = JsonSerializer> =
    BaseCookieSessionFactory<SignedSerializer<Box<dyn Sign>, S>>;

/// Sessions in cookies, written and read by `S`: Pyramid's `BaseCookieSessionFactory`.
///
/// It protects nothing by itself. Take [`SignedCookieSessionFactory`], unless you write a serializer that protects what
/// it writes; its output has to be fit for a cookie's value (RFC 6265 section 4.1.1).
///
/// A factory is cheap to clone; the clones are one factory.
pub struct BaseCookieSessionFactory<S> {
    shared: Arc<Shared<S>>,
}

/// What a factory and its sessions share.
pub(crate) struct Shared<S> {
    pub(crate) serializer: S,
    pub(crate) template: CookieTemplate,
    pub(crate) clock: Arc<dyn Clock>,
    /// Seconds.
    pub(crate) timeout: Option<f64>,
    /// Seconds.
    pub(crate) reissue_time: Option<f64>,
    pub(crate) set_on_exception: bool,
    /// Bytes of the cookie's value.
    pub(crate) max_len: usize,
}

impl SignedCookieSessionFactory {
    /// Starts from Pyramid's defaults: HMAC-SHA-512, JSON, the salt `pyramid.session.`, 20 minutes of inactivity.
    ///
    /// [`mac`](Builder::mac), [`hashalg`](Builder::hashalg) and [`serializer`](Builder::serializer) change the type of
    /// what is built.
    pub fn builder(
        secret: impl Into<Secret>,
    ) -> Builder<Signing<MacAlgorithm<Hmac<Sha512>>, JsonSerializer>> {
        Builder::new(Signing::new(secret.into()))
    }
}

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Starts from Pyramid's defaults with a serializer that brings its own protection.
    pub fn with_serializer(serializer: S) -> Builder<Plain<S>> {
        Builder::new(Plain(serializer))
    }

    /// Tries whether even an empty session could be saved.
    pub(crate) fn new(shared: Shared<S>) -> Result<Self, SaveError> {
        shared.set_cookie(&Record::default())?;
        Ok(Self { shared: Arc::new(shared) })
    }

    /// The session of a request, from its `Cookie` header: a `&str`, an `Option<&str>`, bytes or, with the feature
    /// `http`, a `&HeaderMap`.
    ///
    /// This never fails and does no work yet. A cookie that cannot be taken makes a new session, and
    /// [`rejection`](session_core::Session::rejection) says why.
    pub fn load(&self, cookies: impl Into<CookieHeader>) -> CookieSession<S> {
        CookieSession::new(Arc::clone(&self.shared), cookies.into())
    }

    /// The `Set-Cookie` header to send, if there is something to send. Call it once, when the response is made, and on
    /// the factory that has loaded the session: it is saved as it was loaded.
    ///
    /// # Errors
    /// If the session is too large, or cannot be serialized. It can still be used, and saved again when it is smaller;
    /// the browser's cookie stays as it was.
    pub fn save(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        session.save()
    }

    /// As [`save`](Self::save), for a response that reports a failure: with
    /// [`set_on_exception(false)`](Builder::set_on_exception) there is then nothing to send.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_on_exception(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        if self.shared.set_on_exception { session.save() } else { Ok(None) }
    }

    /// The cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.shared.template.name()
    }

    /// The bytes that a cookie's value may have.
    pub fn max_len(&self) -> usize {
        self.shared.max_len
    }
}

impl<S: Serializer> Shared<S> {
    /// The session of the last cookie of our name that verifies and has not expired, or a new one.
    ///
    /// A verified cookie that holds no session ends the search, because nothing says whether the cookies before it are
    /// newer. The rejection is that of the last verified cookie, or of the last cookie if none verifies.
    pub(crate) fn load(&self, cookies: &CookieHeader, now: Timestamp) -> Life {
        let (mut verified, mut unverified) = (None, None);
        for value in cookies.values(self.template.name()).take(MAX_CANDIDATES) {
            match self.read(value) {
                Ok(life) if !self.expired(&life.record, now) => return life,
                Ok(_) => verified = verified.or_else(|| Some(Rejection::expired())),
                Err(error) if error.is_verified() => {
                    verified = verified.or_else(|| Some(error.into()));
                    break;
                }
                Err(error) => unverified = unverified.or(Some(error)),
            }
        }
        let rejection = verified.or(unverified.map(Rejection::from)).unwrap_or_else(Rejection::missing);
        Life::new(now, Origin::Rejected(rejection))
    }

    fn read(&self, value: &[u8]) -> Result<Life, LoadError> {
        if value.len() > MAX_NAME_AND_VALUE {
            // No browser sends one, and none is worth the work on it.
            return Err(LoadError::malformed("longer than any cookie"));
        }
        let loaded = self.serializer.loads_record(value.into())?;
        Ok(Life { record: loaded.record, origin: Origin::Cookie, stale: loaded.stale })
    }

    /// Strictly: a session that was used exactly `timeout` ago survives.
    fn expired(&self, record: &Record, now: Timestamp) -> bool {
        self.timeout.is_some_and(|timeout| now.secs_since(record.accessed) > timeout)
    }

    /// Appends the cookie's value to `out`.
    pub(crate) fn encode(&self, record: &Record, mut out: Vec<u8>) -> Result<Vec<u8>, SaveError> {
        self.serializer.dumps_record(record, &mut out).map_err(SaveError::unserializable)?;
        Ok(out)
    }

    pub(crate) fn set_cookie(&self, record: &Record) -> Result<SetCookie, SaveError> {
        // A tag is 64 bytes at most.
        let room = URL_SAFE_NO_PAD.encoded_length(record.json_capacity() + 64);
        let started = self.template.start(room).into_bytes();
        let prefix_len = started.len();
        let encoded = self.encode(record, started)?;
        let len = encoded.len() - prefix_len;
        if len > self.max_len {
            return Err(SaveError::too_large(self.template.name(), len, self.max_len, &record.state));
        }
        let text = String::from_utf8(encoded).map_err(|_| SaveError::unfit())?;
        self.template.finish(text).map_err(|_| SaveError::unfit())
    }
}

impl<S: Serializer> SessionFactory for BaseCookieSessionFactory<S> {
    type Session = CookieSession<S>;
    type Request = CookieHeader;
    type Response = SetCookie;
    type Error = SaveError;

    fn load(&self, request: CookieHeader) -> CookieSession<S> {
        self.load(request)
    }

    fn save(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        self.save(session)
    }

    fn save_on_exception(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        self.save_on_exception(session)
    }
}

impl<S> Clone for BaseCookieSessionFactory<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<S> fmt::Debug for BaseCookieSessionFactory<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseCookieSessionFactory")
            .field("cookie_name", &self.shared.template.name())
            .field("timeout", &self.shared.timeout)
            .field("reissue_time", &self.shared.reissue_time)
            .finish_non_exhaustive()
    }
}
