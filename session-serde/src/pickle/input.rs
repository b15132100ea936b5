//! Reading the bytes of a pickle, and the numbers and strings in each of their formats.

use std::iter;
use std::ops::Range;

use num_bigint::BigInt;

use super::graph::Graph;
use super::kind::{Kind, Span};
use super::numbers::{self, Int};
use super::{MAX_DIGITS, too_many_digits, wtf8};
use crate::error::LoadError;

/// The maximum length of a pickle. It keeps positions within 32 bits.
pub(super) const MAX_LEN: usize = 1 << 30;

/// The reader's position in the pickle. [`Graph::bytes`] contains the pickle itself.
pub(super) struct Input {
    pub(super) pos: usize,
    /// The highest position at which a frame ends.
    frames_end: usize,
}

impl Input {
    pub(super) fn of(pickle: Vec<u8>) -> Result<(Self, Graph), LoadError> {
        if pickle.len() > MAX_LEN {
            return Err(LoadError::malformed("the pickle is longer than 1 GiB"));
        }
        let pickle_len = pickle.len();
        Ok((Self { pos: 0, frames_end: 0 }, Graph { bytes: pickle, pickle_len, ..Graph::default() }))
    }

    pub(super) fn take(&mut self, graph: &Graph, length: usize) -> Result<Range<usize>, LoadError> {
        if length > graph.pickle_len - self.pos {
            return Err(truncated());
        }
        let start = self.pos;
        self.pos += length;
        Ok(start..self.pos)
    }

    pub(super) fn array<const N: usize>(&mut self, graph: &Graph) -> Result<[u8; N], LoadError> {
        let range = self.take(graph, N)?;
        graph.bytes[range].try_into().map_err(|_| truncated())
    }

    pub(super) fn byte(&mut self, graph: &Graph) -> Result<u8, LoadError> {
        self.array(graph).map(|[byte]| byte)
    }

    /// Reads the size of a frame, and checks that the frame ends within the pickle. The size has no other use here: it
    /// tells readers of streams how many bytes they can read at once.
    pub(super) fn check_frame(&mut self, graph: &Graph) -> Result<(), LoadError> {
        let length = self.length::<8>(graph)?;
        if length > graph.pickle_len - self.pos {
            return Err(truncated());
        }
        self.frames_end = self.frames_end.max(self.pos + length);
        Ok(())
    }

    /// Returns the length of a pickle whose last opcode has been read.
    pub(super) fn pickle_len(&self) -> usize {
        self.pos.max(self.frames_end)
    }

