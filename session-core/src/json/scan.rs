use std::ops::Range;

use memchr::memchr2;

use crate::error::MalformedRecord;

/// How deeply lists and objects may be nested: the record's own list is one of them, the state's object the next. Thus
/// serde_json, which goes one level less deep, can read whatever a state may hold.
pub const MAX_DEPTH: usize = 128;

/// Lists and objects around a state: the record's list.
pub(crate) const AROUND_STATE: usize = 1;

/// Where things are in a JSON text, by the letter of RFC 8259, without building anything.
///
/// It takes any valid document and refuses any other: `NaN`, a trailing comma, a bare control character in a string.
pub(crate) struct Scanner<'t> {
    text: &'t [u8],
    pos: usize,
    /// No byte below 0x20 anywhere, as in all that Python writes: strings then need no look at their characters.
    no_controls: bool,
}

/// Where a member of an object is.
pub(crate) struct Member {
    /// The key with its quotes.
    pub(crate) key: Range<usize>,
    /// Whether the key has escapes.
    pub(crate) escaped: bool,
    pub(crate) value: Range<usize>,
}

type Result<T> = std::result::Result<T, MalformedRecord>;

const SYNTAX: MalformedRecord = MalformedRecord("invalid JSON");
const TOO_DEEP: MalformedRecord = MalformedRecord("nested too deeply");

impl<'t> Scanner<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let text = text.as_bytes();
        // Without an early exit, so that the compiler makes it one pass of wide instructions.
        let no_controls = !text.iter().fold(false, |found, &byte| found | (byte < 0x20));
        Self { text, pos: 0, no_controls }
    }

    /// Over text that this scanner has already accepted.
    pub(crate) fn resume(text: &'t str, pos: usize) -> Self {
        Self { text: text.as_bytes(), pos, no_controls: true }
    }

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

    /// The members of a state's object, its brace being next.
    pub(crate) fn object(&mut self, take: impl FnMut(Member)) -> Result<()> {
        if self.peek().is_some_and(|byte| byte != b'{') {
            return Err(MalformedRecord("the state is no object"));
        }
        self.members(AROUND_STATE, take)
    }

    fn members(&mut self, depth: usize, mut take: impl FnMut(Member)) -> Result<()> {
        self.open(b'{', depth)?;
        if self.peek() == Some(b'}') {
            self.pos += 1;
            return Ok(());
        }
        loop {
            take(self.member(depth)?);
            if !self.another(b'}')? {
                return Ok(());
            }
        }
    }

    /// One `"key": value`.
    pub(crate) fn member(&mut self, depth: usize) -> Result<Member> {
        if self.peek() != Some(b'"') {
            return Err(SYNTAX);
        }
        let start = self.pos;
        let escaped = self.string()?;
        let key = start..self.pos;
        self.expect(b':')?;
        Ok(Member { key, escaped, value: self.value_at(depth + 1)? })
    }

    /// After a member or an element: is there a comma, or the closing bracket?
    pub(crate) fn another(&mut self, close: u8) -> Result<bool> {
        match self.peek() {
            Some(b',') => {
                self.pos += 1;
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.pos += 1;
                Ok(false)
            }
            _ => Err(SYNTAX),
        }
    }

    /// The span of the value that is next, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Range<usize>> {
        self.value_at(0)
    }

    /// The same within `depth` lists and objects.
    pub(crate) fn value_at(&mut self, depth: usize) -> Result<Range<usize>> {
        let byte = self.peek().ok_or(SYNTAX)?;
        let start = self.pos;
        match byte {
            b'"' => drop(self.string()?),
            b'-' | b'0'..=b'9' => return self.number(),
            b'{' => self.members(depth, |_| {})?,
            b'[' => self.elements(depth)?,
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => return Err(SYNTAX),
        }
        Ok(start..self.pos)
    }

    fn open(&mut self, bracket: u8, depth: usize) -> Result<()> {
        if depth >= MAX_DEPTH { Err(TOO_DEEP) } else { self.expect(bracket) }
    }

    fn elements(&mut self, depth: usize) -> Result<()> {
        self.open(b'[', depth)?;
        if self.peek() == Some(b']') {
            self.pos += 1;
            return Ok(());
        }
        loop {
            self.value_at(depth + 1)?;
            if !self.another(b']')? {
                return Ok(());
            }
        }
    }

    fn literal(&mut self, word: &[u8]) -> Result<()> {
        if !self.text[self.pos..].starts_with(word) {
            return Err(SYNTAX);
        }
        self.pos += word.len();
        Ok(())
    }

    /// Over the string whose quote is next; says whether it has escapes.
    fn string(&mut self) -> Result<bool> {
        self.pos += 1;
        let mut escaped = false;
        loop {
            let rest = &self.text[self.pos..];
            let plain = memchr2(b'"', b'\\', rest).ok_or(SYNTAX)?;
            if !self.no_controls && rest[..plain].iter().any(|&byte| byte < 0x20) {
                return Err(SYNTAX);
            }
            self.pos += plain + 1;
            if rest[plain] == b'"' {
                return Ok(escaped);
            }
            escaped = true;
            match self.text.get(self.pos) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.pos += 1,
                Some(b'u') => {
                    let hex = self.text.get(self.pos + 1..self.pos + 5).ok_or(SYNTAX)?;
                    if !hex.iter().all(u8::is_ascii_hexdigit) {
                        return Err(SYNTAX);
                    }
                    self.pos += 5;
                }
                _ => return Err(SYNTAX),
            }
        }
    }

    /// The span of the number that is next.
    pub(crate) fn number(&mut self) -> Result<Range<usize>> {
        self.peek();
        let start = self.pos;
        self.pos += usize::from(self.text.get(start) == Some(&b'-'));
        if self.text.get(self.pos) == Some(&b'0') {
            self.pos += 1;
        } else {
            self.digits()?;
        }
        if self.text.get(self.pos) == Some(&b'.') {
            self.pos += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.pos) {
            self.pos += 1;
            self.pos += usize::from(matches!(self.text.get(self.pos), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(start..self.pos)
    }

    fn digits(&mut self) -> Result<()> {
        let digits = self.text[self.pos..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.pos += digits;
        if digits == 0 { Err(SYNTAX) } else { Ok(()) }
    }
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
