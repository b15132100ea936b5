//! The library's factories, behind one trait.

use std::time::Duration;

use signed_session::parts::session_cookie::CookieTemplate;
use signed_session::parts::session_core::Record;
use signed_session::{
    Aes256GcmSiv, AuthenticatedSerializer, BaseCookieSessionFactory, Builder, CookieHeader, DEFAULT_MAX_LEN,
    EncryptedCookieSessionFactory, Inspection, ManualClock, SaveError, Secrets, SetCookie,
    SignedCookieSessionFactory, Timestamp, XChaCha20Poly1305,
};

use crate::Failure;
use crate::format::Format;
use crate::protection::{Aead, ID_HASH, Protection};

/// A session factory with any protection and any serializer.
pub(crate) trait Sessions {
    /// Checks the cookies of a request.
    fn inspect(&self, cookies: CookieHeader) -> Inspection;

    /// Writes a record into a cookie.
    fn write_record(&self, record: &Record) -> Result<SetCookie, SaveError>;
}

impl<S: AuthenticatedSerializer> Sessions for BaseCookieSessionFactory<S> {
    fn inspect(&self, cookies: CookieHeader) -> Inspection {
        self.inspect(cookies)
    }

    fn write_record(&self, record: &Record) -> Result<SetCookie, SaveError> {
        self.write_record(record)
    }
}

/// The settings, apart from the secrets, that must be the same when a cookie is written and when it is read.
#[derive(Clone, Copy)]
pub(crate) struct Config<'a> {
    pub(crate) protection: Protection,
    /// The salt of a signed cookie.
    pub(crate) salt: &'a str,
    pub(crate) serializer: Format,
    pub(crate) cookie_name: &'a str,
}

/// The limits of a session's life, and the time at which they are checked.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    pub(crate) timeout: Option<Duration>,
    pub(crate) lifetime: Option<Duration>,
    /// The longest timeout and the longest lifetime that a session can set for itself.
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) now: Timestamp,
}

impl Times {
    /// Returns no limits, so that no session expires.
    pub(crate) fn unlimited() -> Self {
        Self { timeout: None, lifetime: None, max_lifetime: None, now: Timestamp::default() }
    }
}

impl Config<'_> {
    /// Returns the maximum size of the cookie's value in bytes. Needs no factory, because there is none if `inspect`
    /// runs without a secret.
    pub(crate) fn limit(&self) -> Result<usize, Failure> {
        // All name prefixes, such as `__Host-`, require `Secure`. `__Http-` and `__Host-Http-` also require
        // `HttpOnly`.
        let template = CookieTemplate::builder(self.cookie_name).secure(true).httponly(true).build();
        template.map(|template| template.max_value_len().min(DEFAULT_MAX_LEN)).map_err(Failure::usage)
    }

    /// Returns the factory. For [`Protection::SessionId`], it authenticates the id, but rejects the cookie as
    /// malformed, because an id is not a session.
    ///
    /// The factory accepts weak secrets for signed cookies, because [`crate::keys`] checks their strength.
    pub(crate) fn sessions(&self, secrets: &Secrets, times: &Times) -> Result<Box<dyn Sessions>, Failure> {
        let secrets = secrets.clone();
        match self.protection {
            Protection::Signed(hash) => self.signed(secrets, self.salt, hash.name(), times),
            // The salt of `StoredSessionFactory`.
            Protection::SessionId => {
                let salt = format!("session-id.v1:{}:", self.cookie_name);
                self.signed(secrets, &salt, ID_HASH, times)
            }
            Protection::Encrypted(aead) => {
                let builder = EncryptedCookieSessionFactory::builder(secrets).serializer(self.serializer);
                match aead {
                    Aead::Aes256GcmSiv => self.build(builder.aead::<Aes256GcmSiv>(), times),
                    Aead::XChaCha20Poly1305 => self.build(builder.aead::<XChaCha20Poly1305>(), times),
                }
            }
        }
    }

    fn signed(
        &self,
        secrets: Secrets,
        salt: &str,
        hash: &str,
        times: &Times,
    ) -> Result<Box<dyn Sessions>, Failure> {
        let builder = SignedCookieSessionFactory::builder(secrets)
            .allow_weak_secret()
            .allow_weak_retired_secrets()
            .salt(salt)
            .serializer(self.serializer)
            .hashalg(hash);
        self.build(builder.map_err(Failure::usage)?, times)
    }

    fn build<P>(&self, builder: Builder<P>, times: &Times) -> Result<Box<dyn Sessions>, Failure>
    where
        P: signed_session::Protection,
        P::Serializer: AuthenticatedSerializer,
    {
        let factory = builder
            .cookie_name(self.cookie_name)
            // Name prefixes can require these attributes; see `limit`.
            .secure(true)
            .httponly(true)
            .timeout(times.timeout)
            .lifetime(times.lifetime)
            .max_lifetime(times.max_lifetime)
            .reissue_time(None)
            .clock(ManualClock::new(times.now))
            .build();
        Ok(Box::new(factory.map_err(Failure::usage)?))
    }
}
