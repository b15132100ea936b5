//! Checks a cookie in several configurations, to find the configuration that it was written in.

use signed_session::{InspectedCookie, Secrets};

use crate::protection::Protection;
use crate::sessions::{Config, Sessions, Times};
use crate::{Failure, cookie_line};

/// Checks the cookies of a text in each configuration. Returns the result of the first configuration that
/// - accepts a cookie,
/// - or, if no configuration accepts a cookie, authenticates a cookie,
/// - or, if no configuration authenticates a cookie, finds a cookie.
///
/// Returns `None` if no configuration finds a cookie. A session id that is not authentic does not count as found.
///
/// If a configuration finds several cookies, its result is about the cookie that the library accepts. If the library
/// accepts none of them, the result is about the cookie whose rejection the library reports.
pub(crate) fn check<'a>(
    configs: &[Config<'a>],
    secrets: &Secrets,
    times: impl Fn(Protection) -> Times,
    text: &[u8],
) -> Result<Option<(Config<'a>, InspectedCookie)>, Failure> {
    let mut best: Option<(u8, (Config<'_>, InspectedCookie))> = None;
    for Candidate { config, sessions } in candidates(configs, secrets, times)? {
        let inspection = sessions.inspect(cookie_line::cookies(text, config.cookie_name));
        let Some(cookie) = inspection.deciding() else { continue };
        // Skip an id that is not authentic: the cookie may hold something else than an id. The result of another
        // configuration then says why the cookie is rejected.
        if config.protection == Protection::SessionId && cookie.key().is_none() {
            continue;
        }
        let rank = u8::from(cookie.key().is_some()) + u8::from(cookie.rejection().is_none());
        if best.as_ref().is_none_or(|(other, _)| rank > *other) {
            best = Some((rank, (config, cookie.clone())));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// A configuration, and the session factory built from it.
struct Candidate<'a> {
    config: Config<'a>,
    sessions: Box<dyn Sessions>,
}

/// Returns the configurations whose factory can be built. If no factory can be built, returns the first error. For
/// example, the factory of a configuration that encrypts cannot be built from weak secrets.
fn candidates<'a>(
    configs: &[Config<'a>],
    secrets: &Secrets,
    times: impl Fn(Protection) -> Times,
) -> Result<Vec<Candidate<'a>>, Failure> {
    let (mut candidates, mut failure) = (Vec::new(), None);
    for &config in configs {
        match config.sessions(secrets, &times(config.protection)) {
            Ok(sessions) => candidates.push(Candidate { config, sessions }),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(failure) if candidates.is_empty() => Err(failure),
        _ => Ok(candidates),
    }
}
