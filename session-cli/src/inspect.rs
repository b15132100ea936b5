//! The commands `verify` and `inspect`: they check a cookie and print a report.

use signed_session::parts::session_core::{EntryError, Record};
use signed_session::{
    Clock, CookieHeader, CookieParts, KeyId, ManualClock, Rejection, State, SystemClock, Timestamp,
};

use crate::args::CheckArgs;
use crate::keys::Factory;
use crate::shown::shown;
use crate::{Failure, cookie_line, keys, stdio};

/// When the report shows the contents of the cookie.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Contents {
    IfValid,
    Always,
}

/// Prints the report, and returns whether the cookie is valid.
pub(crate) fn run(args: &CheckArgs, contents: Contents) -> Result<bool, Failure> {
    let name = &args.envelope.cookie_name;
    let limit = args.envelope.limit()?;
    let now = args.now.unwrap_or_else(|| SystemClock.now());
    let sessions = args.factory(ManualClock::new(now))?;
    let sessions = match contents {
        Contents::IfValid => Some(keys::required(sessions)?),
        Contents::Always => sessions,
    };
    let cookies = match &args.cookie {
        Some(text) => cookie_line::cookies(text, name),
        None => cookie_line::cookies(&stdio::read()?, name),
    };

    let finding = match &sessions {
        Some(sessions) => Finding::verified(sessions, &cookies, contents),
        None => Finding::unverified(&cookies, args),
    };
    let finding = finding.unwrap_or_else(|| Finding {
        reason: Some(format!("no cookie called {name:?}")),
        ..Finding::default()
    });
    let valid = finding.reason.is_none();
    let json = Report { finding, now, limit, shows_state: valid || contents == Contents::Always };
    let json = json.to_json().map_err(Failure::data)?;
    // A string in JSON has no line break, so a line break is only white space between tokens.
    stdio::write(&format!("{}\n", json.replace(['\n', '\r', '\t'], " ")))?;
    Ok(valid)
}

/// The result of checking a cookie.
#[derive(Default)]
struct Finding {
    /// Why the cookie is not valid.
    reason: Option<String>,
    key: Option<KeyId>,
    is_expired: bool,
    /// Bytes of the value.
    bytes: Option<usize>,
    record: Option<Record>,
}

impl Finding {
    /// Returns the result for the cookie that the library accepts, or whose rejection it reports.
    fn verified(sessions: &Factory, cookies: &CookieHeader, contents: Contents) -> Option<Self> {
        let inspection = sessions.inspect(cookies.clone());
        let cookie = inspection.deciding()?;
        // Without a valid signature, the contents are not trustworthy, but `inspect` shows them.
        let unverified = || match contents {
            Contents::IfValid => None,
            Contents::Always => sessions.inspect_unverified(cookie.value()).ok()?.record().ok().cloned(),
        };
        Some(Self {
            reason: cookie.rejection().map(ToString::to_string),
            key: cookie.key(),
            is_expired: cookie.rejection().is_some_and(Rejection::is_expired),
            bytes: Some(cookie.value().len()),
            record: cookie.record().cloned().or_else(unverified),
        })
    }

    /// Returns the result for the last cookie, if there is no secret.
    fn unverified(cookies: &CookieHeader, args: &CheckArgs) -> Option<Self> {
        let envelope = &args.envelope;
        let value = cookies.values(&envelope.cookie_name).next()?;
        let parts = CookieParts::unverified(value, envelope.hash.tag_len(), &envelope.serializer);
        let record = parts.and_then(|parts| parts.record().cloned().map_err(Clone::clone));
        Some(Self {
            reason: Some(match &record {
                Ok(_) => "not verified: no secret given".to_owned(),
                Err(error) => error.to_string(),
            }),
            bytes: Some(value.len()),
            record: record.ok(),
            ..Self::default()
        })
    }
}

/// The printed report.
struct Report {
    finding: Finding,
    now: Timestamp,
    limit: usize,
    shows_state: bool,
}

impl Report {
    /// Returns the report as a JSON object.
    fn to_json(&self) -> Result<String, EntryError> {
        let head = self.head()?.to_json()?;
        let head = head.strip_suffix('}').unwrap_or(&head);
        let record = self.finding.record.as_ref().filter(|_| self.shows_state);
        let state = record.map_or_else(|| "null".to_owned(), |record| shown(&record.state));
        // The state is added as text. It can have the maximum depth of a `State`, and is one level deeper here.
        Ok(format!("{head}, \"state\": {state}}}"))
    }

    /// Returns all fields except the state of the session.
    fn head(&self) -> Result<State, EntryError> {
        let Finding { reason, key, is_expired, bytes, record } = &self.finding;
        let record = record.as_ref();
        let mut out = State::default();
        out.insert("valid", reason.is_none())?;
        if let Some(reason) = reason {
            out.insert("reason", reason)?;
        }
        out.insert("verified", key.is_some())?;
        out.insert("key", key.map(|key| key.to_string()))?;
        out.insert("created", record.map(|record| record.created.as_secs()))?;
        out.insert("accessed", record.map(|record| record.accessed.as_secs()))?;
        out.insert("age", record.map(|record| self.now.secs_since(record.created)))?;
        out.insert("expired", is_expired)?;
        out.insert("bytes", bytes)?;
        out.insert("limit", self.limit)?;
        Ok(out)
    }
}
