//! The header of a list or map: a marker, and the number of elements or entries.

/// The three markers of a header: for a count of up to 15 (stored in the marker), a two-byte count and a four-byte
/// count.
pub(super) type Markers = [u8; 3];

pub(super) const LIST: Markers = [0x90, 0xdc, 0xdd];
pub(super) const MAP: Markers = [0x80, 0xde, 0xdf];

/// Reads the header of a list or map at `start`. Returns the number of elements or entries, and the position of the
/// first one. Returns `None` if the header is truncated or has none of the markers.
pub(super) fn header(bytes: &[u8], start: usize, [small, two, four]: Markers) -> Option<(usize, usize)> {
    let marker = *bytes.get(start)?;
    let end = start + header_len(marker);
    let length = bytes.get(start + 1..end)?;
    let count = match length {
        [] if marker & 0xf0 == small => usize::from(marker & 0x0f),
        &[high, low] if marker == two => usize::from(u16::from_be_bytes([high, low])),
        &[a, b, c, d] if marker == four => usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?,
        _ => return None,
    };
    Some((count, end))
}

/// Returns the length of the header of a list or map that begins with `marker`.
pub(super) fn header_len(marker: u8) -> usize {
    match marker {
        0xdc | 0xde => 3,
        0xdd | 0xdf => 5,
        _ => 1,
    }
}

/// Returns the shortest header for a number of elements or entries, or `None` if MessagePack cannot count them.
pub(super) fn new_header(count: usize, [small, two, four]: Markers) -> Option<Vec<u8>> {
    Some(match u16::try_from(count) {
        Ok(count @ 0..16) => vec![small | count as u8],
        Ok(count) => [&[two][..], &count.to_be_bytes()].concat(),
        Err(_) => [&[four][..], &u32::try_from(count).ok()?.to_be_bytes()].concat(),
    })
}
