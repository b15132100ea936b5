//! Checks a cookie in several configurations, to find the configuration that it was written in.

use signed_session::{InspectedCookie, Secret, Secrets};

use crate::factory::{Config, Sessions, Times};
use crate::protection::Protection;
use crate::{Failure, cookie_line};

/// The result of checking the cookies of a text.
pub(crate) struct Checked<'a> {
    pub(crate) config: Config<'a>,
    pub(crate) cookie: InspectedCookie,
    /// Whether there are configurations that encrypt, but no strong secret to check them with.
    pub(crate) lacks_strong_secret: bool,
}

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
) -> Result<Option<Checked<'a>>, Failure> {
    let strong = without_weak(secrets)?;
    let encrypts = |config: &Config<'_>| config.protection.is_encrypted();
    let lacks_strong_secret = strong.is_none() && configs.iter().any(encrypts);
    let secrets_of = |config: &Config<'_>| strong.as_ref().filter(|_| encrypts(config)).unwrap_or(secrets);
    let mut best: Option<(u8, Checked<'_>)> = None;
    for Candidate { config, sessions } in candidates(configs, secrets_of, times)? {
        let inspection = sessions.inspect(cookie_line::cookies(text, config.cookie_name));
        let Some(cookie) = inspection.deciding() else { continue };
        // Skip an id that is not authentic: the cookie may hold something else than an id. The result of another
        // configuration then says why the cookie is rejected.
        if config.protection == Protection::SessionId && cookie.key().is_none() {
            continue;
        }
        let rank = u8::from(cookie.key().is_some()) + u8::from(cookie.rejection().is_none());
        if best.as_ref().is_none_or(|(other, _)| rank > *other) {
            best = Some((rank, Checked { config, cookie: cookie.clone(), lacks_strong_secret }));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// A configuration, and the session factory built from it.
struct Candidate<'a> {
    config: Config<'a>,
    sessions: Box<dyn Sessions>,
}

/// Replaces each weak secret with a random one, so that each retired secret keeps its number. The library refuses to
/// build a factory that encrypts with a weak secret, so no cookie is encrypted with one. Returns `None` if all secrets
/// are weak.
fn without_weak(secrets: &Secrets) -> Result<Option<Secrets>, Failure> {
    let all = || std::iter::once(secrets.current()).chain(secrets.retired());
    if all().all(|secret| secret.check_strength().is_err()) {
        return Ok(None);
    }
    let strong = |secret: &Secret| match secret.check_strength() {
        Ok(()) => Ok(secret.clone()),
        Err(_) => Secret::generate().map_err(Failure::data),
    };
    let mut replaced = Secrets::from(strong(secrets.current())?);
    for secret in secrets.retired() {
        replaced.push_retired(strong(secret)?);
    }
    Ok(Some(replaced))
}

/// Returns the configurations whose factory can be built. If no factory can be built, returns the first error. For
/// example, the factory of a configuration that encrypts cannot be built if all secrets are weak.
fn candidates<'a, 's>(
    configs: &[Config<'a>],
    secrets_of: impl Fn(&Config<'_>) -> &'s Secrets,
    times: impl Fn(Protection) -> Times,
) -> Result<Vec<Candidate<'a>>, Failure> {
    let (mut candidates, mut failure) = (Vec::new(), None);
    for &config in configs {
        match config.sessions(secrets_of(&config), &times(config.protection)) {
            Ok(sessions) => candidates.push(Candidate { config, sessions }),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(failure) if candidates.is_empty() => Err(failure),
        _ => Ok(candidates),
    }
}
