//! The validating scanner for JSON text. By default, it accepts only what RFC 8259 allows.

use std::ops::Range;

use memchr::memchr2;

use crate::malformed_record::{Kind, MalformedRecord};

/// Maximum nesting depth of lists and objects in a record.
pub const MAX_DEPTH: usize = 128;

/// Number of lists and objects that contain the state. There is only one, the list of the record.
pub(crate) const STATE_DEPTH: usize = 1;

/// Maximum nesting depth of lists and objects in the value of an entry, 126. The record's list and the state's object
/// are the other two levels of a record. serde_json reads up to 127 levels, so it can read each value.
pub const MAX_VALUE_DEPTH: usize = MAX_DEPTH - (STATE_DEPTH + 1);

/// A scanner that finds the spans of values in a JSON text without building the values.
///
/// [`value`](Self::value) accepts exactly the JSON values of RFC 8259, up to a nesting depth of [`MAX_DEPTH`]. For
/// example, it rejects `NaN`, trailing commas, and control characters in strings. After
/// [`with_constants`](Self::with_constants), it also accepts NaN and the infinities, as Python writes them.
/// [`object`](Self::object) is less strict.
pub(crate) struct Scanner<'t> {
    pub(super) text: &'t [u8],
    pub(super) pos: usize,
    has_constants: bool,
}

/// The spans of a member of an object.
pub(crate) struct Member {
    /// The span of the key, including the quotes.
    pub(crate) key: Range<usize>,
    /// Whether the key has escapes.
    pub(crate) escaped: bool,
    /// The span of the value.
    pub(crate) value: Range<usize>,
}

pub(super) type Result<T> = std::result::Result<T, MalformedRecord>;

pub(super) const SYNTAX: MalformedRecord = MalformedRecord(Kind::NotJson);

/// The open lists and objects at a position, as a stack of bits. A set bit is an object.
struct Nesting {
    objects: u128,
    depth: usize,
}

const _: () = assert!(MAX_DEPTH <= u128::BITS as usize);

impl Nesting {
    fn open(&mut self, is_object: bool) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(MalformedRecord(Kind::TooDeep));
        }
        self.depth += 1;
        self.objects = (self.objects << 1) + u128::from(is_object);
        Ok(())
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.objects >>= 1;
    }
}

/// Number of bytes of a string that are checked one by one before memchr is called. Most strings are shorter.
pub(super) const SHORT_STRING: usize = 16;

/// The bytes other than quotes, backslashes and control characters.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self::resume(text, 0)
    }

    pub(crate) fn resume(text: &'t str, pos: usize) -> Self {
        Self { text: text.as_bytes(), pos, has_constants: false }
    }

    /// Returns a scanner that accepts `NaN`, `Infinity` and `-Infinity` as values.
    pub(crate) fn with_constants(self) -> Self {
        Self { has_constants: true, ..self }
    }

    /// Skips white space, and returns the next byte.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.pos) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.pos += 1;
        }
        None
    }

    pub(crate) fn position(&self) -> usize {
        self.pos
    }

    #[inline(always)]
    pub(crate) fn expect(&mut self, byte: u8) -> Result<()> {
        if self.peek() != Some(byte) {
            return Err(SYNTAX);
        }
        self.pos += 1;
        Ok(())
    }

    pub(crate) fn end(&mut self) -> Result<()> {
        if self.peek().is_some() { Err(SYNTAX) } else { Ok(()) }
    }

    /// Reads the next member. Its value is nested in `depth` lists and objects.
    pub(crate) fn member(&mut self, depth: usize) -> Result<Member> {
        let (key, escaped) = self.key()?;
        Ok(Member { key, escaped, value: self.value_at(depth)? })
    }

    /// Reads the next key, and the colon after it. Returns the span of the key and whether it has escapes.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Result<(Range<usize>, bool)> {
        self.peek();
        let start = self.pos;
        let escaped = self.string()?;
        let key = start..self.pos;
        self.expect(b':')?;
        Ok((key, escaped))
    }

    /// Reads the comma or the closing bracket after a member or an element. Returns whether it is a comma.
    #[inline(always)]
    pub(crate) fn another(&mut self, close: u8) -> Result<bool> {
        let byte = self.peek().ok_or(SYNTAX)?;
        self.pos += 1;
        if byte == b',' {
            Ok(true)
        } else if byte == close {
            Ok(false)
        } else {
            Err(SYNTAX)
        }
    }

    /// Reads the next value, and returns its span.
    pub(crate) fn value(&mut self) -> Result<Range<usize>> {
        self.value_at(0)
    }

    /// Reads the next value, which is nested in `depth` lists and objects. Returns its span.
    pub(crate) fn value_at(&mut self, depth: usize) -> Result<Range<usize>> {
        self.peek();
        let start = self.pos;
        let mut nesting = Nesting { objects: 0, depth };
        loop {
            match self.peek() {
                Some(b'"') => _ = self.string()?,
                Some(b'-') if self.has_constants && self.text.get(self.pos + 1) == Some(&b'I') => {
                    self.literal(b"-Infinity")?;
                }
                Some(b'-' | b'0'..=b'9') => _ = self.number()?,
                Some(bracket @ (b'{' | b'[')) => {
                    nesting.open(bracket == b'{')?;
                    self.pos += 1;
                    // In ASCII, a closing bracket is two code points after its opening bracket.
                    if self.peek() != Some(bracket + 2) {
                        self.key_in(&nesting)?;
                        continue;
                    }
                    self.pos += 1;
                    nesting.close();
                }
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                Some(b'N') if self.has_constants => self.literal(b"NaN")?,
                Some(b'I') if self.has_constants => self.literal(b"Infinity")?,
                _ => return Err(SYNTAX),
            }
            // Read the closing brackets after the value, up to a comma.
            while nesting.depth > depth {
                if self.another(if nesting.in_object() { b'}' } else { b']' })? {
                    self.key_in(&nesting)?;
                    break;
                }
                nesting.close();
            }
            if nesting.depth == depth {
                return Ok(start..self.pos);
            }
        }
    }

    /// Reads the key before a value, if the value is in an object.
    #[inline(always)]
    fn key_in(&mut self, nesting: &Nesting) -> Result<()> {
        if nesting.in_object() {
            self.key()?;
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<()> {
        if !self.text[self.pos..].starts_with(word) {
            return Err(SYNTAX);
        }
        self.pos += word.len();
        Ok(())
    }

    /// Reads a string. Returns whether it has escapes.
    #[inline(always)]
    fn string(&mut self) -> Result<bool> {
        if self.text.get(self.pos) != Some(&b'"') {
            return Err(SYNTAX);
        }
        self.pos += 1;
        let short_end = self.pos + SHORT_STRING;
        loop {
            match self.text.get(self.pos) {
                Some(&byte) if PLAIN[usize::from(byte)] => self.pos += 1,
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(false);
                }
                _ => return self.rest_of_string(),
            }
            if self.pos == short_end {
                return self.rest_of_string();
            }
        }
    }

    fn rest_of_string(&mut self) -> Result<bool> {
        let mut escaped = false;
        loop {
            let rest = &self.text[self.pos..];
            let plain = plain_len(rest)?;
            self.pos += plain + 1;
            if rest[plain] == b'"' {
                return Ok(escaped);
            }
            self.escape()?;
            escaped = true;
        }
    }

    /// Reads the escape after a backslash.
    fn escape(&mut self) -> Result<()> {
        self.pos += match self.text.get(self.pos) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 1,
            Some(b'u') => {
                let hex = self.text.get(self.pos + 1..self.pos + 5).ok_or(SYNTAX)?;
                if !hex.iter().all(u8::is_ascii_hexdigit) {
                    return Err(SYNTAX);
                }
                5
            }
            _ => return Err(SYNTAX),
        };
        Ok(())
    }
}

