//! Writes the JSON text that Python's `json.dumps` writes.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::finite::{constant, is_finite};

/// Returns the text that Python's `json.dumps` writes for the same value: with `", "` and `": "` as separators, in
/// ASCII, and with floats in the spelling of `repr`.
///
/// This is not the shortest JSON text. But Pyramid writes the same session in the same number of bytes. So a cookie
/// that is small enough when this library sends it is also small enough when Pyramid re-issues it.
///
/// # Errors
/// Returns an error if the value's `Serialize` fails, a map has keys that JSON cannot hold, or a float is NaN or
/// infinite.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String, UnwritableValue> {
    let mut out = Vec::with_capacity(64);
    write(&mut out, value)?;
    String::from_utf8(out).map_err(|_| UnwritableValue(()))
}

/// Appends the text of [`to_string`] to `out`.
///
/// # Errors
/// Returns the same errors as [`to_string`]. After an error, `out` ends with a part of the text.
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), UnwritableValue> {
    let start = out.len();
    value.serialize(&mut Serializer::with_formatter(&mut *out, Python)).map_err(|_| UnwritableValue(()))?;
    // serde_json writes `null` for NaN and the infinities, but also for `None`. So look for such floats in the value.
    let may_have_nan = memchr::memmem::find(&out[start..], b"null").is_some();
    if may_have_nan && !is_finite(value) { Err(UnwritableValue(())) } else { Ok(()) }
}

/// Error returned when a value cannot be written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnwritableValue(());

impl std::fmt::Display for UnwritableValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON cannot hold the value")
    }
}

impl std::error::Error for UnwritableValue {}

/// Appends a float as Python's `json` writes it: `1e-05`, `1e+16`, `2.0`. NaN and the infinities become `NaN`,
/// `Infinity` and `-Infinity`, which are not valid JSON.
pub fn write_f64(out: &mut Vec<u8>, value: f64) {
    match constant(value) {
        Some(constant) => out.extend_from_slice(constant.as_bytes()),
        None => out.extend_from_slice(FloatRepr::new(value).as_bytes()),
    }
}

/// The spelling of a finite float in Python. If the absolute value is below 1e-4 (except 0) or at least 1e16, the
/// spelling has an exponent with a sign and at least two digits.
struct FloatRepr {
    digits: zmij::Buffer,
    value: f64,
    exponential: Option<String>,
}

impl FloatRepr {
    fn new(value: f64) -> Self {
        let plain = value == 0.0 || (1e-4..1e16).contains(&value.abs());
        let exponential = (!plain).then(|| {
            let repr = format!("{value:e}");
            let (digits, exponent) = repr.split_once('e').unwrap_or((&repr, "0"));
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
            format!("{digits}e{sign}{exponent:0>2}")
        });
        Self { digits: zmij::Buffer::new(), value, exponential }
    }

    fn as_bytes(&mut self) -> &[u8] {
        match &self.exponential {
            Some(text) => text.as_bytes(),
            None => self.digits.format_finite(self.value).as_bytes(),
        }
    }
}

/// The separators, floats and escapes of Python's `json.dumps`.
struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.begin_array_value(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(FloatRepr::new(value).as_bytes())
    }

    fn write_f32<W: ?Sized + io::Write>(&mut self, out: &mut W, value: f32) -> io::Result<()> {
        // Write the shortest digits that identify the `f32`. The same number as an `f64` often needs more digits.
        let shortest = zmij::Buffer::new().format_finite(value).parse().unwrap_or(f64::from(value));
        self.write_f64(out, shortest)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| byte >= 0x7f) {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut chars = rest[at..].chars();
            for unit in chars.next().unwrap_or_default().encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = chars.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}
