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
        Json::Array(elements) => {
            out.extend([op::EMPTY_LIST, op::MARK]);
            elements.values().try_for_each(|element| value(element, out))?;
            out.push(op::APPENDS);
        }
        Json::Object(members) => {
            out.extend([op::EMPTY_DICT, op::MARK]);
            for (key, member) in members.values() {
                string(key, out)?;
                value(member, out)?;
            }
            out.push(op::SETITEMS);
        }
    }
    Ok(())
}

fn float(text: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| DumpError::unsupported("a float out of range"))?;
    out.push(op::BINFLOAT);
    out.extend(value.to_be_bytes());
    Ok(())
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
        let too_many_digits = || DumpError::unsupported("an integer of too many digits");
        if text.trim_start_matches('-').len() > MAX_DIGITS {
            return Err(too_many_digits());
        }
        let value: BigInt = text.parse().map_err(|_| too_many_digits())?;
        let bytes = value.to_signed_bytes_le();
        match u8::try_from(bytes.len()) {
            Ok(length) => out.extend([op::LONG1, length]),
            Err(_) => {
                out.push(op::LONG4);
                // As few as the digits, which were counted.
                out.extend((bytes.len() as u32).to_le_bytes());
            }
        }
        out.extend(bytes);
    }
    Ok(())
}

fn string(quoted: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let text = json::unquote(quoted).ok_or_else(|| DumpError::unsupported("a string with a lone surrogate"))?;
    match u8::try_from(text.len()) {
        Ok(length) => out.extend([op::SHORT_BINUNICODE, length]),
        Err(_) => {
            out.push(op::BINUNICODE8);
            out.extend((text.len() as u64).to_le_bytes());
        }
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
