//! Reading the session of a request from its cookies.

use std::mem;
use std::ops::ControlFlow;

use session_cookie::CookieHeader;
use session_core::{CookieKey, Record, Rejection, State, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::codec::Codec;
use crate::observer::Load;
use crate::search::{CandidateStatus, Search};

/// Maximum number of cookies with the same name that are verified per request, starting with the last one. Each costs
/// at most one MAC, or one decryption, per key and format.
pub const MAX_CANDIDATES: usize = 8;

/// Maximum number of authentic ids per request that are looked up in the store.
#[cfg(feature = "store")]
pub(crate) const MAX_IDS: usize = 3;

/// The data of a session, and their source.
pub(crate) struct SessionData {
    /// The session's record. Pyramid calls the record's time of access `renewed`.
    pub(crate) record: Record,
    pub(crate) source: Source,
    /// Whether the next access re-issues the cookie, because it is in an old format, or a retired key authenticated it.
    pub(crate) is_stale: bool,
}

/// The source of a session's data.
pub(crate) enum Source {
    /// A cookie that this key authenticated.
    Cookie(CookieKey),
    /// The session is new because no cookie was accepted.
    Rejected(Rejection),
    /// The session is new because the previous one was invalidated.
    Invalidated,
}

impl SessionData {
    pub(crate) fn new(now: Timestamp, source: Source) -> Self {
        Self { record: Record::new(now, now, State::default()), source, is_stale: false }
    }

    pub(crate) fn is_new(&self) -> bool {
        !matches!(self.source, Source::Cookie(_))
    }

    pub(crate) fn rejection(&self) -> Option<&Rejection> {
        match &self.source {
            Source::Rejected(rejection) => Some(rejection),
            Source::Cookie(_) | Source::Invalidated => None,
        }
    }
}

/// What an observer is told about the [deciding](crate::search::deciding) cookie.
#[derive(Clone, Copy, Default)]
pub(crate) struct DecidingCookie {
    /// The key that authenticated the cookie; `None` if no key did, or if the payload is not a session.
    pub(crate) key: Option<CookieKey>,
    /// Length of the cookie's value; 0 if there is no cookie.
    pub(crate) bytes: usize,
}

/// A candidate that was read in one of the formats. If it decides, `data` becomes the data of the session.
pub(crate) struct Candidate {
    status: CandidateStatus,
    pub(crate) data: SessionData,
    pub(crate) cookie: DecidingCookie,
}

impl Candidate {
    /// Returns whether a key authenticated the cookie.
    #[cfg(feature = "store")]
    pub(crate) fn is_verified(&self) -> bool {
        self.status != CandidateStatus::Unverified
    }
}

/// A search for the [deciding](crate::search::deciding) cookie of a request. If the store says that
/// the deciding session has ended, the search continues with the next cookie.
#[derive(Default)]
pub(crate) struct CookieSearch {
    search: Search<Candidate>,
    /// Number of values that were tried.
    tried: usize,
}

impl CookieSearch {
    /// Tries the next values, in the order of the search. Returns the candidate that ends the search; `None` if no
    /// value is left. `read` returns `None` for a value that is not a candidate.
    #[inline]
    fn next<T>(
        &mut self,
        values: impl Iterator<Item = T>,
        read: impl Fn(T) -> Option<Candidate>,
    ) -> Option<Candidate> {
        for value in values.skip(self.tried) {
            self.tried += 1;
            let Some(candidate) = read(value) else { continue };
            if let ControlFlow::Break(deciding) = self.search.add(candidate.status, candidate) {
                return Some(deciding);
            }
        }
        None
    }

    /// Counts the deciding cookie as revoked, so that the search can continue.
    #[cfg(feature = "store")]
    pub(crate) fn add_revoked(&mut self, cookie: DecidingCookie, now: Timestamp) {
        let data = SessionData::new(now, Source::Rejected(Rejection::revoked()));
        let candidate = Candidate { status: CandidateStatus::Unusable, data, cookie };
        let _ = self.search.add(CandidateStatus::Unusable, candidate);
    }

    /// Returns the candidate whose rejection is reported, because no candidate was accepted.
    pub(crate) fn finish(&mut self) -> Option<Candidate> {
        mem::take(&mut self.search).finish()
    }
}

impl<S> Codec<S> {
    /// Tells the observer the outcome of a load.
    pub(crate) fn observe_load(&self, rejection: Option<&Rejection>, cookie: DecidingCookie) {
        if let Some(observer) = &self.observer {
            let DecidingCookie { key, bytes } = cookie;
            observer.loaded(&Load { rejection, key, bytes });
        }
    }

    /// Returns the values of the cookies with the session's name, last one first, at most [`MAX_CANDIDATES`].
    pub(crate) fn candidates<'c>(&'c self, cookies: &'c CookieHeader) -> impl Iterator<Item = &'c [u8]> {
        cookies.values(self.template.name()).take(MAX_CANDIDATES)
    }

    /// Returns the candidate for a cookie's value. `format` is the index of the format in which the value was read; the
    /// current format has index 0.
    fn candidate(
        &self,
        value: &[u8],
        format: usize,
        loaded: Result<Loaded, LoadError>,
        now: Timestamp,
    ) -> Candidate {
        let bytes = value.len();
        let new = |rejection| SessionData::new(now, Source::Rejected(rejection));
        match loaded {
            Ok(loaded) => {
                let key = CookieKey::new(format, loaded.key_index);
                let expiry = self.times.expiry(&loaded.record, now);
                let status = CandidateStatus::new(Ok(&loaded.record), expiry.as_ref());
                let data = match expiry {
                    Some(rejection) => new(rejection),
                    None => SessionData {
                        record: loaded.record,
                        source: Source::Cookie(key),
                        is_stale: loaded.key_index > 0 || format > 0,
                    },
                };
                Candidate { status, data, cookie: DecidingCookie { key: Some(key), bytes } }
            }
            Err(error) => {
                let status = CandidateStatus::new(Err(&error), None);
                Candidate { status, data: new(error.into()), cookie: DecidingCookie { key: None, bytes } }
            }
        }
    }

    /// Returns the names and values of the cookies in old formats, at most [`MAX_CANDIDATES`] of each name.
    fn old_values<'c>(&'c self, cookies: &'c CookieHeader) -> impl Iterator<Item = (&'c str, &'c [u8])> + 'c {
        self.old_names.iter().flat_map(move |name| {
            let values = cookies.values(name).take(MAX_CANDIDATES);
            values.map(move |value| (name.as_str(), value))
        })
    }

    /// Continues a search among the cookies in old formats. Returns `None` if no cookie is left.
    #[cfg(feature = "store")]
    pub(crate) fn next_old(
        &self,
        cookies: &CookieHeader,
        now: Timestamp,
        search: &mut CookieSearch,
    ) -> Option<Candidate> {
        search.next(self.old_values(cookies), |(name, value)| self.read_old(name, value, now))
    }

    /// Reads a value in the old formats with this cookie name, until one of them authenticates it. If none does,
    /// returns the candidate with the error of the first format. Returns `None` if no old format with this name is
    /// still read.
    fn read_old(&self, name: &str, value: &[u8], now: Timestamp) -> Option<Candidate> {
        let mut first = None;
        for (format, old) in (1..).zip(&self.old_formats) {
            if old.cookie_name() == name && old.is_read_at(now) {
                let candidate = self.candidate(value, format, old.read(value), now);
                if candidate.status != CandidateStatus::Unverified {
                    return Some(candidate);
                }
                first = first.or(Some(candidate));
            }
        }
        first
    }
}

impl<S: Serializer> Codec<S> {
    /// Returns the data of the session in the cookies, or of a new session.
    pub(crate) fn load(&self, cookies: &CookieHeader, now: Timestamp) -> SessionData {
        let (data, cookie) = self.load_unobserved(cookies, now, &mut CookieSearch::default());
        self.observe_load(data.rejection(), cookie);
        data
    }

    /// Continues a search without telling the observer. Call [`observe_load`](Self::observe_load) when the outcome is
    /// final.
    #[inline]
    pub(crate) fn load_unobserved(
        &self,
        cookies: &CookieHeader,
        now: Timestamp,
        search: &mut CookieSearch,
    ) -> (SessionData, DecidingCookie) {
        // Cookies in the current format are tried first. They are newer than cookies in old formats: the response that
        // sets a cookie in the current format replaces or removes the old ones.
        let own = self.candidates(cookies).map(|value| (None, value));
        let values = own.chain(self.old_values(cookies).map(|(name, value)| (Some(name), value)));
        let found = search.next(values, |(old_name, value)| match old_name {
            None => Some(self.candidate(value, 0, self.read(value), now)),
            Some(name) => self.read_old(name, value, now),
        });
        match found.or_else(|| search.finish()) {
            Some(Candidate { data, cookie, .. }) => (data, cookie),
            None => {
                let data = SessionData::new(now, Source::Rejected(Rejection::missing()));
                (data, DecidingCookie::default())
            }
        }
    }
}
