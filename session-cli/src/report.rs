//! The report of `verify` and `inspect`.

use signed_session::parts::session_core::EntryError;
use signed_session::{State, Timestamp};

use crate::finding::Finding;
use crate::shown::shown;

/// The printed report.
pub(crate) struct Report {
    pub(crate) finding: Finding,
    pub(crate) now: Timestamp,
    pub(crate) limit: usize,
    /// Whether the report shows the contents of a cookie that is not valid.
    pub(crate) shows_invalid: bool,
}

impl Report {
    /// Returns the report as a JSON object on one line.
    pub(crate) fn to_json(&self) -> Result<String, EntryError> {
        let head = self.head()?.to_json()?;
        let head = head.strip_suffix('}').unwrap_or(&head);
        let record = self.finding.record.as_ref().filter(|_| self.shows_state());
        let state = record.map_or_else(|| "null".to_owned(), |record| shown(&record.state));
        // Append the state as text. As an entry of `head`, it would be nested one level deeper, which can exceed the
        // maximum depth of a `State`.
        let json = format!("{head}, \"state\": {state}}}");
        // A JSON string cannot contain a line break or a tab, so these are only white space between tokens.
        Ok(json.replace(['\n', '\r', '\t'], " "))
    }

    fn shows_state(&self) -> bool {
        self.shows_invalid || self.finding.reason.is_none()
    }

    /// Returns all fields except the state of the session.
    fn head(&self) -> Result<State, EntryError> {
        let Finding { reason, key, is_expired, bytes, recognised, record, lacks_strong_secret: _ } =
            &self.finding;
        let is_verified = key.is_some();
        // `verify` hides the state of every cookie that is not valid, but the times only if it is not verified.
        let record = record.as_ref().filter(|_| is_verified || self.shows_invalid);
        let algorithms: Vec<_> = recognised.protections.iter().map(|one| one.algorithm()).collect();
        let mut out = State::default();
        out.insert("valid", reason.is_none())?;
        if let Some(reason) = reason {
            out.insert("reason", reason)?;
        }
        out.insert("verified", is_verified)?;
        out.insert("key", key.map(|key| key.to_string()))?;
        out.insert("protection", recognised.kind())?;
        out.insert("algorithms", algorithms)?;
        out.insert("key_id", recognised.key_id.map(|id| format!("{:08x}", u32::from_be_bytes(id))))?;
        out.insert("serializer", recognised.serializer.map(|serializer| serializer.name()))?;
        out.insert("created", record.map(|record| record.created.as_secs()))?;
        out.insert("accessed", record.map(|record| record.accessed.as_secs()))?;
        // The difference of two finite times can be infinite, which JSON cannot express.
        let age = record.map(|record| self.now.secs_since(record.created));
        out.insert("age", age.filter(|age| age.is_finite()))?;
        out.insert("expired", is_expired)?;
        out.insert("bytes", bytes)?;
        out.insert("limit", self.limit)?;
        Ok(out)
    }
}
