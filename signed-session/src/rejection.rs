use std::fmt;

use session_serde::LoadError;

/// Why a request's cookie was not taken, so that the session is a new one. For logs and for a word to the user, such as
/// "you were signed out after 20 minutes": never a reason to fail a request.
///
/// Of several cookies of our name it speaks of the last one in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection(Reason);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Missing,
    Unreadable(LoadError),
    Expired,
}

impl Rejection {
    pub(crate) const MISSING: Self = Self(Reason::Missing);
    pub(crate) const EXPIRED: Self = Self(Reason::Expired);

    /// There was no cookie of our name.
    pub fn is_missing(&self) -> bool {
        self.0 == Reason::Missing
    }

    /// The cookie is not what the serializer writes: cut off, not base64, or what was signed is no session.
    pub fn is_malformed(&self) -> bool {
        matches!(&self.0, Reason::Unreadable(error) if error.is_malformed())
    }

    /// No key signed this: forged, changed, signed with another secret, salt or hash, or with a key since removed.
    pub fn is_bad_signature(&self) -> bool {
        matches!(&self.0, Reason::Unreadable(error) if error.is_bad_signature())
    }

    /// The session was not used for longer than the timeout.
    pub fn is_expired(&self) -> bool {
        self.0 == Reason::Expired
    }
}

impl From<LoadError> for Rejection {
    fn from(error: LoadError) -> Self {
        Self(Reason::Unreadable(error))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Missing => f.write_str("no cookie"),
            Reason::Unreadable(error) => error.fmt(f),
            Reason::Expired => f.write_str("expired"),
        }
    }
}
