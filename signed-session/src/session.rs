//! The session of one request.

#[cfg(feature = "store")]
mod for_store;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use session_cookie::{CookieHeader, SetCookies};
use session_core::{CookieKey, EntryError, Rejection, Session, State, Timestamp};
use session_serde::Serializer;

use crate::atomic_access::AtomicAccess;
use crate::codec::Codec;
use crate::error::SaveError;
use crate::load::{SessionData, Source};
use crate::signed::SignedSerializer;

/// The session of one request. The cookie is read when the session is first used: a request that does not use its
/// session causes no search, no MAC and no parsing.
///
/// Call [`save`](Self::save) to save the session; dropping it saves nothing. `CookieSession` without a type parameter
/// is the session of a [`SignedCookieSessionFactory`](crate::SignedCookieSessionFactory) with the default MAC and
/// serializer.
pub struct CookieSession<S = SignedSerializer> {
    codec: Arc<Codec<S>>,
    cookies: CookieHeader,
    data: OnceLock<SessionData>,
    /// The time of the access in this request, which the next cookie stores.
    accessed: AtomicAccess,
    /// Whether the cookie has to be sent, because of a change or for a re-issue.
    dirty: AtomicBool,
    /// Whether the session was invalidated since the last save.
    invalidated: bool,
    /// Whether a cookie of the current session was sent.
    sent: bool,
}

impl<S: Serializer> CookieSession<S> {
    pub(crate) fn new(codec: Arc<Codec<S>>, cookies: CookieHeader) -> Self {
        Self {
            codec,
            cookies,
            data: OnceLock::new(),
            accessed: AtomicAccess::none(),
            dirty: AtomicBool::new(false),
            invalidated: false,
            sent: false,
        }
    }

    /// Returns the time of the last access. It is in whole seconds if the access was in this request. This call does
    /// not count as an access.
    pub fn accessed(&self) -> Timestamp {
        self.accessed.get().unwrap_or_else(|| self.data().record.accessed)
    }

    /// Returns the size in bytes that the cookie's value would have if the session were saved now. Compare it with
    /// [`max_len`](crate::Builder::max_len). This call does not count as an access.
    ///
    /// # Errors
    /// Returns an error if the session cannot be serialized.
    pub fn encoded_len(&self) -> Result<usize, SaveError> {
        let accessed = self.accessed.get().unwrap_or_else(|| self.codec.clock.now().trunc());
        let mut record = self.data().record.clone();
        record.accessed = accessed;
        self.codec.encode(&record, Vec::new()).map(|value| value.len())
    }

    fn data(&self) -> &SessionData {
        self.data.get_or_init(|| self.codec.load(&self.cookies, self.codec.clock.now()))
    }

    /// Returns the [`data`](Self::data). If the data has to be loaded, `now` is the time of the load.
    fn data_at(&self, now: Timestamp) -> &SessionData {
        self.data.get_or_init(|| self.codec.load(&self.cookies, now))
    }

    fn data_mut(&mut self) -> &mut SessionData {
        self.data();
        self.data.get_mut().expect("data() has set it")
    }

    /// Returns whether the factory with this codec, or a clone of it, has loaded the session.
    #[inline]
    pub(crate) fn belongs_to(&self, codec: &Arc<Codec<S>>) -> bool {
        Arc::ptr_eq(&self.codec, codec)
    }

    /// Returns whether the session was changed or invalidated, or is due for a re-issue.
    #[inline]
    pub(crate) fn needs_saving(&mut self) -> bool {
        *self.dirty.get_mut() || self.invalidated
    }

    /// Saves the session, and returns the `Set-Cookie` lines to send. Returns no lines if the browser's cookie does not
    /// change. Call this method once per response, and send each line as a header of its own.
    ///
    /// # Errors
    /// Returns an error if the session is too large, or cannot be serialized. The session stays usable, and can be
    /// saved again when it is smaller. The browser keeps its cookie.
    #[inline]
    pub fn save(&mut self) -> Result<SetCookies, SaveError> {
        if self.needs_saving() { self.set_cookies(true) } else { Ok(SetCookies::default()) }
    }

