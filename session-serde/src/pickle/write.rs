//! From JSON text to pickle.

use num_bigint::BigInt;
use session_core::json::{self, Json};

use super::{MAX_DIGITS, opcodes as op};
use crate::error::DumpError;

/// Readable since Python 3.4; Pyramid's own default.
const PROTOCOL: u8 = 4;

/// Appends the pickle of a JSON text.
///
/// It has no frame and no memo, which would only make it longer.
pub(super) fn from_json(json: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let json = parse(json)?;
    out.extend([op::PROTO, PROTOCOL]);
    value(json, out)?;
    out.push(op::STOP);
    Ok(())
}

/// As [`from_json`] for the JSON text of a record, a list of three: as with Pyramid, a tuple.
pub(super) fn from_record_json(json: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let json = parse(json)?;
    out.extend([op::PROTO, PROTOCOL]);
    if let Json::Array(parts) = json {
        parts.values().try_for_each(|part| value(part, out))?;
    }
    out.extend([op::TUPLE3, op::STOP]);
    Ok(())
}

fn parse(json: &str) -> Result<Json<'_>, DumpError> {
    Json::parse(json).map_err(|error| DumpError::unsupported(error.to_string()))
}

/// Recurses no deeper than the JSON text may be nested.
fn value(json: Json<'_>, out: &mut Vec<u8>) -> Result<(), DumpError> {
    match json {
        Json::Null => out.push(op::NONE),
        Json::Bool(true) => out.push(op::NEWTRUE),
        Json::Bool(false) => out.push(op::NEWFALSE),
        Json::Number(text) if text.contains(['.', 'e', 'E']) => float(text, out)?,
        Json::Number(text) => integer(text, out)?,
        Json::String(quoted) => string(quoted, out)?,
        Json::Array(elements) => container(op::EMPTY_LIST, op::APPENDS, out, |out| {
            elements.values().try_for_each(|element| value(element, out))
        })?,
        Json::Object(members) => container(op::EMPTY_DICT, op::SETITEMS, out, |out| {
            members.values().try_for_each(|(key, member)| {
                string(key, out)?;
                value(member, out)
            })
        })?,
    }
    Ok(())
}

fn container(
    empty: u8,
    add_to_mark: u8,
    out: &mut Vec<u8>,
    parts: impl FnOnce(&mut Vec<u8>) -> Result<(), DumpError>,
) -> Result<(), DumpError> {
    out.extend([empty, op::MARK]);
    let start = out.len();
    parts(out)?;
    if out.len() == start {
        out.pop();
    } else {
        out.push(add_to_mark);
    }
    Ok(())
}

fn float(text: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            out.push(op::BINFLOAT);
            out.extend(value.to_be_bytes());
            Ok(())
        }
        _ => Err(DumpError::unsupported("a float out of range")),
    }
}

fn integer(text: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    if let Ok(value) = text.parse::<u8>() {
        out.extend([op::BININT1, value]);
    } else if let Ok(value) = text.parse::<u16>() {
        out.push(op::BININT2);
        out.extend(value.to_le_bytes());
    } else if let Ok(value) = text.parse::<i32>() {
        out.push(op::BININT);
        out.extend(value.to_le_bytes());
    } else {
        let bytes = big_integer(text)?.to_signed_bytes_le();
        match u8::try_from(bytes.len()) {
            Ok(length) => out.extend([op::LONG1, length]),
            Err(_) => {
                out.push(op::LONG4);
                // There are fewer bytes than digits.
                out.extend((bytes.len() as u32).to_le_bytes());
            }
        }
        out.extend(bytes);
    }
    Ok(())
}

fn big_integer(text: &str) -> Result<BigInt, DumpError> {
    let digits = text.trim_start_matches('-').len();
    let value = if digits > MAX_DIGITS { None } else { text.parse().ok() };
    value.ok_or_else(|| DumpError::unsupported("an integer of too many digits"))
}

fn string(quoted: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let text =
        json::unquote(quoted).ok_or_else(|| DumpError::unsupported("a string with a lone surrogate"))?;
    match u8::try_from(text.len()) {
        Ok(length) => out.extend([op::SHORT_BINUNICODE, length]),
        Err(_) => {
            let too_long = |_| DumpError::unsupported("a string of more than 4 GiB");
            let length = u32::try_from(text.len()).map_err(too_long)?;
            out.push(op::BINUNICODE);
            out.extend(length.to_le_bytes());
        }
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
