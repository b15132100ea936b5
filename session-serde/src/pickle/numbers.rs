//! Numbers in text. Those in a pickle are read as CPython reads them: it ignores what follows a NUL in a line, and an
//! integer may have white space at both ends.

use num_bigint::BigInt;
use session_core::json;

use super::{MAX_DIGITS, too_many_digits};
use crate::error::DumpError;

/// A number of a JSON text, as a pickle stores it.
pub(super) enum Number {
    Int(i64),
    /// Little-endian two's complement
    Long(Vec<u8>),
    Float(f64),
}

/// Returns the number of a JSON text, which can also be NaN or an infinity, as Python's `json` writes it.
pub(super) fn json_number(text: &str) -> Result<Number, DumpError> {
    if let Some(constant) = json::parse_constant(text) {
        return Ok(Number::Float(constant));
    }
    if text.contains(['.', 'e', 'E']) {
        let value = text.parse().ok().filter(|value: &f64| value.is_finite());
        return value.map(Number::Float).ok_or_else(|| DumpError::unsupported("a float is out of range"));
    }
    if let Ok(small) = text.parse() {
        return Ok(Number::Int(small));
    }
    let digits = text.trim_start_matches('-').len();
    let value: Option<BigInt> = if digits > MAX_DIGITS { None } else { text.parse().ok() };
    let value = value.ok_or_else(|| DumpError::unsupported(too_many_digits()))?;
    Ok(Number::Long(value.to_signed_bytes_le()))
}

/// Returns the integer or bool that the opcode `INT` reads. CPython first tries C's `strtol`, which knows octal
/// numbers. If `strtol` returns 0 or 1 for a line of two bytes, such as `00` or `01`, the value is a bool.
pub(super) fn int_opcode(line: &[u8]) -> Option<Int> {
    match strtol(before_nul(line)?) {
        Some(value @ (0 | 1)) if line.len() == 2 => Some(Int::Bool(value == 1)),
        Some(value) => Some(Int::Number(value.into())),
        // If a line starts with a NUL, C's `strtol` returns 0, and CPython accepts this. Our `strtol` returns `None`
        // for the empty text before the NUL.
        None if line.starts_with(b"\0") => {
            Some(if line.len() == 2 { Int::Bool(false) } else { Int::Number(0.into()) })
        }
        None => long_opcode(line).map(Int::Number),
    }
}

/// A value of the opcode `INT`.
#[derive(Debug, PartialEq)]
pub(super) enum Int {
    Bool(bool),
    Number(BigInt),
}

/// Returns the integer that the opcode `LONG` reads. `line` has the integer in Python's syntax, without the final `L`.
pub(super) fn long_opcode(line: &[u8]) -> Option<BigInt> {
    let (is_negative, digits) = sign_and_digits(before_nul(line)?);
    let value = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => natural(prefixed(digits), 16),
        [b'0', b'o' | b'O', ..] => natural(prefixed(digits), 8),
        [b'0', b'b' | b'B', ..] => natural(prefixed(digits), 2),
        [b'0', rest @ ..] if rest.iter().any(|&byte| byte != b'0' && byte != b'_') => None,
        _ => natural(digits, 10),
    }?;
    Some(if is_negative { -value } else { value })
}

/// Returns the memo key that the text opcodes `GET` and `PUT` read.
pub(super) fn memo_key(line: &[u8]) -> Option<usize> {
    let (is_negative, digits) = sign_and_digits(before_nul(line)?);
    let key = i64::try_from(natural(digits, 10)?).ok()?;
    if is_negative && key != 0 { None } else { usize::try_from(key).ok() }
}

/// Returns the number that the opcode `FLOAT` reads. A number that is too large for a float is an error, as in CPython.
pub(super) fn float_opcode(line: &[u8]) -> Option<f64> {
    let text = before_nul(line)?;
    let value: f64 = text.parse().ok()?;
    let is_too_large = value.is_infinite() && text.contains(|char: char| char.is_ascii_digit());
    if is_too_large { None } else { Some(value) }
}

fn before_nul(line: &[u8]) -> Option<&str> {
    let end = line.iter().position(|&byte| byte == 0).unwrap_or(line.len());
    str::from_utf8(&line[..end]).ok()
}

/// Parses a text as C's `strtol` with base 0 does. Returns `None` unless the whole text is a number that fits into 64
/// bits.
fn strtol(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(is_space);
    let (sign, digits) = text.split_at(text.starts_with(['+', '-']).into());
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', ..] => (8, digits),
        _ => (10, digits),
    };
    let is_number = digits.chars().all(|char| char.is_digit(radix));
    i64::from_str_radix(&format!("{sign}{digits}"), radix).ok().filter(|_| is_number)
}