    fn set_cookies(&mut self, observes: bool) -> Result<SetCookies, SaveError> {
        let accessed = self.accessed();
        let browser_has_cookie = self.invalidated || self.sent;
        let data = self.data();
        let is_empty = data.is_new() && data.record.state.is_empty();
        let cookie = if is_empty {
            // A new, empty session needs no cookie. The cookie of an invalidated session, or one that an earlier save
            // sent, is removed.
            browser_has_cookie.then(|| self.codec.template.removal())
        } else {
            self.data_mut().record.accessed = accessed;
            let cookie = self.codec.set_cookie(&self.data().record)?;
            self.data_mut().is_stale = false;
            Some(cookie)
        };
        // If the observer panics, no change is lost, because the flags are still set.
        self.codec.observe_save(cookie.as_ref().filter(|_| observes));
        *self.dirty.get_mut() = false;
        let ends_old_session = std::mem::take(&mut self.invalidated);
        self.sent = !is_empty;
        let mut set_cookies = SetCookies::from(cookie);
        if !set_cookies.is_empty() {
            self.codec.remove_old_cookies(&self.cookies, ends_old_session, &mut set_cookies);
        }
        Ok(set_cookies)
    }

    /// Saves the session like [`save`](Self::save), for a response that reports a failure. With
    /// [`set_on_exception(false)`](crate::Builder::set_on_exception), this method saves nothing.
    ///
    /// # Errors
    /// Returns the same errors as [`save`](Self::save).
    pub fn save_on_exception(&mut self) -> Result<SetCookies, SaveError> {
        if self.codec.set_on_exception { self.save() } else { Ok(SetCookies::default()) }
    }
}

impl<S: Serializer> Session for CookieSession<S> {
    fn created(&self) -> Timestamp {
        self.data().record.created
    }

    fn is_new(&self) -> bool {
        self.data().is_new()
    }

    /// If several cookies have the session's name, and none is accepted, this is the rejection of the last verified
    /// cookie. If no cookie is verified, it is the rejection of the last cookie.
    fn rejection(&self) -> Option<&Rejection> {
        self.data().rejection()
    }

    fn cookie_key(&self) -> Option<CookieKey> {
        match self.data().source {
            Source::Cookie(key) => Some(key),
            Source::Rejected(_) | Source::Invalidated => None,
        }
    }

    fn now(&self) -> Timestamp {
        self.codec.clock.now()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        let record = &self.data().record;
        // The access of this request counts only if the cookie is sent: only the cookie records the access.
        let is_sent = self.dirty.load(Ordering::Relaxed);
        let accessed = self.accessed.get().filter(|_| is_sent).unwrap_or(record.accessed);
        self.codec.times.expires_at(record, accessed)
    }

    fn set_timeout(&mut self, timeout: Duration) -> Result<(), EntryError> {
        let now = self.codec.clock.now();
        self.codec.times.check_own_timeout(timeout, &self.data_at(now).record, now)?;
        self.state_mut().set_timeout(timeout)
    }

    fn set_lifetime(&mut self, lifetime: Duration) -> Result<(), EntryError> {
        let now = self.codec.clock.now();
        self.codec.times.check_own_lifetime(lifetime, &self.data_at(now).record, now)?;
        self.state_mut().set_lifetime(lifetime)
    }

    fn changed(&mut self) {
        self.state_mut();
    }

    fn invalidate(&mut self) {
        self.data = OnceLock::from(SessionData::new(self.codec.clock.now(), Source::Invalidated));
        self.accessed = AtomicAccess::none();
        *self.dirty.get_mut() = false;
        self.invalidated = true;
        self.sent = false;
    }

    fn state(&self) -> &State {
        let now = self.codec.clock.now();
        let data = self.data_at(now);
        let now = now.trunc();
        // Without a re-issue time, a read never extends the session's life: a stale cookie is re-issued with the time
        // of access that it already has.
        let due = self.codec.times.is_due(&data.record, now).is_some_and(|is_due| {
            self.accessed.set(now);
            is_due
        });
        if !data.is_new() && (due || data.is_stale) {
            self.dirty.store(true, Ordering::Relaxed);
        }
        &data.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        let now = self.codec.clock.now();
        self.data_at(now);
        // Every write counts as a change, even one that changes nothing.
        self.accessed.set(now.trunc());
        *self.dirty.get_mut() = true;
        &mut self.data_mut().record.state
    }
}

/// Shows the keys and sizes of the entries, but no values. Does not read the cookie.
impl<S> fmt::Debug for CookieSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSession")
            .field("state", &self.data.get().map(|data| &data.record.state))
            .field("changed", &self.dirty)
            .finish_non_exhaustive()
    }
}
