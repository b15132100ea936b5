//! The steps of the store suite's scripts. A step is a call to the store, or lets time pass.

use std::fmt;
use std::time::Duration;

use crate::run::Bytes;

/// A session of a script. The handles of any two sessions differ in two of 256 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u8);

/// The version that a call passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    /// The version that the session's row has, or had when it was deleted or expired. If the session never had a row,
    /// the version of a new row.
    Current,
    /// The version before the current one. If there is no earlier version, a version that the row never had.
    Old,
}

/// The end of a row: the time at which it expires.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Never,
    /// This many [`UNIT`]s after the call.
    In(u32),
    /// Before the current time, by a minute plus the margin of the harness.
    Past,
    /// At this Unix time, which is too far in the future for any script to reach.
    Secs(f64),
}

/// The unit of time for ends and waits. It is longer than the largest margin of a harness.
pub(super) const UNIT: Duration = Duration::from_secs(1000);

/// The contents that a call writes to a row.
#[derive(Clone, Debug)]
pub(super) struct Write {
    pub(super) data: Bytes,
    pub(super) owner: Option<String>,
    pub(super) label: Option<String>,
    pub(super) created: f64,
    pub(super) accessed: f64,
    pub(super) end: End,
}

impl Write {
    /// Returns the contents of a row with this data, and without an owner, a label or an end.
    pub(super) fn data(data: impl Into<Vec<u8>>) -> Self {
        Self {
            data: Bytes::new("data", data.into()),
            owner: None,
            label: None,
            created: 1_700_000_000.25,
            accessed: 1_700_000_100.0,
            end: End::Never,
        }
    }

    /// Returns the contents of a row of this owner, without a label or an end.
    pub(super) fn of(owner: impl Into<String>) -> Self {
        Self { owner: Some(owner.into()), ..Self::data("owned") }
    }

    pub(super) fn with_data(self, data: impl Into<Vec<u8>>) -> Self {
        Self { data: Bytes::new("data", data.into()), ..self }
    }

    pub(super) fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    pub(super) fn end(self, end: End) -> Self {
        Self { end, ..self }
    }

    pub(super) fn times(self, created: f64, accessed: f64) -> Self {
        Self { created, accessed, ..self }
    }
}

/// A step of a script: a call to the store, or time that passes.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Create(Key, Write),
    Load(Key),
    Replace(Key, At, Write),
    Touch(Key, f64, End),
    Delete(Key, Option<At>),
    ByOwner(String),
    DeleteByOwner(String, Option<Key>),
    Sweep(usize),
    /// Time passes: half a [`UNIT`], multiplied by this number.
    Wait(u32),
    /// Time passes until just before the end of this session's row. If there is no row or no end, no time passes.
    WaitBefore(Key),
    /// Time passes until the end of this session's row plus the margin of the harness. If there is no row or no end, at
    /// most the margin passes.
    WaitUntil(Key),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "current version",
            Self::Old => "old version",
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::In(units) => write!(f, "in {} s", u64::from(*units) * UNIT.as_secs()),
            Self::Past => f.write_str("in the past"),
            Self::Secs(secs) => write!(f, "at {secs:?}"),
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, owner, label, created, accessed, end } = self;
        let (owner, label) = (short_text(owner), short_text(label));
        write!(f, "{{data: {}, owner: {owner}, label: {label}, ", short_bytes(data))?;
        write!(f, "created: {created:?}, accessed: {accessed:?}, expires: {end}}}")
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(key, row) => write!(f, "create({key}, {row})"),
            Self::Load(key) => write!(f, "load({key})"),
            Self::Replace(key, at, row) => write!(f, "replace({key}, {at}, {row})"),
            Self::Touch(key, accessed, end) => write!(f, "touch({key}, {accessed:?}, expires {end})"),
            Self::Delete(key, None) => write!(f, "delete({key}, None)"),
            Self::Delete(key, Some(at)) => write!(f, "delete({key}, {at})"),
            Self::ByOwner(owner) => write!(f, "by_owner({})", quoted(owner)),
            Self::DeleteByOwner(owner, None) => write!(f, "delete_by_owner({}, None)", quoted(owner)),
            Self::DeleteByOwner(owner, Some(key)) => write!(f, "delete_by_owner({}, {key})", quoted(owner)),
            Self::Sweep(limit) => write!(f, "sweep({limit})"),
            Self::Wait(halves) => write!(f, "{} s pass", u64::from(*halves) * UNIT.as_secs() / 2),
            Self::WaitBefore(key) => write!(f, "time passes until just before the end of {key}"),
            Self::WaitUntil(key) => write!(f, "time passes until the end of {key}"),
        }
    }
}

/// How much of a value a message shows, in bytes or characters.
const SHOWN: usize = 48;

pub(super) fn short_bytes(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN).filter(|start| start.len() < bytes.len()) {
        Some(start) => format!("b\"{}…\" ({} bytes)", start.escape_ascii(), bytes.len()),
        None => format!("b\"{}\"", bytes.escape_ascii()),
    }
}

pub(super) fn short_text(text: &Option<String>) -> String {
    text.as_deref().map_or_else(|| "None".to_owned(), quoted)
}

fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("\"{}…\" ({} bytes)", text[..end].escape_debug(), text.len()),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, short_bytes};

    /// Regression: a value of exactly 48 bytes was shown with an ellipsis, although nothing was left out.
    #[test]
    fn value_over_48_bytes_is_shortened() {
        let whole = "x".repeat(SHOWN);
        assert_eq!(short_bytes(whole.as_bytes()), format!("b\"{whole}\""));
        assert_eq!(short_bytes(format!("{whole}y").as_bytes()), format!("b\"{whole}…\" (49 bytes)"));
    }
}
