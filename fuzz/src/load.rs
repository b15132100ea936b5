//! The oracle for loading a session: finds, among several cookies of the same name, the one that holds the session.

use session_core::Record;
use signed_session::{MAX_CANDIDATES, Rejection};

use crate::signed::{NOW, Opened};

const MAX_COOKIE: usize = 4096;

/// The limits of a session's life, in seconds. Infinity means that there is no limit.
pub struct Limits {
    pub timeout: f64,
    pub lifetime: f64,
}

impl Limits {
    /// Returns why a record has expired, or `None` if it has not. If it has exceeded both limits, the limit that it
    /// exceeded first is the reason. If it exceeded both at once, the timeout is the reason.
    fn rejection(&self, record: &Record) -> Option<Rejection> {
        let ends = [record.accessed.as_secs() + self.timeout, record.created.as_secs() + self.lifetime];
        let idle = NOW - record.accessed.as_secs() > self.timeout;
        let old = NOW - record.created.as_secs() > self.lifetime;
        match (idle, old) {
            (false, false) => None,
            (true, true) if ends[1] < ends[0] => Some(Rejection::lifetime_exceeded()),
            (true, _) => Some(Rejection::expired()),
            (false, true) => Some(Rejection::lifetime_exceeded()),
        }
    }
}

/// Returns the expected result of loading a session from its cookies. `values` are the cookies' values, the last cookie
/// first.
///
/// `open` is called for one value after the other, until a value decides the result. Values after the first
/// [`MAX_CANDIDATES`] are ignored. A value of over 4096 bytes counts as malformed.
///
/// The session is in the first value that `open` verifies and that has not expired. Such a value is skipped if the
/// record of an expired value earlier in `values` has a later access time. A verified value without a record ends the
/// search.
///
/// If no session is found, the result is the rejection of the first verified value. If no value is verified, the result
/// is the rejection of the first value. If there are no values, the cookie is missing.
pub fn expected<'v>(
    values: impl Iterator<Item = &'v [u8]>,
    open: impl Fn(&'v [u8]) -> Opened,
    limits: &Limits,
) -> Result<Record, Rejection> {
    let (mut expired, mut why) = (None, None);
    let mut newest_expired = f64::NEG_INFINITY;
    for value in values.take(MAX_CANDIDATES) {
        let rejection = match open(value) {
            _ if value.len() > MAX_COOKIE => Rejection::malformed(""),
            Opened::NotBase64 => Rejection::malformed(""),
            Opened::BadSignature => Rejection::bad_signature(),
            Opened::Verified(payload) => {
                let Ok(record) = Record::from_json(payload) else {
                    return Err(expired.unwrap_or(Rejection::malformed("")));
                };
                let accessed = record.accessed.as_secs();
                match limits.rejection(&record) {
                    None if accessed >= newest_expired => return Ok(record),
                    None => {}
                    Some(rejection) => {
                        newest_expired = newest_expired.max(accessed);
                        expired.get_or_insert(rejection);
                    }
                }
                continue;
            }
        };
        why.get_or_insert(rejection);
    }
    Err(expired.or(why).unwrap_or(Rejection::missing()))
}
