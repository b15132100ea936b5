//! The session of one request.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use session_cookie::{CookieHeader, SetCookie};
use session_core::{Rejection, Session, State, Timestamp};
use session_serde::Serializer;

use crate::codec::{Codec, SessionData, Source};
use crate::error::SaveError;
use crate::signed::SignedSerializer;

/// The session of one request. Nothing is read before it is asked for: a request that does not touch its session pays
/// for no search, no MAC and no parsing.
///
/// Dropping it saves nothing: [`save`](Self::save) does. Without a type parameter it is the
/// session of a [`SignedCookieSessionFactory`](crate::SignedCookieSessionFactory) with the defaults.
pub struct CookieSession<S = SignedSerializer> {
    codec: Arc<Codec<S>>,
    cookies: CookieHeader,
    data: OnceLock<SessionData>,
    /// The moment that the next cookie is to bear; none until there was an access.
    accessed: AtomicAccess,
    /// Whether there is something to send.
    dirty: AtomicBool,
    /// The session that the cookie holds has ended, and the browser is not told yet.
    invalidated: bool,
    /// The browser was sent a cookie of the present, new session.
    sent: bool,
}

/// An `Option<Timestamp>` that reads may set: NaN, which no timestamp is, stands for none.
struct AtomicAccess(AtomicU64);

impl AtomicAccess {
    const fn none() -> Self {
        Self(AtomicU64::new(f64::NAN.to_bits()))
    }

    fn get(&self) -> Option<Timestamp> {
        Timestamp::from_secs(f64::from_bits(self.0.load(Ordering::Relaxed)))
    }

    fn set(&self, at: Timestamp) {
        self.0.store(at.as_secs().to_bits(), Ordering::Relaxed);
    }
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

    /// When the session was last accessed, in whole seconds if that was in this request. Asking is no access.
    pub fn accessed(&self) -> Timestamp {
        self.accessed.get().unwrap_or_else(|| self.data().record.accessed)
    }

    /// How many bytes the cookie's value would have if the session were saved now; compare it with
    /// [`max_len`](crate::Builder::max_len). Asking is no access.
    ///
    /// # Errors
    /// If an entry has no form in the serializer's format.
    pub fn encoded_len(&self) -> Result<usize, SaveError> {
        let accessed = self.accessed.get().unwrap_or_else(|| self.codec.clock.now().trunc());
        let mut record = self.data().record.clone();
        record.accessed = accessed;
        self.codec.encode(&record, Vec::new()).map(|value| value.len())
    }

    fn data(&self) -> &SessionData {
        self.data.get_or_init(|| self.codec.load(&self.cookies, self.codec.clock.now()))
    }

    /// As [`data`](Self::data), where the time is known already.
    fn data_at(&self, now: Timestamp) -> &SessionData {
        self.data.get_or_init(|| self.codec.load(&self.cookies, now))
    }

    fn data_mut(&mut self) -> &mut SessionData {
        self.data();
        self.data.get_mut().expect("data() has just made it")
    }

    /// Whether a factory with this codec, or a clone of it, has loaded the session.
    #[inline]
    pub(crate) fn is_of(&self, codec: &Arc<Codec<S>>) -> bool {
        Arc::ptr_eq(&self.codec, codec)
    }

    #[inline]
    pub(crate) fn has_to_be_sent(&mut self) -> bool {
        *self.dirty.get_mut() || self.invalidated
    }

    /// Returns the `Set-Cookie` header to send, if there is something to send. Call it once, when the response is made.
    ///
    /// # Errors
    /// If the session is too large, or cannot be serialized. It can still be used, and saved again when it is smaller;
    /// the browser's cookie stays as it was.
    #[inline]
    pub fn save(&mut self) -> Result<Option<SetCookie>, SaveError> {
        if self.has_to_be_sent() { self.send() } else { Ok(None) }
    }

    fn send(&mut self) -> Result<Option<SetCookie>, SaveError> {
        let accessed = self.accessed();
        let has_to_go = self.invalidated || self.sent;
        let data = self.data();
        let is_nothing = data.is_new() && data.record.state.is_empty();
        let cookie = if is_nothing {
            // Nothing to keep: no cookie for those who only look. One that the browser has must go, though.
            has_to_go.then(|| self.codec.template.removal())
        } else {
            self.data_mut().record.accessed = accessed;
            let cookie = self.codec.set_cookie(&self.data().record)?;
            self.data_mut().is_stale = false;
            Some(cookie)
        };
        *self.dirty.get_mut() = false;
        self.invalidated = false;
        self.sent = !is_nothing;
        Ok(cookie)
    }

    /// As [`save`](Self::save), for a response that reports a failure: with
    /// [`set_on_exception(false)`](crate::Builder::set_on_exception) there is then nothing to send.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_on_exception(&mut self) -> Result<Option<SetCookie>, SaveError> {
        if self.codec.set_on_exception { self.save() } else { Ok(None) }
    }
}

impl<S: Serializer> Session for CookieSession<S> {
    fn created(&self) -> Timestamp {
        self.data().record.created
    }

    fn is_new(&self) -> bool {
        self.data().is_new()
    }

    /// With several cookies of our name, the reason is that of the last one that verifies, or of the last one if none
    /// does.
    fn rejection(&self) -> Option<&Rejection> {
        match &self.data().source {
            Source::Rejected(rejection) => Some(rejection),
            Source::Cookie | Source::Invalidated => None,
        }
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
        // Without a re-issue time a read never extends the life: a stale cookie is then written anew as of its old time.
        let due = self.codec.reissue_time.is_some_and(|reissue_time| {
            self.accessed.set(now);
            now.secs_since(data.record.accessed) > reissue_time
        });
        if !data.is_new() && (due || data.is_stale) {
            self.dirty.store(true, Ordering::Relaxed);
        }
        &data.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        let now = self.codec.clock.now();
        self.data_at(now);
        // Every write, even one that changes nothing, is sent with the time of this moment.
        self.accessed.set(now.trunc());
        *self.dirty.get_mut() = true;
        &mut self.data_mut().record.state
    }
}

/// Shows what is known without looking into the cookie, and no contents.
impl<S> fmt::Debug for CookieSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSession")
            .field("state", &self.data.get().map(|data| &data.record.state))
            .field("changed", &self.dirty)
            .finish_non_exhaustive()
    }
}
