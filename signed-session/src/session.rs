use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use hmac::Hmac;
use session_cookie::{CookieHeader, SetCookie};
use session_core::{Record, Rejection, Session, State, Timestamp};
use session_serde::{JsonSerializer, Serializer};
use session_sign::Signer;
use sha2::Sha512;

use crate::error::SaveError;
use crate::factory::Shared;
use crate::signed::SignedSerializer;

/// The session of one request. Nothing is read before it is asked for: a request that does not touch its session pays
/// for no search, no MAC and no parsing.
///
/// Dropping it saves nothing: [`save`](crate::BaseCookieSessionFactory::save) does. Without a type parameter it is the
/// session of a [`SignedCookieSessionFactory`](crate::SignedCookieSessionFactory) with the defaults.
pub struct CookieSession<S = SignedSerializer<Signer<Hmac<Sha512>>, JsonSerializer>> {
    shared: Arc<Shared<S>>,
    cookies: CookieHeader,
    life: OnceLock<Life>,
    /// The moment that the next cookie is to bear; none until there was an access.
    accessed: AtomicAccess,
    /// Whether there is something to send.
    dirty: AtomicBool,
    /// The session that the cookie holds has ended, and the browser is not told yet.
    invalidated: bool,
    /// The browser was sent a cookie of the present, new session.
    sent: bool,
}

/// A session's life as of the cookie, or a new one.
pub(crate) struct Life {
    /// What is (or will be) in the cookie; its time of access is Pyramid's `renewed`.
    pub(crate) record: Record,
    /// Why it is a new one.
    pub(crate) origin: Origin,
    /// Whether the next access has to write the cookie anew.
    pub(crate) stale: bool,
}

pub(crate) enum Origin {
    Cookie,
    Rejected(Rejection),
    Invalidated,
}

impl Life {
    pub(crate) fn new(now: Timestamp, origin: Origin) -> Self {
        Self { record: Record::new(now, now, State::default()), origin, stale: false }
    }

    fn is_new(&self) -> bool {
        !matches!(self.origin, Origin::Cookie)
    }
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
    pub(crate) fn new(shared: Arc<Shared<S>>, cookies: CookieHeader) -> Self {
        Self {
            shared,
            cookies,
            life: OnceLock::new(),
            accessed: AtomicAccess::none(),
            dirty: AtomicBool::new(false),
            invalidated: false,
            sent: false,
        }
    }

    /// When the session was last accessed, in whole seconds if that was in this request. Asking is no access.
    pub fn accessed(&self) -> Timestamp {
        self.accessed.get().unwrap_or_else(|| self.life().record.accessed)
    }

    /// How many bytes the cookie's value would have if the session were saved now; compare it with
    /// [`max_len`](crate::Builder::max_len). Asking is no access.
    ///
    /// # Errors
    /// If an entry has no form in the serializer's format.
    pub fn encoded_len(&self) -> Result<usize, SaveError> {
        let accessed = self.accessed.get().unwrap_or_else(|| self.shared.clock.now().trunc());
        let mut record = self.life().record.clone();
        record.accessed = accessed;
        self.shared.encode(&record, Vec::new()).map(|value| value.len())
    }

    fn life(&self) -> &Life {
        self.life.get_or_init(|| self.shared.load(&self.cookies, self.shared.clock.now()))
    }

    /// As [`life`](Self::life), where the time is known already.
    fn life_at(&self, now: Timestamp) -> &Life {
        self.life.get_or_init(|| self.shared.load(&self.cookies, now))
    }

    fn life_mut(&mut self) -> &mut Life {
        self.life();
        self.life.get_mut().expect("life() has just made it")
    }

    /// The cookie to send, if any. A failure leaves everything as it was.
    pub(crate) fn save(&mut self) -> Result<Option<SetCookie>, SaveError> {
        let dirty = *self.dirty.get_mut();
        if !dirty && !self.invalidated {
            return Ok(None);
        }
        let accessed = self.accessed();
        let has_to_go = self.invalidated || self.sent;
        let life = self.life();
        let is_nothing = life.is_new() && life.record.state.is_empty();
        let cookie = if is_nothing {
            // Nothing to keep: no cookie for those who only look. One that the browser has must go, though.
            has_to_go.then(|| self.shared.template.removal())
        } else {
            self.life_mut().record.accessed = accessed;
            let cookie = self.shared.set_cookie(&self.life().record)?;
            self.life_mut().stale = false;
            Some(cookie)
        };
        *self.dirty.get_mut() = false;
        self.invalidated = false;
        self.sent = !is_nothing;
        Ok(cookie)
    }
}

impl<S: Serializer> Session for CookieSession<S> {
    fn created(&self) -> Timestamp {
        self.life().record.created
    }

    fn is_new(&self) -> bool {
        self.life().is_new()
    }

    /// With several cookies of our name, the reason is that of the last one that verifies, or of the last one if none
    /// does.
    fn rejection(&self) -> Option<&Rejection> {
        match &self.life().origin {
            Origin::Rejected(rejection) => Some(rejection),
            Origin::Cookie | Origin::Invalidated => None,
        }
    }

    fn changed(&mut self) {
        self.state_mut();
    }

    fn invalidate(&mut self) {
        self.life = OnceLock::from(Life::new(self.shared.clock.now(), Origin::Invalidated));
        self.accessed = AtomicAccess::none();
        *self.dirty.get_mut() = false;
        self.invalidated = true;
        self.sent = false;
    }

    fn state(&self) -> &State {
        let now = self.shared.clock.now();
        let life = self.life_at(now);
        let now = now.trunc();
        // Without a re-issue time a read never extends the life: a stale cookie is then written anew as of its old time.
        let due = self.shared.reissue_time.is_some_and(|reissue_time| {
            self.accessed.set(now);
            now.secs_since(life.record.accessed) > reissue_time
        });
        if !life.is_new() && (due || life.stale) {
            self.dirty.store(true, Ordering::Relaxed);
        }
        &life.record.state
    }

    fn state_mut(&mut self) -> &mut State {
        let now = self.shared.clock.now();
        self.life_at(now);
        // Every write, even one that changes nothing, is sent with the time of this moment.
        self.accessed.set(now.trunc());
        *self.dirty.get_mut() = true;
        &mut self.life_mut().record.state
    }
}

/// Shows what is known without looking into the cookie, and no contents.
impl<S> fmt::Debug for CookieSession<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSession")
            .field("state", &self.life.get().map(|life| &life.record.state))
            .field("changed", &self.dirty)
            .finish_non_exhaustive()
    }
}
