//! The factories, which load and save sessions in cookies.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;

use session_cookie::{CookieHeader, SetCookie, SetCookies};
use session_core::{Record, SessionFactory, State, Timestamp};
#[cfg(feature = "encrypted")]
use session_serde::CompactJsonSerializer;
use session_serde::{JsonSerializer, Serializer};
use session_sign::{Sign, Signer};

use crate::codec::Codec;
use crate::envelope::AuthenticatedSerializer;
use crate::error::SaveError;
use crate::old_format::OldFormat;
use crate::session::CookieSession;
use crate::signed::{HmacSha512, SignedSerializer};

/// A factory of sessions in signed cookies, like Pyramid's `SignedCookieSessionFactory`. The MAC `M` can be any
/// [`digest::Mac`](https://docs.rs/digest/0.11/digest/trait.Mac.html). `S` is the serializer.
pub type SignedCookieSessionFactory<M = HmacSha512, S = JsonSerializer> =
    BaseCookieSessionFactory<SignedSerializer<Signer<M>, S>>;

/// A [`SignedCookieSessionFactory`] whose hash is chosen at run time, with [`hashalg`](crate::Builder::hashalg).
pub type DynSignedCookieSessionFactory<S = JsonSerializer> =
    BaseCookieSessionFactory<SignedSerializer<Box<dyn Sign>, S>>;

/// A factory of sessions in encrypted cookies. The AEAD `A` can be any that is [safe under random
/// nonces](session_encrypt::RandomNonceSafe). `S` is the serializer.
#[cfg(feature = "encrypted")]
pub type EncryptedCookieSessionFactory<A = session_encrypt::Aes256GcmSiv, S = CompactJsonSerializer> =
    BaseCookieSessionFactory<crate::encrypted::EncryptedSerializer<A, S>>;

/// A factory of sessions in cookies, like Pyramid's `BaseCookieSessionFactory`. The serializer `S` reads and writes the
/// values of the cookies.
///
/// The factory itself does not protect the cookies. Use `EncryptedCookieSessionFactory` or
/// [`SignedCookieSessionFactory`], unless your serializer protects its output. The output must be valid in a cookie's
/// value (RFC 6265 section 4.1.1).
///
/// A factory is cheap to clone. A clone can save the sessions of the original, and vice versa.
pub struct BaseCookieSessionFactory<S> {
    pub(crate) codec: Arc<Codec<S>>,
}

impl<S: Serializer> BaseCookieSessionFactory<S> {
    /// Creates a factory.
    ///
    /// # Errors
    /// Returns an error if even an empty session cannot be saved.
    pub(crate) fn new(codec: Codec<S>) -> Result<Self, SaveError> {
        // Times with as many digits as those of the system clock.
        let [accessed, created] = [1_700_000_000.0, 1_700_000_000.123_456].map(Timestamp::from_secs);
        codec.set_cookie(&Record::new(
            accessed.unwrap_or_default(),
            created.unwrap_or_default(),
            State::default(),
        ))?;
        Ok(Self { codec: Arc::new(codec) })
    }

    /// Returns the session of a request. `cookies` is the request's `Cookie` header: a `&str`, an `Option<&str>`, bytes
    /// or, with the feature `http`, a `&HeaderMap`.
    ///
    /// This method never fails, and decodes nothing before the session is first used. If every cookie is rejected, the
    /// session is new, and [`rejection`](session_core::Session::rejection) returns the reason.
    pub fn load(&self, cookies: impl Into<CookieHeader>) -> CookieSession<S> {
        CookieSession::new(Arc::clone(&self.codec), cookies.into())
    }

    /// Saves a session that this factory has loaded, like [`CookieSession::save`].
    ///
    /// # Errors
    /// Returns an error if [`CookieSession::save`] does, or if [another factory](SaveError::is_wrong_factory) has
    /// loaded the session. If the session is unchanged and not due for a re-issue, this method never returns an error.
    #[inline]
    pub fn save(&self, session: &mut CookieSession<S>) -> Result<SetCookies, SaveError> {
        self.save_if(true, session)
    }

