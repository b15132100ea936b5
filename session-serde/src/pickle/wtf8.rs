//! UTF-8 that may contain surrogates, as Python's error handler `surrogatepass` writes them.

/// Returns whether `bytes` are UTF-8, with or without surrogates.
pub(super) fn is_valid(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        match str::from_utf8(rest) {
            Ok(_) => return true,
            Err(error) => match rest.get(error.valid_up_to()..) {
                Some([0xed, 0xa0..=0xbf, 0x80..=0xbf, after @ ..]) => rest = after,
                _ => return false,
            },
        }
    }
}

/// Appends a code point, which may be a surrogate. It must not exceed `char::MAX`.
pub(super) fn push(text: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(char) => text.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => text.extend([
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]),
    }
}

/// Returns the code points of `text`, which must be valid according to [`is_valid`].
pub(super) fn code_points(text: &[u8]) -> impl Iterator<Item = u32> {
    let mut rest = text.iter().copied();
    std::iter::from_fn(move || {
        let lead = rest.next()?;
        let (code, more) = match lead {
            0..0x80 => (lead, 0),
            0x80..0xe0 => (lead & 0x1f, 1),
            0xe0..0xf0 => (lead & 0x0f, 2),
            _ => (lead & 0x07, 3),
        };
        Some(rest.by_ref().take(more).fold(code.into(), |code, byte| code << 6 | u32::from(byte & 0x3f)))
    })
}
