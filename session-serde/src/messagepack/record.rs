//! Reading and writing a record as MessagePack: a list of three elements, which are two times and the map of entries.

use std::sync::Arc;

use rmpv::ValueRef;
use serde::Serialize;
use session_core::json::Json;
use session_core::{EntryPart, ForeignEntry, Record, State, Timestamp};

use super::values::{Values, header_len, read};
use crate::error::{DumpError, LoadError};

const MAP_16: u8 = 0xde;
const MAP_32: u8 = 0xdf;

pub(super) fn load(bytes: Vec<u8>) -> Result<Record, LoadError> {
    let malformed = || LoadError::malformed("not a list of three elements");
    let at = header(&bytes, 0, [0x90, 0xdc, 0xdd]).filter(|(count, _)| *count == 3).ok_or_else(malformed)?.1;
    let (accessed, at) = time(&bytes, at)?;
    let (created, at) = time(&bytes, at)?;
    let no_map = || LoadError::malformed("the state is not a map");
    let (count, mut at) = header(&bytes, at, [0x80, MAP_16, MAP_32]).ok_or_else(no_map)?;

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

/// Reads the header of a list or map at `start`. Returns the number of elements or entries, and the position of the
/// first one. Returns `None` if the header is truncated or has none of the three markers. `small` is the marker for a
/// count of up to 15, `two` for a two-byte count, and `four` for a four-byte count.
fn header(bytes: &[u8], start: usize, [small, two, four]: [u8; 3]) -> Option<(usize, usize)> {
    let marker = *bytes.get(start)?;
    let end = start + header_len(marker);
    let length = bytes.get(start + 1..end)?;
    let count = match length {
        [] if marker & 0xf0 == small => usize::from(marker & 0x0f),
        &[high, low] if marker == two => usize::from(u16::from_be_bytes([high, low])),
        &[a, b, c, d] if marker == four => usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?,
        _ => return None,
    };
    Some((count, end))
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
    map_header(state.len(), out)?;
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

fn map_header(count: usize, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let too_many = |_| DumpError::unsupported("the session has more entries than MessagePack can count");
    match u16::try_from(count) {
        Ok(count @ 0..16) => out.push(0x80 | count as u8),
        Ok(count) => {
            out.push(MAP_16);
            out.extend_from_slice(&count.to_be_bytes());
        }
        Err(_) => {
            out.push(MAP_32);
            out.extend_from_slice(&u32::try_from(count).map_err(too_many)?.to_be_bytes());
        }
    }
    Ok(())
}
