//! Remarks on the timeout and the lifetime of sessions.

use std::time::Duration;

use super::Remark;
use crate::options::Limit;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum timeout that gets no remark.
const MAX_TIMEOUT: Duration = DAY;

/// Maximum lifetime that gets no remark.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Checks the timeout and the lifetime, if they are given.
pub(super) fn remarks(timeout: Option<Limit>, lifetime: Option<Limit>) -> Vec<Remark> {
    let timeout = timeout.and_then(|Limit(timeout)| match timeout {
        None if lifetime.is_some_and(|Limit(lifetime)| lifetime.is_some()) => None,
        None => {
            let why = "without a lifetime, a stolen cookie works until the secret is replaced";
            Some(Remark::weakness("timeout none", why, "use a timeout, such as 1200 seconds"))
        }
        Some(timeout) if timeout > MAX_TIMEOUT => {
            let why = "a session that a user has left open stays open for over a day";
            Some(Remark::weakness(format!("timeout {}", timeout.as_secs()), why, "use at most 86400 seconds"))
        }
        Some(_) => None,
    });
    let lifetime = lifetime.and_then(|Limit(lifetime)| match lifetime {
        None => {
            let why = "anyone who uses a stolen cookie keeps it alive";
            Some(Remark::weakness("lifetime none", why, "use a lifetime, such as 43200 seconds"))
        }
        Some(lifetime) if lifetime > MAX_LIFETIME => {
            let why = "a stolen cookie can be used for over 30 days";
            Some(Remark::weakness(
                format!("lifetime {}", lifetime.as_secs()),
                why,
                "use at most 2592000 seconds",
            ))
        }
        Some(_) => None,
    });
    timeout.into_iter().chain(lifetime).collect()
}
