//! The beginning, the age and the end of a session.

use std::time::Duration;

use session_core::{CookieKey, Rejection, SessionHandle, Timestamp};

use super::Session;
use crate::error::SessionError;

/// The life cycle of the session.
impl<N> Session<N> {
    /// Returns the time at which the session began.
    pub fn created(&self) -> Timestamp {
        self.reading().session().created()
    }

    /// Returns the time since the session began.
    pub fn age(&self) -> Duration {
        self.reading().session().age()
    }

    /// Returns the time at which the session expires if it is not accessed again. Returns `None` if the session never
    /// expires.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.reading().session().expires_at()
    }

    /// Returns whether the session began with this request.
    pub fn is_new(&self) -> bool {
        self.reading().session().is_new()
    }

    /// Returns why the request's cookie was rejected, or that the request has no cookie. Returns `None` if the cookie
    /// was accepted, or if the session was invalidated or renewed afterwards. If the session's store cannot be used,
    /// [`invalidate`](Self::invalidate) and [`renew`](Self::renew) keep the rejection.
    ///
    /// This method verifies the cookie but does not count as an access: it does not add `Vary: Cookie` and does not
    /// extend the session's life. A page that shows the reason should also read the session, so that the response has
    /// `Vary: Cookie`. If the factory uses no store, [`on_rejection`](crate::SessionLayer::on_rejection) also sees the
    /// rejected cookies of requests that don't use the session.
    pub fn rejection(&self) -> Option<Rejection> {
        self.lock_logged().session().rejection().cloned()
    }

    /// Returns the key that authenticated the request's cookie. Returns `None` if the session is new.
    ///
    /// Like [`rejection`](Self::rejection), this method does not count as an access. The key is also logged, as the
    /// field `key` of the event `session cookie accepted` at the debug level.
    pub fn cookie_key(&self) -> Option<CookieKey> {
        self.lock_logged().session().cookie_key()
    }

    /// Ends this session and begins a new, empty one. Call it at a sign-out. Also call it at a sign-in that keeps none
    /// of the visitor's data, before writing anything. If nothing is written to the new session, the response removes
    /// the cookie.
    pub fn invalidate(&self) {
        let mut inner = self.writing();
        inner.generation += 1;
        inner.session_mut().invalidate();
    }

    /// Begins a new session with the entries and the flash messages of this one. Call it at a sign-in that keeps the
    /// visitor's data, such as a cart. The new session does not keep the CSRF token, the [owner](Self::set_owner), the
    /// [label](Self::set_label), or a [timeout](Self::set_timeout) or [lifetime](Self::set_lifetime) that was set for
    /// the old one.
    ///
    /// Before the sign-in, the visitor controls the entries of the session, and an attacker may have planted them. Keep
    /// only entries that you would accept from a stranger, or call [`invalidate`](Self::invalidate).
    pub fn renew(&self) {
        let mut inner = self.writing();
        inner.generation += 1;
        inner.session_mut().renew();
    }

    /// Sets the timeout of this session: the maximum time between two accesses. It replaces the factory's timeout, and
    /// is stored in whole seconds.
    ///
    /// # Errors
    /// Returns an error if the timeout is less than one second, or if the factory does [not
    /// support](session_core::EntryError::is_unsupported_lifetime) this timeout for a single session. The factories of
    /// `signed-session` also refuse a timeout of less than two seconds, and a timeout with which the session would
    /// already be over because it began too long ago. In this case, call [`renew`](Self::renew) first, as at every
    /// sign-in.
    pub fn set_timeout(&self, timeout: Duration) -> Result<(), SessionError> {
        Ok(self.writing().session_mut().set_timeout(timeout)?)
    }

    /// Sets the lifetime of this session: the maximum time since the session began. It replaces the factory's lifetime,
    /// and is stored in whole seconds.
    ///
    /// # Errors
    /// Returns the same errors as [`set_timeout`](Self::set_timeout). A lifetime of one second is not too short.
    pub fn set_lifetime(&self, lifetime: Duration) -> Result<(), SessionError> {
        Ok(self.writing().session_mut().set_lifetime(lifetime)?)
    }

    /// Returns the handle of this session: its name in the store, which gives no access to the session. In a list of
    /// the user's sessions, the session with this handle is the current one. Returns `None` if its factory has no
    /// store, or if the store does not have the session.
    pub fn handle(&self) -> Option<SessionHandle> {
        self.reading().session().handle()
    }

    /// Sets the owner of this session: the application's id of the user. Call it at a sign-in, after
    /// [`renew`](Self::renew) or [`invalidate`](Self::invalidate), which remove the owner. The store can then list and
    /// end the sessions of this user.
    ///
    /// # Errors
    /// Returns an error if the factory has [no store](session_core::EntryError::is_unsupported_owner), if the owner is
    /// [too long](session_core::EntryError::is_owner_too_long), or if the system provides no random bytes. The
    /// factories of `signed-session` allow 1024 bytes.
    pub fn set_owner(&self, owner: &str) -> Result<(), SessionError> {
        Ok(self.writing().session_mut().set_owner(owner)?)
    }

    /// Sets a description of this session, such as the user agent, for a list of the owner's sessions. The factories of
    /// `signed-session` keep the first 512 characters.
    ///
    /// [`invalidate`](Self::invalidate) and [`renew`](Self::renew) remove the label together with the owner. A
    /// revocable cookie session without an owner is not in the store, and keeps a label only if the same request also
    /// sets the owner.
    ///
    /// # Errors
    /// Returns an error if the factory has [no store](session_core::EntryError::is_unsupported_owner).
    pub fn set_label(&self, label: &str) -> Result<(), SessionError> {
        Ok(self.writing().session_mut().set_label(label)?)
    }
}
