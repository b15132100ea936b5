//! The factories: where sessions are loaded.

use std::fmt;
use std::sync::Arc;

use session_cookie::{CookieHeader, SetCookie};
use session_core::{Record, SessionFactory};
use session_serde::{JsonSerializer, Serializer};
use session_sign::{Sign, Signer};

use crate::codec::Codec;
use crate::error::SaveError;
use crate::session::CookieSession;
use crate::signed::{HmacSha512, SignedSerializer};

/// Sessions in signed cookies: Pyramid's `SignedCookieSessionFactory`. `M` is the MAC, any
/// [`digest::Mac`](https://docs.rs/digest/0.11/digest/trait.Mac.html); `S` is the serializer.
pub type SignedCookieSessionFactory<M = HmacSha512, S = JsonSerializer> =
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
    pub(crate) codec: Arc<Codec<S>>,
}

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Fails if even an empty session could not be saved.
    pub(crate) fn new(codec: Codec<S>) -> Result<Self, SaveError> {
        codec.set_cookie(&Record::default())?;
        Ok(Self { codec: Arc::new(codec) })
    }

    /// The session of a request, from its `Cookie` header: a `&str`, an `Option<&str>`, bytes or, with the feature
    /// `http`, a `&HeaderMap`.
    ///
    /// This never fails and does no work yet. A cookie that cannot be taken makes a new session, and
    /// [`rejection`](session_core::Session::rejection) says why.
    pub fn load(&self, cookies: impl Into<CookieHeader>) -> CookieSession<S> {
        CookieSession::new(Arc::clone(&self.codec), cookies.into())
    }

    /// Saves a session that this factory has loaded: [`CookieSession::save`].
    ///
    /// # Errors
    /// As [`CookieSession::save`], and if [another factory](SaveError::is_wrong_factory) has loaded the session and there
    /// is something to send.
    #[inline]
    pub fn save(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        if session.has_to_be_sent() { self.write(session) } else { Ok(None) }
    }

    /// Saves a session that this factory has loaded, for a response that reports a failure:
    /// [`CookieSession::save_on_exception`].
    ///
    /// # Errors
    /// As [`save`](Self::save).
    #[inline]
    pub fn save_on_exception(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        if self.codec.set_on_exception { self.save(session) } else { Ok(None) }
    }

    /// Only what is to be sent is checked, which keeps requests that leave their session alone cheap.
    fn write(&self, session: &mut CookieSession<S>) -> Result<Option<SetCookie>, SaveError> {
        if session.is_of(&self.codec) {
            session.save()
        } else {
            Err(SaveError::wrong_factory(self.cookie_name()))
        }
    }

    /// Returns the cookie that holds a record. For tools that set the times themselves; an application saves a session.
    ///
    /// # Errors
    /// If the record is too large, or cannot be serialized.
    pub fn write_record(&self, record: &Record) -> Result<SetCookie, SaveError> {
        self.codec.set_cookie(record)
    }

    /// The cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.codec.template.name()
    }

    /// The bytes that a cookie's value may have.
    pub fn max_len(&self) -> usize {
        self.codec.max_len
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
        Self { codec: Arc::clone(&self.codec) }
    }
}

impl<S> fmt::Debug for BaseCookieSessionFactory<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseCookieSessionFactory")
            .field("cookie_name", &self.codec.template.name())
            .field("timeout", &self.codec.timeout)
            .field("reissue_time", &self.codec.reissue_time)
            .finish_non_exhaustive()
    }
}
