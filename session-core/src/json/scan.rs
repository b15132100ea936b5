use std::ops::Range;

use memchr::memchr2;

use crate::error::{Fault, MalformedRecord};

/// How deeply lists and objects may be nested: the record's own list is one of them, the state's object the next. Thus
/// serde_json, which goes one level less deep, can read whatever a state may hold.
pub const MAX_DEPTH: usize = 128;

/// Lists and objects around a state: the record's list.
pub(crate) const AROUND_STATE: usize = 1;

/// Where things are in a JSON text, by the letter of RFC 8259, without building anything.
///
/// It takes any valid document and refuses any other: `NaN`, a trailing comma, a bare control character in a string.
pub(crate) struct Scanner<'t> {
    pub(super) text: &'t [u8],
    pub(super) pos: usize,
}

/// Where a member of an object is.
pub(crate) struct Member {
    /// The key with its quotes.
    pub(crate) key: Range<usize>,
    /// Whether the key has escapes.
    pub(crate) escaped: bool,
    pub(crate) value: Range<usize>,
}

pub(super) type Result<T> = std::result::Result<T, MalformedRecord>;

pub(super) const SYNTAX: MalformedRecord = MalformedRecord(Fault::NotJson);

/// The lists and objects that are open around a place: their kinds as the bits of a stack.
struct Nesting {
    objects: u128,
    depth: usize,
}

const _: () = assert!(MAX_DEPTH <= u128::BITS as usize);

impl Nesting {
    fn open(&mut self, is_object: bool) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(MalformedRecord(Fault::TooDeep));
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

/// How far a string is looked at byte by byte, as most are short, before it is worth a call of memchr.
pub(super) const SHORT: usize = 16;

/// Is this neither a quote, nor a backslash, nor a control character?
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
        Self { text: text.as_bytes(), pos }
    }

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

    /// One `"key": value` of an object, which is the last of `depth` lists and objects.
    pub(crate) fn member(&mut self, depth: usize) -> Result<Member> {
        let (key, escaped) = self.key()?;
        Ok(Member { key, escaped, value: self.value_at(depth)? })
    }

    /// Reads the key that is next, and the colon after it. Returns the key's span, and whether it has escapes.
    #[inline(always)]
    pub(super) fn key(&mut self) -> Result<(Range<usize>, bool)> {
        self.peek();
        let start = self.pos;
        let escaped = self.string()?;
        let key = start..self.pos;
        self.expect(b':')?;
        Ok((key, escaped))
    }

    /// After a member or an element: is there a comma, or the closing bracket?
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

    /// The span of the value that is next, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Range<usize>> {
        self.value_at(0)
    }

    /// The same within `depth` lists and objects.
    pub(crate) fn value_at(&mut self, depth: usize) -> Result<Range<usize>> {
        self.peek();
        let start = self.pos;
        let mut nesting = Nesting { objects: 0, depth };
        loop {
            match self.peek() {
                Some(b'"') => _ = self.string()?,
                Some(b'-' | b'0'..=b'9') => _ = self.number()?,
                Some(bracket @ (b'{' | b'[')) => {
                    nesting.open(bracket == b'{')?;
                    self.pos += 1;
                    // In ASCII, a closing bracket is two after the one that opens.
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
                _ => return Err(SYNTAX),
            }
            // After a value: what it closes, and what comes next.
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

    /// The key before a value, if it is an object's.
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

    /// Over a string; says whether it has escapes.
    #[inline(always)]
    fn string(&mut self) -> Result<bool> {
        if self.text.get(self.pos) != Some(&b'"') {
            return Err(SYNTAX);
        }
        self.pos += 1;
        let far = self.pos + SHORT;
        loop {
            match self.text.get(self.pos) {
                Some(&byte) if PLAIN[usize::from(byte)] => self.pos += 1,
                Some(b'"') => {
                    self.pos += 1;
                    return Ok(false);
                }
                _ => return self.rest_of_string(),
            }
            if self.pos == far {
                return self.rest_of_string();
            }
        }
    }

    fn rest_of_string(&mut self) -> Result<bool> {
        let mut escaped = false;
        loop {
            let rest = &self.text[self.pos..];
            let plain = far(rest)?;
            self.pos += plain + 1;
            if rest[plain] == b'"' {
                return Ok(escaped);
            }
            self.escape()?;
            escaped = true;
        }
    }

    /// Over what follows a backslash.
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

/// Where the plain part of a long string ends.
fn far(rest: &[u8]) -> Result<usize> {
    let end = memchr2(b'"', b'\\', rest).ok_or(SYNTAX)?;
    // Without an early exit, so that the compiler makes it one pass of wide instructions.
    let has_controls = rest[..end].iter().fold(false, |found, &byte| found | (byte < 0x20));
    if has_controls { Err(SYNTAX) } else { Ok(end) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scanner;

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.value().and_then(|_| scanner.end()).is_ok()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// serde_json is the oracle. The alphabet is made of what JSON is made of, so that near misses are common.
        #[test]
        fn accepts_what_serde_json_accepts(text in r#"([\[\]{}:, \n]|"a"|"\\u00e9"|"\\[a-z]"|"[\x00-\x7f]"|-|0|12|\.|[eE]|\+|true|null|fals|NaN){0,12}"#) {
            let oracle = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(accepts(&text), oracle, "{:?}", text);
        }
    }

    /// Whatever it is that ends a string or breaks it, and wherever: on both sides of `SHORT` and of a word.
    #[test]
    fn looks_at_each_byte_of_a_string() {
        for length in 0..40 {
            for at in 0..=length {
                for odd in [
                    "", "\"", "\\", "\\n", "\\u00e9", "\\u00g9", "\\x", "\n", "\n\n", "\u{1f}", "\0",
                    "\u{7f}", "é", ", \"b",
                ] {
                    let string = format!("\"{}{odd}{}\"", "a".repeat(at), "a".repeat(length - at));
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
    fn refuses_what_only_python_writes() {
        for text in ["NaN", "Infinity", "-Infinity", "[1, NaN]"] {
            assert!(!accepts(text), "{text}");
        }
    }

    #[test]
    fn bounds_the_depth() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(accepts(&nested(super::MAX_DEPTH)));
        assert!(!accepts(&nested(super::MAX_DEPTH + 1)));
        assert!(!accepts(&nested(1_000_000)));
    }
}
