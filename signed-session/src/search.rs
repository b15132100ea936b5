//! The choice of the deciding cookie among several with the session's name.

use std::ops::ControlFlow;

use session_core::{Record, Rejection, Timestamp};
use session_serde::LoadError;

/// The result of checking a candidate: a cookie with the name of the session, or of an old format.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum CandidateStatus {
    /// A verified session that has not expired, and the time of its last access.
    Valid(Timestamp),
    /// A verified session that has expired, and the time of its last access.
    Expired(Timestamp),
    /// A verified cookie whose session cannot be used, for example because the session was ended.
    #[cfg(feature = "store")]
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
            #[cfg(feature = "store")]
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

#[cfg(test)]
mod tests {
    #[cfg(feature = "store")]
    use super::CandidateStatus::Unusable;
    use super::CandidateStatus::{Expired, Malformed, Unverified, Valid};
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
    #[cfg(feature = "store")]
    fn unusable_candidate_does_not_end_search() {
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
