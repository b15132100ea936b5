//! Writing JSON texts as pickles. The bytes are those that CPython writes for the same values, if no object occurs in
//! them twice.

use session_core::json::{self, Json};

use super::emit::Emitter;
use super::fill::{DICT, Fill, LIST, Part};
use crate::error::DumpError;
use crate::pickle::numbers::{Number, json_number};

/// Appends the value that a JSON text describes.
pub(super) fn value(text: &str, emit: &mut Emitter<'_>) -> Result<(), DumpError> {
    let json = Json::parse_python(text).map_err(DumpError::caused_by)?;
    of_json(json, emit)
}

/// Appends a JSON value. The recursion is bounded, because the parser limits the nesting of JSON texts.
fn of_json(json: Json<'_>, emit: &mut Emitter<'_>) -> Result<(), DumpError> {
    emit.boundary();
    match json {
        Json::Null => emit.none(),
        Json::Bool(value) => emit.bool(value),
        Json::Number(text) => match json_number(text)? {
            Number::Int(value) => emit.int(value),
            Number::Long(bytes) => emit.long(&bytes),
            Number::Float(value) => emit.float(value),
        },
        Json::String(quoted) => string(quoted, emit)?,
        Json::Array(elements) => {
            emit.empty_list();
            emit.memoize();
            let elements: Vec<Json<'_>> = elements.values().collect();
            fill(LIST, elements, emit, of_json)?;
        }
        Json::Object(members) => {
            emit.empty_dict();
            emit.memoize();
            let members: Vec<(&str, Json<'_>)> = members.values().collect();
            fill(DICT, members, emit, |(key, value), emit| {
                string(key, emit)?;
                of_json(value, emit)
            })?;
        }
    }
    Ok(())
}

fn fill<T>(
    fill: Fill,
    values: Vec<T>,
    emit: &mut Emitter<'_>,
    mut write: impl FnMut(T, &mut Emitter<'_>) -> Result<(), DumpError>,
) -> Result<(), DumpError> {
    for part in fill.parts(emit.protocol(), values.into_iter()) {
        match part {
            Part::Op(opcode) => emit.op(opcode),
            Part::Value(value) => write(value, emit)?,
        }
    }
    Ok(())
}

/// Appends a string that is given as a quoted JSON string.
pub(super) fn string(quoted: &str, emit: &mut Emitter<'_>) -> Result<(), DumpError> {
    emit.boundary();
    let text =
        json::unquote(quoted).ok_or_else(|| DumpError::unsupported("a string has a lone surrogate"))?;
    if u32::try_from(text.len()).is_err() {
        return Err(DumpError::unsupported("a string is 4 GiB or longer"));
    }
    emit.str(text.as_bytes());
    emit.memoize();
    Ok(())
}
