//! The result of checking a cookie.

use signed_session::parts::session_core::Record;
use signed_session::{InspectedCookie, KeyId, Rejection, Secrets, Timestamp};

use crate::Failure;
use crate::cookie_line;
use crate::options::{CookieArgs, TimeArgs};
use crate::recognise::Recognised;
use crate::sessions::{Config, Sessions};

/// The result of checking a cookie.
#[derive(Default)]
pub(crate) struct Finding {
    /// Why the cookie is not valid.
    pub(crate) reason: Option<String>,
    pub(crate) key: Option<KeyId>,
    pub(crate) is_expired: bool,
    /// Bytes of the value.
    pub(crate) bytes: Option<usize>,
    /// The protection and the serializer.
    pub(crate) recognised: Recognised,
    /// The session. If `key` is `None`, anyone may have written it.
    pub(crate) record: Option<Record>,
}

impl Finding {
    /// Returns the result of the configuration that accepts a cookie, or else of one that authenticates it, or else of
    /// the first one. In each configuration, the cookie is the one that the library accepts or whose rejection it
    /// reports. Returns `None` if there is no cookie.
    pub(crate) fn verified(
        args: &CookieArgs,
        configs: &[Config<'_>],
        secrets: &Secrets,
        times: &TimeArgs,
        now: Timestamp,
        text: &str,
    ) -> Result<Option<Self>, Failure> {
        let mut best: Option<(u8, Config<'_>, InspectedCookie)> = None;
        for (config, sessions) in buildable(configs, secrets, times, now)? {
            let inspection = sessions.inspect(cookie_line::cookies(text, config.cookie_name));
            let Some(cookie) = inspection.deciding() else { continue };
            let rank = u8::from(cookie.key().is_some()) + u8::from(cookie.rejection().is_none());
            if best.as_ref().is_none_or(|(other, ..)| rank > *other) {
                best = Some((rank, config, cookie.clone()));
            }
        }
        Ok(best.map(|(_, config, cookie)| Self::of(&cookie, args, &config)))
    }

    /// Returns the result for a cookie that a factory of `config` has checked.
    fn of(cookie: &InspectedCookie, args: &CookieArgs, config: &Config<'_>) -> Self {
        let recognised = match cookie.parts() {
            Some(parts) => {
                Recognised::verified(config.protection, cookie.value(), parts.payload(), config.serializer)
            }
            None => Recognised::new(cookie.value(), &args.protections(), args.reader()).unwrap_or_default(),
        };
        Self {
            reason: cookie.rejection().map(ToString::to_string),
            key: cookie.key(),
            is_expired: cookie.rejection().is_some_and(Rejection::is_expired),
            bytes: Some(cookie.value().len()),
            record: cookie.record().or(recognised.record.as_ref()).cloned(),
            recognised,
        }
    }

    /// Returns the result for the last cookie, if there is no secret. Returns `None` if there is no cookie.
    pub(crate) fn unverified(args: &CookieArgs, text: &str) -> Option<Self> {
        let value = args.names().into_iter().find_map(|name| {
            let cookies = cookie_line::cookies(text, name);
            cookies.values(name).next().map(<[u8]>::to_vec)
        })?;
        let recognised = Recognised::new(&value, &args.protections(), args.reader());
        let reason = match &recognised {
            Ok(Recognised { record: Some(_), .. }) => NO_SECRET.to_owned(),
            Ok(Recognised { key_id: Some(_), .. }) => format!("{NO_SECRET}; encryption hides the contents"),
            Ok(_) => "malformed: neither a signed nor an encrypted session of this format".to_owned(),
            Err(error) => error.to_string(),
        };
        let recognised = recognised.unwrap_or_default();
        Some(Self {
            reason: Some(reason),
            bytes: Some(value.len()),
            record: recognised.record.clone(),
            recognised,
            ..Self::default()
        })
    }
}

/// Why a cookie is not valid if there is no secret.
const NO_SECRET: &str = "not verified: no secret given";

/// Returns the configurations, each with its factory. A configuration that does not accept the secrets is left out, unless
/// there is no other: a weak secret can sign, but not encrypt.
fn buildable<'a>(
    configs: &[Config<'a>],
    secrets: &Secrets,
    times: &TimeArgs,
    now: Timestamp,
) -> Result<Vec<(Config<'a>, Box<dyn Sessions>)>, Failure> {
    let (mut built, mut failure) = (Vec::new(), None);
    for config in configs {
        match config.sessions(secrets, &times.times(config.protection, now)) {
            Ok(sessions) => built.push((*config, sessions)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(failure) if built.is_empty() => Err(failure),
        _ => Ok(built),
    }
}
