//! From JSON text to pickle.

use std::ops::Range;

use num_bigint::BigInt;
use session_core::json::{self, Json};

use super::{MAX_DIGITS, opcodes as op};
use crate::error::DumpError;

/// Readable since Python 3.4.
const PROTOCOL: u8 = 4;

/// Bytes of a frame's content below which, and from which on, CPython writes it in another way.
const FRAME_SIZES: Range<usize> = 4..64 * 1024;

/// How many parts CPython adds to a container at once.
const BATCH: usize = 1000;

/// Appends the pickle of a JSON text: the bytes that CPython writes, if no object is in it twice and it is no larger
/// than a frame. What a session needs is then the same on both sides.
pub(super) fn from_json(json: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let json = parse(json)?;
    framed(out, |out| value(json, out))
}

/// As [`from_json`] for the JSON text of a record, a list of three: as with Pyramid, a tuple.
pub(super) fn from_record_json(json: &str, out: &mut Vec<u8>) -> Result<(), DumpError> {
    let json = parse(json)?;
    framed(out, |out| {
        if let Json::Array(parts) = json {
            parts.values().try_for_each(|part| value(part, out))?;
        }
        out.extend([op::TUPLE3, op::MEMOIZE]);
        Ok(())
    })
}

fn framed(
    out: &mut Vec<u8>,
    content: impl FnOnce(&mut Vec<u8>) -> Result<(), DumpError>,
) -> Result<(), DumpError> {
    out.extend([op::PROTO, PROTOCOL]);
    let header = out.len()..out.len() + 9;
    out.push(op::FRAME);
    out.extend([0; 8]);
    content(out)?;
    out.push(op::STOP);
    let size = out.len() - header.end;
    if FRAME_SIZES.contains(&size) {
        out[header.start + 1..header.end].copy_from_slice(&(size as u64).to_le_bytes());
    } else {
        out.drain(header);
    }
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
            container([op::EMPTY_LIST, op::APPEND, op::APPENDS], elements.values(), out, value)?;
        }
        Json::Object(members) => {
            let member = |(key, member): (&str, Json<'_>), out: &mut Vec<u8>| {
                string(key, out)?;
                value(member, out)
            };
            container([op::EMPTY_DICT, op::SETITEM, op::SETITEMS], members.values(), out, member)?;
        }
    }
    Ok(())
}

fn container<T>(
    [empty, add_one, add_many]: [u8; 3],
    parts: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    write: impl Fn(T, &mut Vec<u8>) -> Result<(), DumpError>,
) -> Result<(), DumpError> {
    out.extend([empty, op::MEMOIZE]);
    let mut parts = parts.peekable();
    let mut is_first = true;
    while let Some(first) = parts.next() {
        if is_first && parts.peek().is_none() {
            write(first, out)?;
            out.push(add_one);
            break;
        }
        out.push(op::MARK);
        write(first, out)?;
        parts.by_ref().take(BATCH - 1).try_for_each(|part| write(part, out))?;
        out.push(add_many);
        is_first = false;
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
    out.push(op::MEMOIZE);
    Ok(())
}
