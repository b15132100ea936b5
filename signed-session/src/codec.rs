//! Reading a cookie into a record and writing a record as a cookie. A factory and its sessions share it.

use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use session_cookie::{CookieHeader, CookieTemplate, MAX_NAME_AND_VALUE, SetCookie};
use session_core::{Clock, Record, Rejection, State, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::error::SaveError;

/// Maximum number of same-named cookies that are verified per request, last one first. Each costs at most one MAC per
/// key.
pub const MAX_CANDIDATES: usize = 8;

/// The options that a factory shares with its sessions.
pub(crate) struct Codec<S> {
    pub(crate) serializer: S,
    pub(crate) template: CookieTemplate,
    pub(crate) clock: Arc<dyn Clock>,
    /// Seconds.
    pub(crate) timeout: Option<f64>,
    /// Seconds.
    pub(crate) reissue_time: Option<f64>,
    pub(crate) set_on_exception: bool,
    /// Maximum bytes of the cookie's value.
    pub(crate) max_len: usize,
}

/// The data of a session, and their source.
pub(crate) struct SessionData {
    /// The record in the cookie. Its time of access is Pyramid's `renewed`.
    pub(crate) record: Record,
    pub(crate) source: Source,
    /// Whether the next access re-issues the cookie.
    pub(crate) is_stale: bool,
}

/// The source of a session's data.
pub(crate) enum Source {
    Cookie,
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
        !matches!(self.source, Source::Cookie)
    }
}

/// The result of checking a candidate, which is a cookie with the session's name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CandidateStatus {
    /// A verified session that has not expired.
    Valid,
    /// A verified session that has expired.
    Expired,
    /// A verified payload that is not a session.
    Malformed,
    /// A value that is not verified.
    Unverified,
}

/// Returns the deciding candidate: the first valid one, or else the one whose rejection is reported.
///
/// The reported one is the first verified candidate, or the first candidate if none is verified. A verified cookie
/// without a session ends the search, because it does not tell whether the cookies after it are older.
pub(crate) fn deciding<T>(
    candidates: impl IntoIterator<Item = T>,
    status: impl Fn(&T) -> CandidateStatus,
) -> Option<T> {
    let (mut verified, mut unverified) = (None, None);
    for candidate in candidates {
        match status(&candidate) {
            CandidateStatus::Valid => return Some(candidate),
            CandidateStatus::Expired => verified = verified.or(Some(candidate)),
            CandidateStatus::Malformed => {
                verified = verified.or(Some(candidate));
                break;
            }
            CandidateStatus::Unverified => unverified = unverified.or(Some(candidate)),
        }
    }
    verified.or(unverified)
}

/// Rejects a value that no browser sends, before decoding it.
pub(crate) fn check_len(value: &[u8]) -> Result<(), LoadError> {
    if value.len() > MAX_NAME_AND_VALUE {
        return Err(LoadError::malformed("longer than any cookie"));
    }
    Ok(())
}

impl<S> Codec<S> {
    /// Returns the values of the cookies with the session's name, last one first.
    pub(crate) fn candidates<'c>(&'c self, cookies: &'c CookieHeader) -> impl Iterator<Item = &'c [u8]> {
        cookies.values(self.template.name()).take(MAX_CANDIDATES)
    }

    /// Returns whether the session has expired. A session that was accessed exactly `timeout` ago has not.
    pub(crate) fn is_expired(&self, record: &Record, now: Timestamp) -> bool {
        self.timeout.is_some_and(|timeout| now.secs_since(record.accessed) > timeout)
    }

    pub(crate) fn status(&self, record: Result<&Record, &LoadError>, now: Timestamp) -> CandidateStatus {
        match record {
            Ok(record) if self.is_expired(record, now) => CandidateStatus::Expired,
            Ok(_) => CandidateStatus::Valid,
            Err(error) if error.is_verified() => CandidateStatus::Malformed,
            Err(_) => CandidateStatus::Unverified,
        }
    }
}

impl<S: Serializer> Codec<S> {
    /// Returns the data of the session in the cookies, or of a new session.
    pub(crate) fn load(&self, cookies: &CookieHeader, now: Timestamp) -> SessionData {
        let candidates = self.candidates(cookies).map(|value| self.read(value));
        let status =
            |read: &Result<Loaded, LoadError>| self.status(read.as_ref().map(|loaded| &loaded.record), now);
        let rejection = match deciding(candidates, status) {
            Some(Ok(loaded)) if !self.is_expired(&loaded.record, now) => {
                return SessionData { record: loaded.record, source: Source::Cookie, is_stale: loaded.stale };
            }
            Some(Ok(_)) => Rejection::expired(),
            Some(Err(error)) => error.into(),
            None => Rejection::missing(),
        };
        SessionData::new(now, Source::Rejected(rejection))
    }

    fn read(&self, value: &[u8]) -> Result<Loaded, LoadError> {
        check_len(value)?;
        self.serializer.loads_record(value.into())
    }

    /// Appends the cookie's value to `out`.
    pub(crate) fn encode(&self, record: &Record, mut out: Vec<u8>) -> Result<Vec<u8>, SaveError> {
        self.serializer.dumps_record(record, &mut out).map_err(SaveError::unserializable)?;
        Ok(out)
    }

    pub(crate) fn set_cookie(&self, record: &Record) -> Result<SetCookie, SaveError> {
        // A tag has at most 64 bytes.
        let value_capacity = URL_SAFE_NO_PAD.encoded_length(record.json_capacity() + 64);
        let started = self.template.start(value_capacity).into_bytes();
        let prefix_len = started.len();
        let encoded = self.encode(record, started)?;
        let len = encoded.len() - prefix_len;
        if len > self.max_len {
            return Err(SaveError::too_large(self.template.name(), len, self.max_len, &record.state));
        }
        let text = String::from_utf8(encoded).map_err(|_| SaveError::invalid_cookie_value())?;
        self.template.finish(text).map_err(|_| SaveError::invalid_cookie_value())
    }
}
