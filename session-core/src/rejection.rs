use std::borrow::Cow;
use std::fmt;

/// Why a session that a request brought was not taken, so that it has a new one. For logs and for a word to the user,
/// such as "you were signed out after 20 minutes": never a reason to fail a request.
///
/// ```
/// use session_core::Rejection;
///
/// assert!(Rejection::expired().is_expired());
/// assert_eq!(Rejection::malformed("not base64").to_string(), "malformed: not base64");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Missing,
    Malformed(Cow<'static, str>),
    BadSignature,
    Expired,
}

impl Rejection {
    /// The request brought none: for a session in a cookie, there was no cookie of its name.
    pub const fn missing() -> Self {
        Self(Reason::Missing)
    }

    /// What the request brought is no session: cut off, not base64, or what was signed is none. `why` must not quote
    /// what is in it.
    pub fn malformed(why: impl Into<Cow<'static, str>>) -> Self {
        Self(Reason::Malformed(why.into()))
    }

    /// No key signed it: forged, changed, signed with another secret, salt or hash, or with a key since removed.
    pub const fn bad_signature() -> Self {
        Self(Reason::BadSignature)
    }

    /// The session was not used for longer than the timeout.
    pub const fn expired() -> Self {
        Self(Reason::Expired)
    }

    /// Is this [`missing`](Self::missing)?
    pub fn is_missing(&self) -> bool {
        self.0 == Reason::Missing
    }

    /// Is this [`malformed`](Self::malformed)?
    pub fn is_malformed(&self) -> bool {
        matches!(self.0, Reason::Malformed(_))
    }

    /// Is this [`bad_signature`](Self::bad_signature)?
    pub fn is_bad_signature(&self) -> bool {
        self.0 == Reason::BadSignature
    }

    /// Is this [`expired`](Self::expired)?
    pub fn is_expired(&self) -> bool {
        self.0 == Reason::Expired
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Missing => f.write_str("no session in the request"),
            Reason::Malformed(why) => write!(f, "malformed: {why}"),
            Reason::BadSignature => f.write_str("bad signature"),
            Reason::Expired => f.write_str("expired"),
        }
    }
}
