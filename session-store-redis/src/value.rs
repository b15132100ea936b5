//! The format of the value in which Redis holds a row.
//!
//! Numbers are big endian. The first 49 bytes are the *head*, which the scripts read and change:
//!
//! | offset | bytes | content |
//! |---|---|---|
//! | 0 | 1 | number of this format: 1 |
//! | 1 | 8 | `f64`: time until which the entry in the owner's index is certain to exist; 0 if there is no owner |
//! | 9 | 8 | `u64`: version |
//! | 17 | 8 | `f64`: time of the last access |
//! | 25 | 8 | `f64`: expiry time; infinity if there is none |
//! | 33 | 8 | `f64`: time of creation |
//! | 41 | 4 | `u32`: length of the owner in bytes, plus one; 0 if there is no owner |
//! | 45 | 4 | `u32`: length of the label in bytes, plus one; 0 if there is no label |
//! | 49 | – | owner, label, data |

use session_core::Timestamp;
use session_store::{Row, StoreError, Version};

const FORMAT: u8 = 1;
const HEAD: usize = 49;

/// Number of bytes that contain the head, an owner of 1024 bytes and a label of 512 characters. The factories of
/// signed-session limit both to these lengths.
pub(crate) const START: isize = HEAD as isize + 1024 + 4 * 512;

/// Returns the value for a row.
///
/// # Errors
/// Returns an error if the length of the owner or of the label, plus one, does not fit into a `u32`.
pub(crate) fn encode(row: &Row, version: Version, indexed_until: f64) -> Result<Vec<u8>, StoreError> {
    let (owner, label) = (row.owner.as_deref(), row.label.as_deref());
    let texts = [owner, label].map(Option::unwrap_or_default);
    let mut value = Vec::with_capacity(HEAD + texts[0].len() + texts[1].len() + row.data.len());
    value.push(FORMAT);
    value.extend(indexed_until.to_be_bytes());
    value.extend(version.number().to_be_bytes());
    value.extend(times(row.accessed, row.expires));
    value.extend(row.created.as_secs().to_be_bytes());
    value.extend(length(owner)?.to_be_bytes());
    value.extend(length(label)?.to_be_bytes());
    value.extend(texts.concat().as_bytes());
    value.extend(&row.data);
    Ok(value)
}

/// Returns the bytes for the time of the last access and the expiry time.
pub(crate) fn times(accessed: Timestamp, expires: Option<Timestamp>) -> [u8; 16] {
    let mut times = [0; 16];
    times[..8].copy_from_slice(&accessed.as_secs().to_be_bytes());
    times[8..].copy_from_slice(&expires.map_or(f64::INFINITY, Timestamp::as_secs).to_be_bytes());
    times
}

/// Decodes a value into a row and its version.
///
/// # Errors
/// Returns an error if the value does not have this format.
pub(crate) fn decode(value: &[u8]) -> Result<(Row, Version), StoreError> {
    read(value).ok_or_else(|| StoreError::invalid("the value of the key has an unknown format"))
}

fn read(value: &[u8]) -> Option<(Row, Version)> {
    let mut rest = value;
    if take::<1>(&mut rest)? != [FORMAT] {
        return None;
    }
    take::<8>(&mut rest)?;
    let version = Version::new(u64::from_be_bytes(take(&mut rest)?));
    let accessed = time(&mut rest)?;
    let expires = match f64::from_be_bytes(take(&mut rest)?) {
        f64::INFINITY => None,
        secs => Some(Timestamp::from_secs(secs)?),
    };
    let created = time(&mut rest)?;
    let lengths = [u32::from_be_bytes(take(&mut rest)?), u32::from_be_bytes(take(&mut rest)?)];
    let [owner, label] = lengths.map(|length| text(&mut rest, length));
    Some((Row { data: rest.to_vec(), owner: owner?, label: label?, created, accessed, expires }, version))
}

fn length(text: Option<&str>) -> Result<u32, StoreError> {
    let Some(text) = text else { return Ok(0) };
    let length = text.len().checked_add(1).and_then(|length| u32::try_from(length).ok());
    length.ok_or_else(|| StoreError::refused("the owner or the label of the session is too long"))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}

fn time(rest: &mut &[u8]) -> Option<Timestamp> {
    Timestamp::from_secs(f64::from_be_bytes(take(rest)?))
}

/// Reads the owner or the label. `length` is its length plus one, or 0. Returns `Some(None)` if there is no text, and
/// `None` if the text is truncated or is not UTF-8.
fn text(rest: &mut &[u8], length: u32) -> Option<Option<String>> {
    let Some(length) = length.checked_sub(1) else { return Some(None) };
    let (text, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(Some(str::from_utf8(text).ok()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let at = |secs| Timestamp::from_secs(secs).unwrap();
        let bare = Row::new(Vec::new(), at(1_700_000_000.25));
        let full = Row {
            data: vec![0, 255, 1],
            owner: Some("Zoë".to_owned()),
            label: Some("Firefox".to_owned()),
            created: at(-1.5),
            accessed: at(1e300),
            expires: Some(at(1_700_000_000.001)),
        };
        let empty_texts = Row { owner: Some(String::new()), label: Some(String::new()), ..bare.clone() };
        vec![bare, full, empty_texts]
    }

    #[test]
    fn decoded_row_equals_encoded_row() {
        for row in rows() {
            let value = encode(&row, Version::new(u64::MAX - 3), 5.0).unwrap();
            assert_eq!(decode(&value), Ok((row, Version::new(u64::MAX - 3))));
        }
    }

    #[test]
    fn truncated_head_or_text_is_invalid() {
        let row = Row { data: Vec::new(), ..rows().remove(1) };
        let value = encode(&row, Version::FIRST, 0.0).unwrap();
        for len in 0..value.len() {
            assert!(decode(&value[..len]).is_err(), "{len} bytes");
        }
    }

    #[test]
    fn other_format_and_nan_are_invalid() {
        let value = encode(&rows()[0], Version::FIRST, 0.0).unwrap();
        let mut other = value.clone();
        other[0] = 2;
        assert!(decode(&other).is_err());
        for offset in [17, 25, 33] {
            let mut nan = value.clone();
            nan[offset..offset + 8].copy_from_slice(&f64::NAN.to_be_bytes());
            assert!(decode(&nan).is_err(), "offset {offset}");
        }
    }

    #[test]
    fn owner_that_is_not_utf8_is_invalid() {
        let mut value = encode(&rows()[1], Version::FIRST, 0.0).unwrap();
        value[HEAD] = 0xff;
        assert!(decode(&value).is_err());
    }
}
