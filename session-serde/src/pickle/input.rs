//! The bytes of a pickle, and the ways in which they spell numbers and strings.

use crate::error::LoadError;

/// What is left to read.
pub(super) struct Input<'p>(pub(super) &'p [u8]);

impl<'p> Input<'p> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        let (array, rest) = self.0.split_first_chunk().ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(*array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, LoadError> {
        self.array().map(|[byte]| byte)
    }

    /// A frame says how many bytes can be read at once; here, all of them are.
    pub(super) fn check_frame(&mut self) -> Result<(), LoadError> {
        if self.length::<8>()? > self.0.len() { Err(cut_short()) } else { Ok(()) }
    }

    /// A little-endian length of `N` bytes, at most 8.
    pub(super) fn length<const N: usize>(&mut self) -> Result<usize, LoadError> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.array::<N>()?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| cut_short())
    }

    /// As many bytes as the length of `N` bytes in front of them says.
    pub(super) fn counted<const N: usize>(&mut self) -> Result<&'p [u8], LoadError> {
        let length = self.length::<N>()?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn counted_utf8<const N: usize>(&mut self) -> Result<&'p str, LoadError> {
        let bytes = self.counted::<N>()?;
        str::from_utf8(bytes).map_err(|_| LoadError::malformed("a string that is not Unicode"))
    }

    /// A `str` of Python 2, which Python 3 takes for ASCII.
    pub(super) fn counted_ascii<const N: usize>(&mut self) -> Result<&'p str, LoadError> {
        let bytes = self.counted::<N>()?;
        str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).ok_or_else(not_ascii)
    }

    /// The bytes up to the next line feed, which is dropped.
    fn line(&mut self) -> Result<&'p [u8], LoadError> {
        let end = self.0.iter().position(|&byte| byte == b'\n').ok_or_else(cut_short)?;
        let line = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Ok(line)
    }

    pub(super) fn ascii_line(&mut self) -> Result<&'p str, LoadError> {
        str::from_utf8(self.line()?).ok().filter(|text| text.is_ascii()).ok_or_else(not_ascii)
    }

    /// A line that Python's codec `raw-unicode-escape` wrote: Latin-1 with `\uXXXX` and `\UXXXXXXXX`. Any other
    /// backslash stands for itself, and takes the character after it along.
    pub(super) fn raw_unicode_escape_line(&mut self) -> Result<String, LoadError> {
        let wrong = || LoadError::malformed("a string that is not Unicode");
        let mut rest = self.line()?.iter().map(|&byte| char::from(byte));
        let mut text = String::new();
        while let Some(char) = rest.next() {
            let escaped = if char == '\\' { rest.next() } else { None };
            match escaped {
                Some('u') => text.push(hex(&mut rest, 4).ok_or_else(wrong)?),
                Some('U') => text.push(hex(&mut rest, 8).ok_or_else(wrong)?),
                _ => text.extend([Some(char), escaped].into_iter().flatten()),
            }
        }
        Ok(text)
    }

    /// A line with what Python 2's `repr` gives for a `str`.
    pub(super) fn repr_line(&mut self) -> Result<String, LoadError> {
        let wrong = || LoadError::malformed("a Python 2 string that is not quoted as by repr");
        let line = self.ascii_line()?;
        let inner = ['\'', '"'].iter().find_map(|&quote| line.strip_prefix(quote)?.strip_suffix(quote));
        let mut rest = inner.ok_or_else(wrong)?.chars();
        let mut text = String::new();
        while let Some(char) = rest.next() {
            text.push(match char {
                '\\' => match rest.next() {
                    Some(char @ ('\\' | '\'' | '"')) => char,
                    Some('n') => '\n',
                    Some('r') => '\r',
                    Some('t') => '\t',
                    Some('x') => hex(&mut rest, 2).ok_or_else(wrong)?,
                    _ => return Err(wrong()),
                },
                char => char,
            });
        }
        if text.is_ascii() { Ok(text) } else { Err(not_ascii()) }
    }
}

/// The character whose number is `digits` hexadecimal digits.
fn hex(chars: &mut impl Iterator<Item = char>, digits: usize) -> Option<char> {
    let number = (0..digits).try_fold(0_u32, |number, _| Some(number << 4 | chars.next()?.to_digit(16)?));
    number.and_then(char::from_u32)
}

fn cut_short() -> LoadError {
    LoadError::malformed("the pickle is cut short")
}

fn not_ascii() -> LoadError {
    LoadError::malformed("a Python 2 string that is not ASCII")
}
