//! The reason why a request got a new session.

use std::borrow::Cow;
use std::fmt;

/// The reason why a request got a new session: it had no session, or its session was rejected.
///
/// It is meant for logs and for messages to the user, such as "you were signed out after 20 minutes". A rejection
/// should not make the request fail.
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::Rejection;
///
/// assert!(Rejection::expired().is_expired());
/// assert_eq!(Rejection::expired().kind(), "expired");
/// assert_eq!(Rejection::malformed("not base64").to_string(), "malformed: not base64");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Missing,
    Malformed(Cow<'static, str>),
    BadSignature,
    Expired,
    LifetimeExceeded,
    Revoked,
    Unavailable,
}

impl Rejection {
    /// Creates the rejection of a request without a session. If sessions are in cookies, the request has no cookie with
    /// the session's name.
    pub const fn missing() -> Self {
        Self(Kind::Missing)
    }

    /// Creates the rejection of data that is not a session: truncated data, invalid base64, or a signed payload that is
    /// not a record. `why` must not quote the data.
    pub fn malformed(why: impl Into<Cow<'static, str>>) -> Self {
        Self(Kind::Malformed(why.into()))
    }

    /// Creates the rejection of a session that none of the configured keys signed or encrypted. The session was forged
    /// or changed, or it was protected with a key that the configuration does not have: because of another secret, salt
    /// or algorithm, or because the key was removed.
    pub const fn bad_signature() -> Self {
        Self(Kind::BadSignature)
    }

    /// Creates the rejection of a session that was unused for longer than the timeout.
    pub const fn expired() -> Self {
        Self(Kind::Expired)
    }

    /// Creates the rejection of a session that is older than its lifetime. Using a session does not extend its
    /// lifetime.
    pub const fn lifetime_exceeded() -> Self {
        Self(Kind::LifetimeExceeded)
    }

    /// Creates the rejection of a session that is not in its store: the session was ended, or the store dropped it, for
    /// example because the session expired.
    pub const fn revoked() -> Self {
        Self(Kind::Revoked)
    }

    /// Creates the rejection of a session whose store cannot be used. Whether the session is valid is then unknown.
    pub const fn unavailable() -> Self {
        Self(Kind::Unavailable)
    }

    /// Returns the kind of the reason, a stable label for logs and metrics: `missing`, `malformed`, `bad_signature`,
    /// `expired`, `lifetime_exceeded`, `revoked` or `unavailable`.
    pub fn kind(&self) -> &'static str {
        match self.0 {
            Kind::Missing => "missing",
            Kind::Malformed(_) => "malformed",
            Kind::BadSignature => "bad_signature",
            Kind::Expired => "expired",
            Kind::LifetimeExceeded => "lifetime_exceeded",
            Kind::Revoked => "revoked",
            Kind::Unavailable => "unavailable",
        }
    }

    /// Returns whether the request had no session.
    pub fn is_missing(&self) -> bool {
        self.0 == Kind::Missing
    }

    /// Returns whether the data was not a session.
    pub fn is_malformed(&self) -> bool {
        matches!(self.0, Kind::Malformed(_))
    }

    /// Returns whether none of the configured keys signed or encrypted the session.
    pub fn is_bad_signature(&self) -> bool {
        self.0 == Kind::BadSignature
    }

    /// Returns whether the session was too old: unused for longer than the timeout, or older than its lifetime.
    pub fn is_expired(&self) -> bool {
        matches!(self.0, Kind::Expired | Kind::LifetimeExceeded)
    }

    /// Returns whether the session is not in its store: it was ended or dropped.
    pub fn is_revoked(&self) -> bool {
        self.0 == Kind::Revoked
    }

    /// Returns whether the session's store cannot be used.
    pub fn is_unavailable(&self) -> bool {
        self.0 == Kind::Unavailable
    }

    /// Returns whether the session was older than its lifetime.
    pub fn is_lifetime_exceeded(&self) -> bool {
        self.0 == Kind::LifetimeExceeded
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Missing => f.write_str("no session in the request"),
            Kind::Malformed(why) => write!(f, "malformed: {why}"),
            Kind::BadSignature => f.write_str("bad signature"),
            Kind::Expired => f.write_str("expired: not accessed within the timeout"),
            Kind::LifetimeExceeded => f.write_str("expired: lifetime exceeded"),
            Kind::Revoked => f.write_str("revoked: the store does not have the session"),
            Kind::Unavailable => f.write_str("unavailable: the session store cannot be used"),
        }
    }
}
