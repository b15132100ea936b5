//! Reading and writing a record as MessagePack: a list of three elements, which are two times and the map of entries.

use std::sync::Arc;

use rmpv::ValueRef;
use serde::Serialize;
use session_core::json::Json;
use session_core::{EntryPart, ForeignEntry, Record, State, Timestamp};

use super::header::{LIST, MAP, header, new_header};
use super::values::{Values, read};
use crate::error::{DumpError, LoadError};

pub(super) fn load(bytes: Vec<u8>) -> Result<Record, LoadError> {
    let malformed = || LoadError::malformed("not a list of three elements");
    let at = header(&bytes, 0, LIST).filter(|(count, _)| *count == 3).ok_or_else(malformed)?.1;
    let (accessed, at) = time(&bytes, at)?;
    let (created, at) = time(&bytes, at)?;
    let no_map = || LoadError::malformed("the state is not a map");
    let (count, mut at) = header(&bytes, at, MAP).ok_or_else(no_map)?;

    let mut values = Values::new(bytes);
    let mut entries: Vec<ForeignEntry> = Vec::new();
    for _ in 0..count {
        let (key, end) = values.add(at).ok_or_else(unreadable)?;
        let (value, end) = values.add(end).ok_or_else(unreadable)?;
        at = end;
        let name = match values.value(key) {
            Some(ValueRef::String(text)) => text.as_str().map(str::to_owned).ok_or("a key that is not UTF-8"),
            _ => Err("a key that is not a string"),
        };
        entries.push(ForeignEntry { key, value, name: name.map_err(str::to_owned) });
    }
    if at != values.len() {
        return Err(LoadError::malformed("bytes follow the MessagePack value"));
    }
    Ok(Record::new(accessed, created, State::from_foreign(Arc::new(values), entries)))
}

fn time(bytes: &[u8], start: usize) -> Result<(Timestamp, usize), LoadError> {
    let (value, end) = read(bytes, start).ok_or_else(unreadable)?;
    let secs = match value {
        ValueRef::Integer(secs) => secs.as_f64(),
        ValueRef::F32(secs) => Some(f64::from(secs)),
        ValueRef::F64(secs) => Some(secs),
        _ => None,
    };
    let secs = secs.ok_or_else(|| LoadError::malformed("a time is not a number"))?;
    let time = Timestamp::from_secs(secs);
    Ok((time.ok_or_else(|| LoadError::malformed("a time is not finite"))?, end))
}

fn unreadable() -> LoadError {
    LoadError::malformed("the MessagePack is truncated or nested too deeply")
}

pub(super) fn dump(record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let Record { accessed, created, state, .. } = record;
    // Write a record with the same times and an empty state, and remove its last byte, which is the empty map.
    let times = Record::new(*accessed, *created, State::default());
    write(&times, out)?;
    out.pop();
    let too_many = || DumpError::unsupported("the session has more entries than MessagePack can count");
    out.extend(new_header(state.len(), MAP).ok_or_else(too_many)?);
    let values = state.foreign::<Values>();
    for entry in state.entries() {
        let named = |error: DumpError| error.of_entry(entry.name());
        for (part, is_key) in [(entry.key(), true), (entry.value(), false)] {
            match (part, values) {
                (EntryPart::Foreign(value), Some(values)) => {
                    let unknown = || named(DumpError::unsupported("it was not loaded with this record"));
                    out.extend_from_slice(values.bytes(value).ok_or_else(unknown)?);
                }
                (EntryPart::Json(text), _) => json_text(text, out).map_err(named)?,
                _ => {
                    let (key, value) = entry.json().map_err(DumpError::caused_by)?;
                    json_text(if is_key { key } else { value }, out).map_err(named)?;
                }
            }
        }
    }
    Ok(())
}

fn json_text(text: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    write(&Json::parse_python(text).map_err(DumpError::caused_by)?, out)
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), DumpError> {
    rmp_serde::encode::write_named(out, value)
        .map_err(|_| DumpError::unsupported("MessagePack cannot represent the value"))
}
