//! Inspection of the cookies in a request, for tools and for debugging pages.

use std::fmt;

use session_cookie::CookieHeader;
use session_core::{Record, Rejection, Timestamp};
use session_serde::{LoadError, Serializer};
use session_sign::KeyId;

use crate::codec::{Codec, check_len};
use crate::envelope::{AuthenticatedSerializer, Envelope};
use crate::factory::BaseCookieSessionFactory;
use crate::search::{CandidateStatus, deciding};
use crate::signed::unverified;

impl<S: AuthenticatedSerializer> BaseCookieSessionFactory<S> {
    /// Checks the cookies with the session's name, as [`load`](Self::load) does, and returns the result for each. This
    /// method is meant for tools, and for finding out why a cookie was rejected; a request handler does not need it. It
    /// does not read [old formats](crate::Builder::also_reads): inspect a cookie in an old format with the factory of
    /// that format.
    ///
    /// ```
    /// use signed_session::testing::mint_cookie;
    /// use signed_session::{KeyId, Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).build()?;
    /// let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    ///
    /// let inspection = sessions.inspect(&*cookie);
    /// let cookie = inspection.deciding().expect("there is a cookie");
    /// assert_eq!(cookie.key(), Some(KeyId::Current));
    /// assert!(cookie.rejection().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn inspect(&self, cookies: impl Into<CookieHeader>) -> Inspection {
        let cookies = cookies.into();
        let now = self.codec.clock.now();
        let candidates = self.codec.candidates(&cookies);
        let cookies: Vec<_> = candidates.map(|value| InspectedCookie::new(&self.codec, value, now)).collect();
        let deciding = deciding(0..cookies.len(), |&index| cookies[index].status);
        Inspection { cookies, deciding }
    }
}

/// The cookies of one request that have the session's name, each with the result of checking it. Returned by
/// [`inspect`](BaseCookieSessionFactory::inspect).
#[derive(Clone, Debug)]
pub struct Inspection {
    cookies: Vec<InspectedCookie>,
    deciding: Option<usize>,
}

impl Inspection {
    /// Returns the cookies in the order in which they are checked: the last one first, and [at most
    /// eight](crate::MAX_CANDIDATES).
    pub fn cookies(&self) -> &[InspectedCookie] {
        &self.cookies
    }

    /// Returns the cookie that [`load`](BaseCookieSessionFactory::load) accepts or, if it accepts none of these
    /// cookies, the one whose rejection it reports. Returns `None` if no cookie has the session's name. Cookies in [old
    /// formats](crate::Builder::also_reads) are not considered.
    pub fn deciding(&self) -> Option<&InspectedCookie> {
        self.cookies.get(self.deciding?)
    }
}

/// One cookie, and the result of checking it. `Debug` shows no contents.
#[derive(Clone)]
pub struct InspectedCookie {
    value: Vec<u8>,
    /// The key and the parts; `None` if the cookie is not verified.
    verified: Option<(KeyId, CookieParts)>,
    status: CandidateStatus,
    rejection: Option<Rejection>,
    expires_at: Option<Timestamp>,
}

impl InspectedCookie {
    fn new<S: AuthenticatedSerializer>(codec: &Codec<S>, value: &[u8], now: Timestamp) -> Self {
        let serializer = codec.serializer.load();
        let authenticated = check_len(value).and_then(|()| serializer.authenticate(value));
        let verified =
            authenticated.map(|(key, envelope)| (key, CookieParts::new(envelope, serializer.inner())));
        let record = match &verified {
            Ok((_, parts)) => parts.record.as_ref().map_err(|error| error.clone().verified()),
            Err(error) => Err(error.clone()),
        };
        let expiry = record.as_ref().ok().and_then(|record| codec.times.expiry(record, now));
        let status = CandidateStatus::new(record.as_ref().copied(), expiry.as_ref());
        let expires_at =
            record.as_ref().ok().and_then(|record| codec.times.expires_at(record, record.accessed));
        let rejection = record.err().map(Rejection::from).or(expiry);
        Self { value: value.to_vec(), verified: verified.ok(), status, rejection, expires_at }
    }