/// Returns the number of bytes before the next quote or backslash in `rest`, the rest of a text from a position inside
/// a string. Returns an error if `rest` has neither, or if a control character is among these bytes.
fn plain_len(rest: &[u8]) -> Result<usize> {
    let end = memchr2(b'"', b'\\', rest).ok_or(SYNTAX)?;
    // The fold has no early exit, so that the compiler can use vector instructions.
    let has_controls = rest[..end].iter().fold(false, |found, &byte| found | (byte < 0x20));
    if has_controls { Err(SYNTAX) } else { Ok(end) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Kind, MAX_DEPTH, MalformedRecord, Scanner};

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.value().and_then(|_| scanner.end()).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// serde_json is the oracle. The alphabet consists of pieces of JSON, so many texts are valid or almost valid.
        #[test]
        fn scanner_accepts_same_text_as_serde_json(text in r#"([\[\]{}:, \n]|"a"|"\\u00e9"|"\\[a-z]"|"[\x00-\x7f]"|-|0|12|\.|[eE]|\+|true|null|fals|NaN){0,12}"#) {
            let oracle = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(accepts(&text), oracle, "{:?}", text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The oracle is serde_json, which gets `null` in place of each constant.
        #[test]
        fn scanner_with_constants_accepts_nan_and_infinities_as_values(
            text in r#"([\[\]{}:, ]|"a"|-|12|null|NaN|Na|Infinity|-Infinity){0,12}"#,
        ) {
            let mut scanner = Scanner::new(&text).with_constants();
            let accepts = scanner.value().and_then(|_| scanner.end()).is_ok();
            let replaced = text.replace("-Infinity", "null").replace("Infinity", "null").replace("NaN", "null");
            let oracle = serde_json::from_str::<serde::de::IgnoredAny>(&replaced).is_ok();
            prop_assert_eq!(accepts, oracle, "{:?}", text);
        }
    }

    /// Puts quotes, escapes, control characters and others at each offset of a string. The offsets are on both sides of
    /// `SHORT_STRING` and of the size of a machine word.
    #[test]
    fn special_byte_is_found_anywhere_in_string() {
        for length in 0..40 {
            for at in 0..=length {
                for special in [
                    "", "\"", "\\", "\\n", "\\u00e9", "\\u00g9", "\\x", "\n", "\n\n", "\u{1f}", "\0",
                    "\u{7f}", "é", ", \"b",
                ] {
                    let string = format!("\"{}{special}{}\"", "a".repeat(at), "a".repeat(length - at));
                    for text in [string.clone(), format!("[{string}, 1]"), format!("{{{string}: {string}}}")]
                    {
                        let oracle = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
                        assert_eq!(accepts(&text), oracle, "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn nan_and_infinity_are_not_json() {
        for text in ["NaN", "Infinity", "-Infinity", "[1, NaN]"] {
            assert!(!accepts(text), "{text}");
        }
    }

    #[test]
    fn too_deep_document_is_an_error() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(accepts(&nested(MAX_DEPTH)));
        for depth in [MAX_DEPTH + 1, 1_000_000] {
            let error = MalformedRecord(Kind::TooDeep);
            assert_eq!(Scanner::new(&nested(depth)).value(), Err(error), "{depth}");
        }
    }
}