/// Returns whether a number is negative, and its digits.
fn sign_and_digits(text: &str) -> (bool, &str) {
    let text = text.trim_matches(is_space);
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Returns the digits after a prefix such as `0x`. An underscore may stand between the prefix and the digits.
fn prefixed(digits: &str) -> &str {
    digits[2..].strip_prefix('_').unwrap_or(&digits[2..])
}

/// Parses digits, which may have single underscores between them.
fn natural(digits: &str, radix: u32) -> Option<BigInt> {
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|char| char.is_digit(radix));
    if digits.split('_').all(is_number) {
        BigInt::parse_bytes(digits.replace('_', "").as_bytes(), radix)
    } else {
        None
    }
}

/// Returns whether C's `isspace` holds.
fn is_space(char: char) -> bool {
    matches!(char, '\t'..='\r' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results are those of `pickle.loads` in CPython 3.11.
    #[test]
    fn integers_are_read_as_in_cpython() {
        for (line, int, long) in [
            (&b"7"[..], Some(7), Some(7)),
            (b"-12", Some(-12), Some(-12)),
            (b" +7", Some(7), Some(7)),
            (b"7 ", Some(7), Some(7)),
            (b"\x0b\x0c7", Some(7), Some(7)),
            (b"0x1F", Some(31), Some(31)),
            (b"0X_1f", Some(31), Some(31)),
            (b"0o17", Some(15), Some(15)),
            (b"0B11", Some(3), Some(3)),
            (b"1_000", Some(1000), Some(1000)),
            (b"0", Some(0), Some(0)),
            (b"000", Some(0), Some(0)),
            (b"0_0", Some(0), Some(0)),
            (b"017", Some(15), None),
            (b"017 ", None, None),
            (b"019", None, None),
            (b"7\0x", Some(7), Some(7)),
            (b"017\0", Some(15), None),
            (b"7\0\xff", Some(7), Some(7)),
            (b"\0", Some(0), None),
            (b" \0", None, None),
            (b"-", None, None),
            (b"+-7", None, None),
            (b"- 7", None, None),
            (b"0x", None, None),
            (b"0x-7", None, None),
            (b"1__0", None, None),
            (b"_1", None, None),
            (b"1_", None, None),
            (b"7a", None, None),
            (b"\xd9\xa7", None, None),
            (b"\xff", None, None),
        ] {
            let shown = line.escape_ascii();
            assert_eq!(int_opcode(line), int.map(|int| Int::Number(int.into())), "{shown}");
            assert_eq!(long_opcode(line), long.map(BigInt::from), "{shown}");
        }
        let large = BigInt::from(u64::MAX);
        assert_eq!(int_opcode(b"18446744073709551615"), Some(Int::Number(large.clone())));
        assert_eq!(long_opcode(b"-0xffffffffffffffff"), Some(-large));
        for (line, value) in [
            (b"00", false),
            (b"01", true),
            (b" 1", true),
            (b"+1", true),
            (b"-0", false),
            (b"1\0", true),
            (b"\0x", false),
        ] {
            assert_eq!(int_opcode(line), Some(Int::Bool(value)), "{}", line.escape_ascii());
        }
        assert_eq!(int_opcode(b"1 "), Some(Int::Number(1.into())));
    }

    #[test]
    fn memo_keys_are_read_as_in_cpython() {
        for (line, key) in [
            (&b"12"[..], Some(12)),
            (b"012", Some(12)),
            (b" +1_2 ", Some(12)),
            (b"-0", Some(0)),
            (b"12\0x", Some(12)),
            (b"-1", None),
            (b"0x1", None),
            (b"", None),
            (b"99999999999999999999", None),
        ] {
            assert_eq!(memo_key(line), key, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn floats_are_read_as_in_cpython() {
        for line in [&b"1.5"[..], b"1.5\0x", b"+1.5", b"15e-1", b"0001.5"] {
            assert_eq!(float_opcode(line), Some(1.5), "{}", line.escape_ascii());
        }
        assert_eq!(float_opcode(b"-Infinity"), Some(f64::NEG_INFINITY));
        assert!(float_opcode(b"-nan").is_some_and(f64::is_nan));
        for line in [&b"1.5 "[..], b" 1.5", b"1_0.5", b"1e400", b"0x1p3", b"", b"\0", b"1\xff"] {
            assert_eq!(float_opcode(line), None, "{}", line.escape_ascii());
        }
    }
}
