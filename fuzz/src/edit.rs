//! Edits of a text, as an attacker might make them.

use arbitrary::Arbitrary;

/// An edit of one text. Positions are taken modulo the length.
#[derive(Arbitrary, Debug)]
pub enum Edit {
    Replace(u16, u8),
    FlipBit(u16, u8),
    Insert(u16, u8),
    Remove(u16),
    Truncate(u16),
    Append(u8),
    Swap(u16, u16),
    /// Appends a copy of the whole text.
    Repeat,
    /// Appends `=` until the length is a multiple of 4, as in padded base64.
    Pad,
    /// Replaces `-` and `_` of URL-safe base64 by `+` and `/` of standard base64.
    StandardAlphabet,
}

impl Edit {
    /// Applies the edit. Only `Append` changes an empty text.
    pub fn apply(&self, text: &mut Vec<u8>) {
        let len = text.len();
        let place = |at: &u16| usize::from(*at) % len;
        match self {
            Self::Append(byte) => text.push(*byte),
            Self::Pad => text.resize(len.next_multiple_of(4), b'='),
            _ if len == 0 => {}
            Self::Replace(at, byte) => text[place(at)] = *byte,
            Self::FlipBit(at, bit) => text[place(at)] ^= 1 << (bit % 8),
            Self::Insert(at, byte) => text.insert(place(at), *byte),
            Self::Remove(at) => drop(text.remove(place(at))),
            Self::Truncate(at) => text.truncate(place(at)),
            Self::Swap(one, other) => text.swap(place(one), place(other)),
            Self::Repeat => text.extend_from_within(..),
            Self::StandardAlphabet => text.iter_mut().for_each(|byte| match byte {
                b'-' => *byte = b'+',
                b'_' => *byte = b'/',
                _ => {}
            }),
        }
    }
}