    /// Saves a session that this factory has loaded, for a response that reports a failure, like
    /// [`CookieSession::save_on_exception`].
    ///
    /// # Errors
    /// Returns the same errors as [`save`](Self::save).
    #[inline]
    pub fn save_on_exception(&self, session: &mut CookieSession<S>) -> Result<SetCookies, SaveError> {
        self.save_if(self.codec.set_on_exception, session)
    }

    #[inline]
    fn save_if(&self, saves: bool, session: &mut CookieSession<S>) -> Result<SetCookies, SaveError> {
        if !session.needs_saving() {
            return Ok(SetCookies::default());
        }
        self.check_own(session)?;
        if saves { session.save() } else { Ok(SetCookies::default()) }
    }

    /// Returns an error if another factory has loaded the session. [`save`](Self::save) skips this check if there is
    /// nothing to save, which keeps requests that do not use their session cheap.
    pub(crate) fn check_own(&self, session: &CookieSession<S>) -> Result<(), SaveError> {
        if session.belongs_to(&self.codec) {
            Ok(())
        } else {
            Err(SaveError::wrong_factory(self.cookie_name()))
        }
    }

    /// Returns the cookie of a record. This method is meant for tools that set the times themselves; an application
    /// saves a session instead.
    ///
    /// # Errors
    /// Returns an error if the record is too large, or cannot be serialized.
    pub fn write_record(&self, record: &Record) -> Result<SetCookie, SaveError> {
        self.codec.set_cookie(record)
    }

    /// Returns the cookie's name.
    pub fn cookie_name(&self) -> &str {
        self.codec.template.name()
    }

    /// Returns the maximum size of a cookie's value in bytes.
    pub fn max_len(&self) -> usize {
        self.codec.max_len
    }
}

/// The futures are ready at once. If you do not need the trait, call the methods of the factory instead.
impl<S: Serializer> SessionFactory for BaseCookieSessionFactory<S> {
    type Session = CookieSession<S>;
    type Request = CookieHeader;
    type Response = SetCookies;
    type Error = SaveError;
    type Load = Ready<Result<CookieSession<S>, SaveError>>;
    type Save = Ready<Result<SetCookies, SaveError>>;

    const LOADS_AT_ONCE: bool = true;

    fn load(&self, request: CookieHeader) -> Self::Load {
        ready(Ok(self.load(request)))
    }

    fn save(&self, session: &mut CookieSession<S>) -> Self::Save {
        ready(self.save(session))
    }

    fn save_on_exception(&self, session: &mut CookieSession<S>) -> Self::Save {
        ready(self.save_on_exception(session))
    }
}

impl<S: AuthenticatedSerializer> From<BaseCookieSessionFactory<S>> for OldFormat {
    fn from(factory: BaseCookieSessionFactory<S>) -> Self {
        Self::new(factory.codec)
    }
}

impl OldFormat {
    /// Creates an old format from a factory whose serializer protects its own output. If the serializer does not
    /// protect it, anyone can write a cookie and become any user.
    ///
    /// A factory of such a serializer does not convert into an old format by itself:
    ///
    /// ```compile_fail,E0277
    /// # use signed_session::{BaseCookieSessionFactory, JsonSerializer, OldFormat};
    /// let unprotected = BaseCookieSessionFactory::with_serializer(JsonSerializer).build()?;
    /// let old = OldFormat::from(unprotected);
    /// # Ok::<(), signed_session::BuildError>(())
    /// ```
    pub fn self_protected<S: Serializer>(factory: BaseCookieSessionFactory<S>) -> Self {
        Self::new(factory.codec)
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
            .field("times", &self.codec.times)
            .finish_non_exhaustive()
    }
}