    /// Returns the cookie's value, as it is in the request.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Returns why the cookie is rejected; `None` if it is verified, holds a session and has not expired.
    pub fn rejection(&self) -> Option<&Rejection> {
        self.rejection.as_ref()
    }

    /// Returns the key that authenticated the cookie; `None` if the cookie is not verified.
    pub fn key(&self) -> Option<KeyId> {
        self.verified.as_ref().map(|(key, _)| *key)
    }

    /// Returns the parts of the cookie; `None` if it is not verified. [`CookieParts::unverified`] reads the parts of
    /// any signed cookie.
    pub fn parts(&self) -> Option<&CookieParts> {
        self.verified.as_ref().map(|(_, parts)| parts)
    }

    /// Returns the record in the cookie, even if the session has expired. Returns `None` if the cookie is not verified
    /// or does not hold a session.
    pub fn record(&self) -> Option<&Record> {
        self.parts()?.record().ok()
    }

    /// Returns the time at which the session expires if it is not accessed again. Returns `None` if there is no record,
    /// or if the session has neither a [`timeout`](crate::Builder::timeout) nor a
    /// [`lifetime`](crate::Builder::lifetime).
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl fmt::Debug for InspectedCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectedCookie")
            .field("len", &self.value.len())
            .field("key", &self.key())
            .field("rejection", &self.rejection)
            .finish_non_exhaustive()
    }
}

/// The parts of a cookie: the tag, and the payload, which is decrypted if the cookie is encrypted. `Debug` shows no
/// contents.
#[derive(Clone)]
pub struct CookieParts {
    envelope: Envelope,
    record: Result<Record, LoadError>,
}

impl CookieParts {
    fn new(envelope: Envelope, serializer: &impl Serializer) -> Self {
        let record = serializer.loads_record(envelope.payload().into()).map(|loaded| loaded.record);
        Self { envelope, record }
    }

    /// Reads the parts of a signed cookie's value **without verifying** them. Anyone could have written the cookie.
    /// This function is meant for tools that do not have the secret.
    ///
    /// ```
    /// use signed_session::testing::mint_cookie;
    /// use signed_session::{CookieParts, JsonSerializer, Secret, SignedCookieSessionFactory};
    ///
    /// let sessions = SignedCookieSessionFactory::builder(Secret::generate()?).build()?;
    /// let cookie = mint_cookie(&sessions, |session| session.insert("user", "zoe"));
    /// let (_, value) = cookie.split_once('=').unwrap();
    ///
    /// let parts = CookieParts::unverified(value.as_bytes(), 64, &JsonSerializer)?;
    /// assert_eq!(parts.tag().len(), 64);
    /// assert!(parts.payload().ends_with(br#", {"user": "zoe"}]"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the value is not base64 of at least `tag_len` bytes, or is over 4096 bytes.
    pub fn unverified(value: &[u8], tag_len: usize, serializer: &impl Serializer) -> Result<Self, LoadError> {
        check_len(value)?;
        unverified(value, tag_len).map(|envelope| Self::new(envelope, serializer))
    }

    /// Returns the tag.
    pub fn tag(&self) -> &[u8] {
        self.envelope.tag()
    }

    /// Returns the payload, in the serializer's format.
    pub fn payload(&self) -> &[u8] {
        self.envelope.payload()
    }

    /// Returns the record that the serializer reads from the payload.
    ///
    /// # Errors
    /// Returns an error if the payload is not a session.
    pub fn record(&self) -> Result<&Record, &LoadError> {
        self.record.as_ref()
    }
}

impl fmt::Debug for CookieParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieParts")
            .field("tag_len", &self.tag().len())
            .field("payload_len", &self.payload().len())
            .finish_non_exhaustive()
    }
}