    /// Reads a length that is stored in `N` bytes, little-endian. `N` is at most 8.
    pub(super) fn length<const N: usize>(&mut self, graph: &Graph) -> Result<usize, LoadError> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.array::<N>(graph)?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| truncated())
    }

    /// Reads a length that is stored in `N` bytes, and then as many bytes as the length says.
    pub(super) fn counted<const N: usize>(&mut self, graph: &Graph) -> Result<Span, LoadError> {
        let length = self.length::<N>(graph)?;
        self.take(graph, length).map(Span::new)
    }

    pub(super) fn counted_str<const N: usize>(&mut self, graph: &Graph) -> Result<Kind, LoadError> {
        let span = self.counted::<N>(graph)?;
        if wtf8::is_valid(graph.slice(span)) { Ok(Kind::Str(span)) } else { Err(not_unicode()) }
    }

    /// Reads a length that is stored in `N` bytes, and then a Python 2 `str` of that length. By default, Python 3
    /// decodes such a `str` as ASCII.
    pub(super) fn counted_python2_str<const N: usize>(&mut self, graph: &Graph) -> Result<Kind, LoadError> {
        self.counted::<N>(graph).map(|span| graph.python2_str(span))
    }

    /// Reads the bytes up to the next line feed, and skips the line feed.
    pub(super) fn line(&mut self, graph: &Graph) -> Result<Range<usize>, LoadError> {
        let rest = &graph.bytes[self.pos..graph.pickle_len];
        let length = rest.iter().position(|&byte| byte == b'\n').ok_or_else(truncated)?;
        let line = self.take(graph, length)?;
        self.pos += 1;
        Ok(line)
    }

    pub(super) fn utf8_line<'g>(&mut self, graph: &'g Graph) -> Result<&'g str, LoadError> {
        let line = self.line(graph)?;
        str::from_utf8(&graph.bytes[line]).map_err(|_| not_unicode())
    }

    /// Reads a line of Python's codec `raw-unicode-escape`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. Any other
    /// backslash stands for itself, and so does the character after it.
    pub(super) fn raw_unicode_escape_line(&mut self, graph: &mut Graph) -> Result<Kind, LoadError> {
        let line = self.line(graph)?;
        let source = &graph.bytes[line.clone()];
        if source.is_ascii() && !source.contains(&b'\\') {
            return Ok(Kind::Str(Span::new(line)));
        }
        let mut rest = source.iter().map(|&byte| char::from(byte));
        let mut text = Vec::with_capacity(source.len());
        while let Some(char) = rest.next() {
            let escaped = if char == '\\' { rest.next() } else { None };
            let digits = match escaped {
                Some('u') => 4,
                Some('U') => 8,
                _ => {
                    wtf8::push(&mut text, char.into());
                    escaped.into_iter().for_each(|char| wtf8::push(&mut text, char.into()));
                    continue;
                }
            };
            let code = hex(&mut rest, digits).filter(|&code| code <= u32::from(char::MAX));
            wtf8::push(&mut text, code.ok_or_else(not_unicode)?);
        }
        Ok(Kind::Str(graph.store(&text)))
    }

    /// Reads a line with the `repr` of a Python 2 `str`.
    pub(super) fn repr_line(&mut self, graph: &mut Graph) -> Result<Kind, LoadError> {
        let line = self.line(graph)?;
        let line =
            str::from_utf8(&graph.bytes[line]).ok().filter(|line| line.is_ascii()).ok_or_else(not_ascii)?;
        let inner = ['\'', '"'].iter().find_map(|&quote| line.strip_prefix(quote)?.strip_suffix(quote));
        let text = inner
            .and_then(unescape)
            .ok_or_else(|| LoadError::malformed("a Python 2 string is not a valid repr"))?;
        let span = graph.store(&text);
        Ok(graph.python2_str(span))
    }

    /// Reads the line of the opcode `INT`: an integer or a bool.
    pub(super) fn int_line(&mut self, graph: &mut Graph) -> Result<Kind, LoadError> {
        let line = self.number_line(graph)?;
        match numbers::int_opcode(&graph.bytes[line]).ok_or_else(not_an_integer)? {
            Int::Bool(value) => Ok(Kind::Bool(value)),
            Int::Number(value) => Ok(integer(graph, &value)),
        }
    }

    /// Reads the line of the opcode `LONG`: an integer, which may end with `L`.
    pub(super) fn long_line(&mut self, graph: &mut Graph) -> Result<Kind, LoadError> {
        let line = self.number_line(graph)?;
        let line = &graph.bytes[line];
        let value =
            numbers::long_opcode(line.strip_suffix(b"L").unwrap_or(line)).ok_or_else(not_an_integer)?;
        Ok(integer(graph, &value))
    }

    fn number_line(&mut self, graph: &Graph) -> Result<Range<usize>, LoadError> {
        let line = self.line(graph)?;
        let digits =
            graph.bytes[line.clone()].iter().filter(|byte| byte.is_ascii_alphanumeric() && **byte != b'L');
        if digits.count() > MAX_DIGITS {
            return Err(LoadError::malformed(too_many_digits()));
        }
        Ok(line)
    }

    pub(super) fn float_line(&mut self, graph: &Graph) -> Result<Kind, LoadError> {
        let line = self.line(graph)?;
        let value = numbers::float_opcode(&graph.bytes[line]);
        value.map(Kind::Float).ok_or_else(|| LoadError::malformed("the text of a float is not a number"))
    }

    pub(super) fn memo_key_line(&mut self, graph: &Graph) -> Result<usize, LoadError> {
        let line = self.number_line(graph)?;
        let key = numbers::memo_key(&graph.bytes[line]);
        key.ok_or_else(|| LoadError::malformed("a memo key is not a number"))
    }

    /// Reads a length that is stored in `N` bytes, and then an integer of that length: little-endian, two's complement,
    /// 0 if the length is 0.
    pub(super) fn integer<const N: usize>(&mut self, graph: &Graph) -> Result<Kind, LoadError> {
        let Span { start, mut end } = self.counted::<N>(graph)?;
        let bytes = graph.slice(Span { start, end });
        let is_negative = bytes.last().is_some_and(|&last| last >= 0x80);
        let sign = if is_negative { 0xff } else { 0 };
        let redundant =
            bytes.windows(2).rev().take_while(|pair| pair[1] == sign && (pair[0] >= 0x80) == is_negative);
        end -= redundant.count() as u32;
        let bytes = graph.slice(Span { start, end });
        let mut wide = [sign; 8];
        match wide.get_mut(..bytes.len()) {
            Some(low) => {
                low.copy_from_slice(bytes);
                Ok(Kind::Int(i64::from_le_bytes(wide)))
            }
            None => Ok(Kind::Long(Span { start, end })),
        }
    }
}

/// Reads a number of `digits` hexadecimal digits.
fn hex(chars: &mut impl Iterator<Item = char>, digits: usize) -> Option<u32> {
    (0..digits).try_fold(0_u32, |number, _| Some(number << 4 | chars.next()?.to_digit(16)?))
}

fn integer(graph: &mut Graph, value: &BigInt) -> Kind {
    match value.try_into() {
        Ok(small) => Kind::Int(small),
        Err(_) => Kind::Long(graph.store(&value.to_signed_bytes_le())),
    }
}

/// Replaces the escapes of a `bytes` literal of Python. A backslash that begins no escape stands for itself.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut rest = text.chars().peekable();
    let mut bytes = Vec::with_capacity(text.len());
    while let Some(char) = rest.next() {
        let code = match char {
            '\\' => match rest.next()? {
                char @ ('\\' | '\'' | '"') => char.into(),
                'a' => 0x07,
                'b' => 0x08,
                't' => 0x09,
                'n' => 0x0a,
                'v' => 0x0b,
                'f' => 0x0c,
                'r' => 0x0d,
                'x' => hex(&mut rest, 2)?,
                char @ '0'..='7' => {
                    let digits = iter::from_fn(|| rest.next_if(|char| char.is_digit(8))?.to_digit(8)).take(2);
                    // As in Python, only the low eight bits count.
                    digits.fold(char.to_digit(8)?, |code, digit| code << 3 | digit) & 0xff
                }
                char => {
                    bytes.push(b'\\');
                    char.into()
                }
            },
            char => char.into(),
        };
        bytes.push(u8::try_from(code).ok()?);
    }
    Some(bytes)
}

fn not_an_integer() -> LoadError {
    LoadError::malformed("the text of an integer is not a number")
}

fn truncated() -> LoadError {
    LoadError::malformed("the pickle is truncated")
}

fn not_ascii() -> LoadError {
    LoadError::malformed("a Python 2 string is not ASCII")
}

fn not_unicode() -> LoadError {
    LoadError::malformed("a string is not Unicode")
}
