//! Reads a cookie into a record, and writes a record as a cookie: what a factory and its sessions share.

use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use session_cookie::{CookieHeader, CookieTemplate, MAX_NAME_AND_VALUE, SetCookie};
use session_core::{Clock, Record, Rejection, State, Timestamp};
use session_serde::{LoadError, Loaded, Serializer};

use crate::error::SaveError;

/// Maximum number of cookies of one name that are tried for each request, the last one first. Each costs a MAC for each
/// key.
pub const MAX_CANDIDATES: usize = 8;

/// The options of a factory that its sessions need, too.
pub(crate) struct Codec<S> {
    pub(crate) serializer: S,
    pub(crate) template: CookieTemplate,
    pub(crate) clock: Arc<dyn Clock>,
    /// Seconds.
    pub(crate) timeout: Option<f64>,
    /// Seconds.
    pub(crate) reissue_time: Option<f64>,
    pub(crate) set_on_exception: bool,
    /// Bytes of the cookie's value.
    pub(crate) max_len: usize,
}

/// The data of a session, and where they come from.
pub(crate) struct SessionData {
    /// What the cookie holds, or will hold. The time of access is Pyramid's `renewed`.
    pub(crate) record: Record,
    pub(crate) source: Source,
    /// Whether the next access has to write the cookie again.
    pub(crate) is_stale: bool,
}

/// Where the data of a session come from.
pub(crate) enum Source {
    Cookie,
    /// The session is new, because no cookie was accepted.
    Rejected(Rejection),
    /// The session is new, because the previous one was invalidated.
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

/// What a candidate, one of the cookies of our name, turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A session that has not expired.
    Valid,
    /// Verified, but the session has expired.
    Expired,
    /// Verified, but not a session.
    Malformed,
    /// Not verified.
    Unverified,
}

/// Returns the candidate that decides: the first valid one, or else the one whose rejection is reported.
///
/// That is the first verified one, or the first one if none is verified. A verified cookie that is not a session ends
/// the search, because nothing says whether the cookies after it are older.
pub(crate) fn deciding<T>(
    candidates: impl IntoIterator<Item = T>,
    verdict: impl Fn(&T) -> Verdict,
) -> Option<T> {
    let (mut verified, mut unverified) = (None, None);
    for candidate in candidates {
        match verdict(&candidate) {
            Verdict::Valid => return Some(candidate),
            Verdict::Expired => verified = verified.or(Some(candidate)),
            Verdict::Malformed => {
                verified = verified.or(Some(candidate));
                break;
            }
            Verdict::Unverified => unverified = unverified.or(Some(candidate)),
        }
    }
    verified.or(unverified)
}

/// Refuses a value that no browser sends, before any work is done on it.
pub(crate) fn check_len(value: &[u8]) -> Result<(), LoadError> {
    if value.len() > MAX_NAME_AND_VALUE {
        return Err(LoadError::malformed("longer than any cookie"));
    }
    Ok(())
}

impl<S> Codec<S> {
    /// Returns the values of the cookies of our name, the last one first.
    pub(crate) fn candidates<'c>(&'c self, cookies: &'c CookieHeader) -> impl Iterator<Item = &'c [u8]> {
        cookies.values(self.template.name()).take(MAX_CANDIDATES)
    }

    /// Whether the session has expired. One that was used exactly `timeout` ago has not.
    pub(crate) fn is_expired(&self, record: &Record, now: Timestamp) -> bool {
        self.timeout.is_some_and(|timeout| now.secs_since(record.accessed) > timeout)
    }

    pub(crate) fn verdict(&self, record: Result<&Record, &LoadError>, now: Timestamp) -> Verdict {
        match record {
            Ok(record) if self.is_expired(record, now) => Verdict::Expired,
            Ok(_) => Verdict::Valid,
            Err(error) if error.is_verified() => Verdict::Malformed,
            Err(_) => Verdict::Unverified,
        }
    }
}

impl<S: Serializer> Codec<S> {
    /// Returns the data of the session that the cookies hold, or those of a new one.
    pub(crate) fn load(&self, cookies: &CookieHeader, now: Timestamp) -> SessionData {
        let candidates = self.candidates(cookies).map(|value| self.read(value));
        let verdict =
            |read: &Result<Loaded, LoadError>| self.verdict(read.as_ref().map(|loaded| &loaded.record), now);
        let rejection = match deciding(candidates, verdict) {
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
        // A tag is 64 bytes at most.
        let room = URL_SAFE_NO_PAD.encoded_length(record.json_capacity() + 64);
        let started = self.template.start(room).into_bytes();
        let prefix_len = started.len();
        let encoded = self.encode(record, started)?;
        let len = encoded.len() - prefix_len;
        if len > self.max_len {
            return Err(SaveError::too_large(self.template.name(), len, self.max_len, &record.state));
        }
        let text = String::from_utf8(encoded).map_err(|_| SaveError::unfit())?;
        self.template.finish(text).map_err(|_| SaveError::unfit())
    }
}
