//! The methods of a session that only revocable sessions need.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use session_cookie::SetCookies;
use session_core::{Rejection, State, Timestamp};
use session_serde::Serializer;

use super::CookieSession;
use crate::atomic_access::AtomicAccess;
use crate::codec::Codec;
use crate::error::SaveError;
use crate::load::{CookieSearch, DecidingCookie, SessionData, Source};
use crate::times::ROW_MARGIN;

impl<S: Serializer> CookieSession<S> {
    /// Returns the entries. This call does not count as an access.
    pub(crate) fn peek(&self) -> &State {
        &self.data().record.state
    }

    /// Continues a search of the cookies without telling the observer. The caller must call
    /// [`observe_load`](Self::observe_load) once the outcome is final, unless the load fails.
    pub(crate) fn load_unobserved(&mut self, search: &mut CookieSearch) -> DecidingCookie {
        let (data, cookie) = self.codec.load_unobserved(&self.cookies, self.codec.clock.now(), search);
        self.data = OnceLock::from(data);
        cookie
    }

    /// Tells the observer the outcome of a load.
    pub(crate) fn observe_load(&self, cookie: DecidingCookie) {
        self.codec.observe_load(self.data().rejection(), cookie);
    }

    /// Replaces the session with a new one, because the one in the cookie is rejected.
    pub(crate) fn reject(&mut self, rejection: Rejection) {
        self.data = OnceLock::from(SessionData::new(self.codec.clock.now(), Source::Rejected(rejection)));
        self.accessed = AtomicAccess::none();
        *self.dirty.get_mut() = false;
    }

    /// Returns whether the session was invalidated since the last save.
    pub(crate) fn is_invalidated(&self) -> bool {
        self.invalidated
    }

    pub(crate) fn codec(&self) -> &Arc<Codec<S>> {
        &self.codec
    }

    /// Makes the session due for a re-issue.
    pub(crate) fn make_due(&self) {
        self.dirty.store(true, Ordering::Relaxed);
    }

    /// Returns when a store can delete the session's row. The store does not record every access, and its clock may be
    /// fast, so this time is later than the session's end.
    pub(crate) fn row_end(&self) -> Option<Timestamp> {
        Some(self.expires_at()? + self.codec.times.touch_period() + ROW_MARGIN)
    }

    /// Marks the session as saved. Call this method after [`mark_unsaved`](Self::mark_unsaved), once the store has made
    /// the changes.
    pub(crate) fn mark_saved(&mut self) {
        *self.dirty.get_mut() = false;
        self.invalidated = false;
    }

    /// Marks the session as not saved, because the `Set-Cookie` lines of its last save might never be sent.
    /// `is_invalidated` tells whether the session was invalidated before that save.
    pub(crate) fn mark_unsaved(&mut self, is_invalidated: bool) {
        *self.dirty.get_mut() = true;
        self.invalidated = is_invalidated;
    }

    /// Saves the session like [`save`](Self::save), even if it is unchanged, without telling the observer.
    pub(crate) fn save_unobserved(&mut self) -> Result<SetCookies, SaveError> {
        self.set_cookies(false)
    }
}
