//! The commands `verify` and `inspect`: they check a cookie and print a report.

use std::iter;

use signed_session::{Clock, SystemClock};

use crate::args::CheckArgs;
use crate::factory::Config;
use crate::finding::Finding;
use crate::options::ReaderArgs;
use crate::protection::Protection;
use crate::report::Report;
use crate::{Failure, candidates, keys, stdio};

/// When the report shows the contents of the cookie.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Contents {
    IfValid,
    Always,
}

/// Prints the report, and returns whether the cookie is valid.
pub(crate) fn run(args: &CheckArgs, contents: Contents) -> Result<bool, Failure> {
    let CheckArgs { text, reader: ReaderArgs { secret, retired, cookie }, times } = args;
    let limit = cookie.config().limit()?;
    let now = times.now.unwrap_or_else(|| SystemClock.now());
    let secrets = keys::secrets(secret, Some(retired))?;
    let (secrets, configs) = match contents {
        Contents::IfValid => {
            // Check for a session id as well. Otherwise, the report would call an authentic session id forged.
            let is_id = |config: &Config<'_>| config.protection == Protection::SessionId;
            let ids = cookie.configs().into_iter().filter(is_id);
            (Some(keys::required(secrets)?), iter::once(cookie.config()).chain(ids).collect())
        }
        Contents::Always => (secrets, cookie.configs()),
    };
    let text = &stdio::read_unless_given(text.as_deref())?;

    let finding = match &secrets {
        Some(secrets) => {
            let found = candidates::check(&configs, secrets, |one| times.times(one, now), text)?;
            found.map(|found| Finding::checked(&found, cookie))
        }
        None => Finding::unverified(cookie, &cookie.names(), text),
    };
    let finding = finding.unwrap_or_else(|| {
        let mut names: Vec<_> = configs
            .iter()
            .filter(|config| config.protection != Protection::SessionId)
            .map(|config| config.cookie_name)
            .collect();
        names.dedup();
        let names: Vec<_> = names.into_iter().map(|name| format!("{name:?}")).collect();
        Finding { reason: Some(format!("no cookie called {}", names.join(" or "))), ..Finding::default() }
    });
    let is_valid = finding.reason.is_none();
    let report = Report { finding, now, limit, shows_invalid: contents == Contents::Always };
    stdio::write(&format!("{}\n", report.to_json().map_err(Failure::data)?))?;
    Ok(is_valid)
}
