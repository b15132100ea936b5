//! Reading the session of a request from its cookies.

use std::ops::ControlFlow;

use session_cookie::CookieHeader;
use session_core::{CookieKey, Record, Rejection, State, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::codec::Codec;
use crate::observer::Load;

/// Maximum number of cookies with the same name that are verified per request, starting with the last one. Each costs
/// at most one MAC, or one decryption, per key and format.
pub const MAX_CANDIDATES: usize = 8;

/// Maximum number of authentic ids per request about which the store is asked.
#[cfg(feature = "store")]
pub(crate) const MAX_IDS: usize = 3;

/// The data of a session, and their source.
pub(crate) struct SessionData {
    /// The session's record. Pyramid calls the record's time of access `renewed`.
    pub(crate) record: Record,
    pub(crate) source: Source,
    /// Whether the next access re-issues the cookie, for instance because a retired secret signed it.
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

/// The result of checking a candidate: a cookie with the name of the session, or of an old format.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum CandidateStatus {
    /// A verified session that has not expired, and the time of its last access.
    Valid(Timestamp),
    /// A verified session that has expired, and the time of its last access.
    Expired(Timestamp),
    /// A verified cookie without a session that can be used, for example because the session was ended.
    Unusable,
    /// A verified payload that is not a session.
    Malformed,
    /// A value that could not be verified.
    Unverified,
}

impl CandidateStatus {
    /// Creates the status of a candidate. `record` is the result of reading its value. `expiry` is the rejection of an
    /// expired session.
    pub(crate) fn new(record: Result<&Record, &LoadError>, expiry: Option<&Rejection>) -> Self {
        match (record, expiry) {
            (Ok(record), None) => Self::Valid(record.accessed),
            (Ok(record), Some(_)) => Self::Expired(record.accessed),
            (Err(error), _) if error.is_verified() => Self::Malformed,
            (Err(_), _) => Self::Unverified,
        }
    }
}

/// Returns the deciding candidate: the first valid one that is not skipped or, if there is none, the one whose
/// rejection is reported.
///
/// The reported candidate is the first verified one or, if none is verified, the first one. A malformed candidate ends
/// the search: it has no time of access, so it is unknown whether the candidates after it are older. An unusable
/// candidate does not end the search. Otherwise, anyone who has the cookie of an ended session could plant it to hide
/// another user's session. A valid candidate is skipped if an expired candidate before it was accessed later, so that
/// an older session does not replace a newer one. If the valid candidate comes first, it decides: the candidates after
/// it are not read.
pub(crate) fn deciding<T>(
    candidates: impl IntoIterator<Item = T>,
    status: impl Fn(&T) -> CandidateStatus,
) -> Option<T> {
    let mut search = Search::default();
    for candidate in candidates {
        if let ControlFlow::Break(deciding) = search.add(status(&candidate), candidate) {
            return Some(deciding);
        }
    }
    search.finish()
}

/// A search for the [`deciding`] candidate. Call [`add`](Self::add) for each candidate in order, and
/// [`finish`](Self::finish) after the last one.
pub(crate) struct Search<T> {
    verified: Option<T>,
    unverified: Option<T>,
    newest_expired: Option<Timestamp>,
}

impl<T> Default for Search<T> {
    fn default() -> Self {
        Self { verified: None, unverified: None, newest_expired: None }
    }
}

impl<T> Search<T> {
    /// Adds the next candidate. Returns the deciding one if the search is over.
    #[inline]
    pub(crate) fn add(&mut self, status: CandidateStatus, candidate: T) -> ControlFlow<T> {
        match status {
            CandidateStatus::Valid(accessed)
                if self.newest_expired.is_none_or(|expired| accessed >= expired) =>
            {
                return ControlFlow::Break(candidate);
            }
            CandidateStatus::Valid(_) => {}
            CandidateStatus::Expired(accessed) => {
                self.newest_expired =
                    self.newest_expired.filter(|newest| *newest > accessed).or(Some(accessed));
                self.verified.get_or_insert(candidate);
            }
            CandidateStatus::Unusable => {
                self.verified.get_or_insert(candidate);
            }
            CandidateStatus::Malformed => {
                return ControlFlow::Break(self.verified.take().unwrap_or(candidate));
            }
            CandidateStatus::Unverified => {
                self.unverified.get_or_insert(candidate);
            }
        }
        ControlFlow::Continue(())
    }

    /// Returns whether a key authenticated one of the candidates.
    #[cfg(feature = "store")]
    pub(crate) fn has_verified(&self) -> bool {
        self.verified.is_some()
    }

    /// Returns whether there was no candidate.
    #[cfg(feature = "store")]
    pub(crate) fn is_empty(&self) -> bool {
        self.verified.is_none() && self.unverified.is_none()
    }

    /// Returns the candidate whose rejection is reported, because no candidate was accepted.
    pub(crate) fn finish(self) -> Option<T> {
        self.verified.or(self.unverified)
    }
}

/// What an observer is told about the deciding cookie.
#[derive(Clone, Copy)]
pub(crate) struct DecidingCookie {
    /// The key that authenticated the cookie; `None` if no key did, or if the payload is not a session.
    key: Option<CookieKey>,
    /// Length of the cookie's value; 0 if there is no cookie.
    bytes: usize,
}

/// A candidate that was read in one of the formats. If it decides, `data` becomes the data of the session.
pub(crate) struct Candidate {
    status: CandidateStatus,
    pub(crate) data: SessionData,
    /// The key that authenticated the cookie; `None` if no key did, or if the payload is not a session.
    pub(crate) key: Option<CookieKey>,
    /// Length of the cookie's value.
    pub(crate) bytes: usize,
}

impl Candidate {
    /// Returns whether a key authenticated the cookie.
    #[cfg(feature = "store")]
    pub(crate) fn is_verified(&self) -> bool {
        self.status != CandidateStatus::Unverified
    }

    /// Rejects the session as revoked if it is valid by its cookie, but has ended.
    #[inline]
    fn unless_ended(mut self, is_ended: impl Fn(&State) -> bool, now: Timestamp) -> Self {
        if matches!(self.status, CandidateStatus::Valid(_)) && is_ended(&self.data.record.state) {
            self.status = CandidateStatus::Unusable;
            self.data = SessionData::new(now, Source::Rejected(Rejection::revoked()));
        }
        self
    }
}

impl<S> Codec<S> {
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
                        is_stale: loaded.stale || format > 0,
                    },
                };
                Candidate { status, data, key: Some(key), bytes }
            }
            Err(error) => {
                let status = CandidateStatus::new(Err(&error), None);
                Candidate { status, data: new(error.into()), key: None, bytes }
            }
        }
    }

    /// Returns the candidates in old formats.
    fn old_candidates<'c>(
        &'c self,
        cookies: &'c CookieHeader,
        now: Timestamp,
    ) -> impl Iterator<Item = Candidate> + 'c {
        self.old_names.iter().flat_map(move |name| {
            let values = cookies.values(name).take(MAX_CANDIDATES);
            values.filter_map(move |value| self.read_old(name, value, now))
        })
    }

    /// Returns the deciding candidate among the cookies in old formats; `None` if the request has no cookies to read in
    /// an old format. `is_ended` returns whether the session with these entries has ended, although its cookie is valid.
    #[cfg(feature = "store")]
    pub(crate) fn load_old(
        &self,
        cookies: &CookieHeader,
        now: Timestamp,
        is_ended: impl Fn(&State) -> bool,
    ) -> Option<Candidate> {
        let candidates = self.old_candidates(cookies, now);
        let candidates = candidates.map(|candidate| candidate.unless_ended(&is_ended, now));
        deciding(candidates, |candidate| candidate.status)
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
        let (data, cookie) = self.load_unobserved(cookies, now, |_| false);
        self.observe_load(data.rejection(), cookie);
        data
    }

    /// Loads a session without telling the observer. Call [`observe_load`](Self::observe_load) when the outcome is
    /// final. `is_ended` returns whether the session with these entries has ended, although its cookie is valid.
    #[inline]
    pub(crate) fn load_unobserved(
        &self,
        cookies: &CookieHeader,
        now: Timestamp,
        is_ended: impl Fn(&State) -> bool,
    ) -> (SessionData, DecidingCookie) {
        let own = self.candidates(cookies).map(|value| self.candidate(value, 0, self.read(value), now));
        // Cookies in the current format are tried first. They are newer than cookies in old formats: the response that
        // sets a cookie in the current format replaces or removes the old ones.
        let candidates = own.chain(self.old_candidates(cookies, now));
        let candidates = candidates.map(|candidate| candidate.unless_ended(&is_ended, now));
        match deciding(candidates, |candidate| candidate.status) {
            Some(Candidate { data, key, bytes, .. }) => (data, DecidingCookie { key, bytes }),
            None => {
                let data = SessionData::new(now, Source::Rejected(Rejection::missing()));
                (data, DecidingCookie { key: None, bytes: 0 })
            }
        }
    }

    /// Tells the observer the outcome of a load.
    pub(crate) fn observe_load(&self, rejection: Option<&Rejection>, cookie: DecidingCookie) {
        if let Some(observer) = &self.observer {
            let DecidingCookie { key, bytes } = cookie;
            observer.loaded(&Load { rejection, key, bytes });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CandidateStatus::{Expired, Malformed, Unusable, Unverified, Valid};
    use super::*;

    fn at(secs: f64) -> Timestamp {
        Timestamp::from_secs(secs).unwrap()
    }

    /// Returns the index of the deciding candidate.
    fn decides(statuses: &[CandidateStatus]) -> Option<usize> {
        deciding(0..statuses.len(), |&index| statuses[index])
    }

    #[test]
    fn valid_candidate_decides_unless_an_expired_one_is_newer() {
        assert_eq!(decides(&[Unverified, Valid(at(1.0)), Valid(at(2.0))]), Some(1));
        assert_eq!(decides(&[Expired(at(5.0)), Valid(at(5.0))]), Some(1));
        assert_eq!(decides(&[Expired(at(5.0)), Valid(at(4.0))]), Some(0));
        assert_eq!(decides(&[Expired(at(5.0)), Valid(at(4.0)), Valid(at(6.0))]), Some(2));
        // The newest of several expired candidates counts, whatever their order.
        assert_eq!(decides(&[Expired(at(5.0)), Expired(at(3.0)), Valid(at(4.0))]), Some(0));
        assert_eq!(decides(&[Expired(at(3.0)), Expired(at(5.0)), Valid(at(4.0))]), Some(0));
    }

    #[test]
    fn unusable_candidate_hides_no_valid_one() {
        assert_eq!(decides(&[Unusable, Valid(at(1.0))]), Some(1));
        assert_eq!(decides(&[Expired(at(5.0)), Unusable, Valid(at(4.0))]), Some(0));
        assert_eq!(decides(&[Unverified, Unusable, Expired(at(5.0))]), Some(1));
        assert_eq!(decides(&[Unusable, Malformed, Valid(at(1.0))]), Some(0));
    }

    #[test]
    fn first_verified_or_else_first_candidate_is_reported() {
        assert_eq!(decides(&[]), None);
        assert_eq!(decides(&[Unverified, Unverified]), Some(0));
        assert_eq!(decides(&[Unverified, Expired(at(3.0)), Expired(at(5.0))]), Some(1));
        assert_eq!(decides(&[Expired(at(3.0)), Malformed]), Some(0));
        assert_eq!(decides(&[Unverified, Malformed, Valid(at(1.0))]), Some(1));
    }
}
