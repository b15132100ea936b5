//! Scans JSON numbers and reads their values.

use std::ops::Range;

use super::scan::{Result, SYNTAX, Scanner};

impl Scanner<'_> {
    /// Reads the next number, and returns its span.
    #[inline(always)]
    pub(crate) fn number(&mut self) -> Result<Range<usize>> {
        self.peek();
        let start = self.pos;
        self.pos += usize::from(self.text.get(start) == Some(&b'-'));
        if self.text.get(self.pos) == Some(&b'0') {
            self.pos += 1;
        } else {
            self.digits()?;
        }
        if let Some(b'.' | b'e' | b'E') = self.text.get(self.pos) {
            self.fraction()?;
        }
        Ok(start..self.pos)
    }

    fn fraction(&mut self) -> Result<()> {
        if self.text.get(self.pos) == Some(&b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.pos) {
            self.pos += 1;
            self.pos += usize::from(matches!(self.text.get(self.pos), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    #[inline(always)]
    fn digits(&mut self) -> Result<()> {
        let digits = self.text[self.pos..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.pos += digits;
        if digits == 0 { Err(SYNTAX) } else { Ok(()) }
    }

    /// Reads the next number, and returns its value. The value of a number too large for an `f64` is infinite.
    pub(crate) fn float(&mut self) -> Result<f64> {
        self.peek();
        if let Some((value, len)) = short_decimal(&self.text[self.pos..]) {
            self.pos += len;
            return Ok(value);
        }
        let number = self.number()?;
        let number = std::str::from_utf8(&self.text[number]).map_err(|_| SYNTAX)?;
        number.parse().map_err(|_| SYNTAX)
    }
}

/// Number of decimal digits that always fit into a `u64`.
const MAX_DIGITS: usize = 19;

/// Returns the number at the beginning of `text` and its length, or `None` if the fast path does not apply.
///
/// The fast path divides the integer formed by all digits by a power of ten. If both are exact as `f64`, this single
/// division gives the nearest `f64` (Clinger, 1990). The path applies to numbers of at most 19 digits, without sign and
/// exponent, whose digits form an integer of at most 2^53. Most timestamps are such numbers. The standard library takes
/// several times as long to parse these.
fn short_decimal(text: &[u8]) -> Option<(f64, usize)> {
    const EXACT: u64 = 1 << 53;

    let (whole, whole_len) = digits(0, text);
    let (value, places, len) = match text.get(whole_len) {
        Some(b'.') => {
            let (value, places) = digits(whole, &text[whole_len + 1..]);
            (value, places, whole_len + 1 + places)
        }
        _ => (whole, 0, whole_len),
    };
    let is_valid = match text {
        [b'0', ..] => whole_len == 1,
        _ => whole_len > 0,
    } && (places > 0 || len == whole_len);
    let has_exponent = matches!(text.get(len), Some(b'e' | b'E'));
    if !is_valid || has_exponent || whole_len + places > MAX_DIGITS || value > EXACT {
        return None;
    }
    Some((value as f64 / POWERS[places], len))
}

/// The powers of ten up to 10^19, which an `f64` holds exactly.
const POWERS: [f64; MAX_DIGITS + 1] = {
    let mut powers = [1.0; MAX_DIGITS + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = 10.0 * powers[exponent - 1];
        exponent += 1;
    }
    powers
};

/// Appends the digits at the beginning of `text` to the digits of `value`. Returns the new value and the number of
/// digits read.
fn digits(mut value: u64, text: &[u8]) -> (u64, usize) {
    let mut len = 0;
    while let Some(digit @ b'0'..=b'9') = text.get(len) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        len += 1;
    }
    (value, len)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The standard library is the oracle for the value, serde_json for the grammar.
        #[test]
        fn any_number_reads_as_nearest_float(
            text in "-?(0|[0-9]{1,20})(\\.[0-9]{0,20})?([eE][+-]?[0-9]{0,3})?|[0-9]{10}\\.[0-9]{1,7}",
        ) {
            let oracle: Option<f64> = serde_json::from_str::<serde::de::IgnoredAny>(&text)
                .ok()
                .and_then(|_| text.parse().ok());
            let mut scanner = Scanner::new(&text);
            let read = scanner.float().and_then(|value| scanner.end().map(|()| value)).ok();
            prop_assert_eq!(read.map(f64::to_bits), oracle.map(f64::to_bits), "{:?}", text);
        }
    }

    #[test]
    fn short_decimal_reads_only_exact_plain_decimals() {
        for (text, short) in [
            ("1700000000", true),
            ("1700000000.123456", true),
            ("9007199254740992", true),
            ("9007199254740993", false),
            ("1700000000.1234567", false),
            ("0.0000000000000000001", false),
            ("0.000000000000000001", true),
            ("18446744073709551617", false),
            ("184467440737095516170", false),
            ("0", true),
            ("01", false),
            ("0.5", true),
            ("00.5", false),
            (".5", false),
            ("5.", false),
            ("5.e1", false),
            ("5e1", false),
            ("5.0E1", false),
            ("-5", false),
            ("", false),
        ] {
            assert_eq!(short_decimal(text.as_bytes()).is_some(), short, "{text:?}");
        }
        assert_eq!(short_decimal(b"1700000000.123456, 1"), Some((1_700_000_000.123456, 17)));
    }
}
