//! The oracle for loading a session: which of the cookies in a header is taken.

use session_core::Record;
use signed_session::{MAX_CANDIDATES, Rejection};

use crate::signed::{NOW, Opened};

const MAX_COOKIE: usize = 4096;

/// Limits of a session in seconds. A limit that does not exist is infinite.
pub struct Limits {
    pub timeout: f64,
    pub lifetime: f64,
}

impl Limits {
    /// Returns why a record has expired: the reason is the limit that was reached first.
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

/// Returns the expected result for the values of the session's cookies, which are passed from the last to the first.
/// The first value that `open` verifies and that has not expired is taken. Without such a value, the rejection is that
/// of the first value that verifies or, if none verifies, of the first value.
pub fn expected<'v>(
    values: impl Iterator<Item = &'v [u8]>,
    open: impl Fn(&[u8]) -> Opened,
    limits: &Limits,
) -> Result<Record, Rejection> {
    let (mut expired, mut why) = (None, None);
    for value in values.take(MAX_CANDIDATES) {
        let rejection = match open(value) {
            _ if value.len() > MAX_COOKIE => Rejection::malformed(""),
            Opened::NotBase64 => Rejection::malformed(""),
            Opened::BadSignature => Rejection::bad_signature(),
            Opened::Verified(payload) => {
                match Record::from_json(payload).map(|record| (limits.rejection(&record), record)) {
                    Ok((None, record)) => return Ok(record),
                    Ok((Some(rejection), _)) => drop(expired.get_or_insert(rejection)),
                    Err(_) => return Err(expired.unwrap_or(Rejection::malformed(""))),
                }
                continue;
            }
        };
        why.get_or_insert(rejection);
    }
    Err(expired.or(why).unwrap_or(Rejection::missing()))
}
