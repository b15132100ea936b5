//! A cookie in, what is to be said about it out: `verify` and `inspect`.

use signed_session::parts::session_core::{EntryError, Record, Stored, json};
use signed_session::{Clock, KeyId, State, SystemClock, Timestamp};

use crate::args::CheckArgs;
use crate::reader::{Reader, Reading};
use crate::{Failure, cookie_line, keys, stdio};

/// When the contents are shown.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Contents {
    IfValid,
    Always,
}

/// Prints the report; true if the cookie is valid.
pub(crate) fn run(args: &CheckArgs, contents: Contents) -> Result<bool, Failure> {
    let name = &args.envelope.cookie_name;
    let format = args.envelope.serializer;
    let limit = args.envelope.limit(args.timeout)?;
    let keys = match contents {
        Contents::IfValid => Some(keys::required(args.keys()?)?),
        Contents::Always => args.keys()?,
    };
    let verifying = keys.map(|keys| Reader::verifying(keys, format));
    let unverified = Reader::unverified(args.envelope.hash, format);

    let cookies = match &args.cookie {
        Some(text) => cookie_line::cookies(text, name),
        None => cookie_line::cookies(&stdio::read()?, name),
    };
    let now = args.now.unwrap_or_else(|| SystemClock.now());

    let expired = |record: &Record| args.timeout.has_passed(record.accessed, now);
    let reader = verifying.as_ref().unwrap_or(&unverified);
    let (value, key, record) = match reader.last(&cookies, name, expired) {
        Some(Reading { value, key, record }) => (Some(value), key, record),
        None => (None, None, Err(format!("no cookie called {name:?}"))),
    };
    let reason = match &record {
        Err(why) => Some(why.clone()),
        Ok(_) if verifying.is_none() => Some("not verified: no secret given".to_owned()),
        Ok(record) => expired(record).then(|| "expired".to_owned()),
    };
    let valid = reason.is_none();
    let always = contents == Contents::Always;
    // Without a good signature, what the cookie says can be shown, but not believed.
    let record = record.ok().or_else(|| unverified.read(value.filter(|_| always)?).record.ok());

    let report = Report {
        valid,
        reason,
        key,
        now,
        expired: record.as_ref().is_some_and(expired),
        bytes: value.map(<[u8]>::len),
        limit,
        state: record.as_ref().filter(|_| valid || always).map(|record| shown(&record.state)),
        record,
    };
    let json = report.to_json().map_err(Failure::data)?;
    // A line break can only stand between the parts of the session's JSON.
    stdio::write(&format!("{}\n", json.replace(['\n', '\r', '\t'], " ")))?;
    Ok(valid)
}

/// Returns the JSON text of a state, with a note in place of each value that has none.
fn shown(state: &State) -> String {
    let entries = state.entries().map(|entry| {
        let key = match entry.key() {
            Stored::Json(key) => key.to_owned(),
            Stored::Foreign(_) => quoted(entry.name()),
        };
        let value = entry.value_json().map_or_else(|error| quoted(&format!("({error})")), str::to_owned);
        format!("{key}: {value}")
    });
    format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    json::to_string(text).unwrap_or_default()
}

/// What is printed.
struct Report {
    valid: bool,
    reason: Option<String>,
    key: Option<KeyId>,
    now: Timestamp,
    expired: bool,
    bytes: Option<usize>,
    limit: usize,
    /// For the times.
    record: Option<Record>,
    /// The JSON text to show.
    state: Option<String>,
}

impl Report {
    /// One JSON object.
    fn to_json(&self) -> Result<String, EntryError> {
        let head = self.head()?.to_json()?;
        let head = head.strip_suffix('}').unwrap_or(&head);
        // As text, because the session can be nested as deep as a state allows, and here it is one level deeper.
        Ok(format!("{head}, \"state\": {}}}", self.state.as_deref().unwrap_or("null")))
    }

    /// All but the session itself.
    fn head(&self) -> Result<State, EntryError> {
        let record = self.record.as_ref();
        let mut out = State::default();
        out.insert("valid", self.valid)?;
        if let Some(reason) = &self.reason {
            out.insert("reason", reason)?;
        }
        out.insert("verified", self.key.is_some())?;
        out.insert("key", self.key.map(|key| key.to_string()))?;
        out.insert("created", record.map(|record| record.created.as_secs()))?;
        out.insert("accessed", record.map(|record| record.accessed.as_secs()))?;
        out.insert("age", record.map(|record| self.now.secs_since(record.created)))?;
        out.insert("expired", self.expired)?;
        out.insert("bytes", self.bytes)?;
        out.insert("limit", self.limit)?;
        Ok(out)
    }
}
