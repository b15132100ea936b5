//! The values of a loaded record, as ranges of its MessagePack bytes, and the lists to which messages were added.

use std::mem;
use std::ops::Range;
use std::sync::OnceLock;

use rmpv::ValueRef;
use serde::Deserialize;
use serde::de::IgnoredAny;
use session_core::Foreign;
use session_core::json::{Json, MAX_DEPTH, MAX_VALUE_DEPTH};

use super::header::{LIST, header_len, new_header};
use super::json::Text;

/// An upper bound for the depth as rmpv counts it: two for each list or map, and up to three for a value in the
/// innermost list or map.
const MAX_RMPV_DEPTH: usize = 2 * MAX_DEPTH + 4;

/// The bytes of a record, and its values. The number by which [`Foreign`] identifies a value is its index in `values`.
#[derive(Clone)]
pub(super) struct Values {
    bytes: Vec<u8>,
    values: Vec<Place>,
}

/// Where a value is stored, and its JSON text once the value has been read.
struct Place {
    source: Source,
    text: OnceLock<Result<Text, &'static str>>,
}

#[derive(Clone)]
enum Source {
    /// A value in the bytes of the record.
    Loaded {
        bytes: Range<usize>,
        /// The numbers of the elements, if the value is a list and not itself an element of a list in `values`.
        elements: Option<Range<u32>>,
    },
    /// An element that was added to a list, as MessagePack.
    Added(Vec<u8>),
    /// A list to which elements were added.
    List {
        /// The list as MessagePack.
        bytes: Vec<u8>,
        /// The numbers of the elements.
        elements: Vec<u32>,
    },
}

impl From<Source> for Place {
    fn from(source: Source) -> Self {
        Self { source, text: OnceLock::new() }
    }
}

/// A copy has no cached text.
impl Clone for Place {
    fn clone(&self) -> Self {
        self.source.clone().into()
    }
}

impl Values {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, values: Vec::new() }
    }

    /// Adds the value that begins at `start` and, if it is a list, its elements. Returns the value's number and the
    /// position after it, or `None` if the bytes are malformed or the value is nested too deeply.
    pub(super) fn add(&mut self, start: usize) -> Option<(u32, usize)> {
        let (value, end) = read(&self.bytes, start)?;
        if height(&value) > MAX_VALUE_DEPTH {
            return None;
        }
        let elements = match value {
            ValueRef::Array(elements) => {
                let count = elements.len();
                Some(self.add_elements(start, count)?)
            }
            _ => None,
        };
        Some((self.add_place(Source::Loaded { bytes: start..end, elements })?, end))
    }

    /// Adds the elements of the list at `start`, but not the values within them.
    fn add_elements(&mut self, start: usize, count: usize) -> Option<Range<u32>> {
        let first = u32::try_from(self.values.len()).ok()?;
        let mut at = start + header_len(self.bytes[start]);
        for _ in 0..count {
            let (_, end) = read(&self.bytes, at)?;
            self.add_place(Source::Loaded { bytes: at..end, elements: None })?;
            at = end;
        }
        Some(first..u32::try_from(self.values.len()).ok()?)
    }

    fn add_place(&mut self, source: Source) -> Option<u32> {
        let number = u32::try_from(self.values.len()).ok()?;
        self.values.push(source.into());
        Some(number)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self, value: u32) -> Option<&[u8]> {
        Some(match &self.place(value)?.source {
            Source::Loaded { bytes, .. } => &self.bytes[bytes.clone()],
            Source::Added(bytes) | Source::List { bytes, .. } => bytes,
        })
    }

    pub(super) fn value(&self, value: u32) -> Option<ValueRef<'_>> {
        read(self.bytes(value)?, 0).map(|(value, _)| value)
    }

    fn place(&self, value: u32) -> Option<&Place> {
        self.values.get(value as usize)
    }

    fn text(&self, value: u32) -> Result<&Text, &'static str> {
        const UNKNOWN: &str = "an unknown value";
        let place = self.place(value).ok_or(UNKNOWN)?;
        let make = || match has_unused_byte(self.bytes(value).ok_or(UNKNOWN)?) {
            true => Err("a byte that MessagePack does not use"),
            false => Text::of(&self.value(value).ok_or(UNKNOWN)?),
        };
        place.text.get_or_init(make).as_ref().map_err(|what| *what)
    }

    /// Returns the bytes and the elements of a list, to create another list from them. If `is_moved` is true, nothing
    /// uses the list afterwards. Returns `None` if the value is not a list, or if the bytes of a loaded list are
    /// malformed.
    fn parts_of_list(&mut self, list: u32, is_moved: bool) -> Option<(Vec<u8>, Vec<u32>)> {
        if let Source::List { bytes, elements } = &mut self.values.get_mut(list as usize)?.source
            && is_moved
        {
            return Some((mem::take(bytes), mem::take(elements)));
        }
        let (bytes, elements) = (self.bytes(list)?.to_vec(), self.elements(list)?);
        (!has_unused_byte(&bytes)).then_some((bytes, elements))
    }
}

impl Foreign for Values {
    fn json(&self, value: u32) -> Result<&str, &str> {
        self.text(value).map(|text| &*text.json)
    }

    fn is_json(&self, value: u32) -> bool {
        self.text(value).is_ok_and(|text| text.is_exact)
    }

    fn size(&self, value: u32) -> usize {
        self.bytes(value).map_or(0, <[u8]>::len)
    }

    fn elements(&self, value: u32) -> Option<Vec<u32>> {
        match &self.place(value)?.source {
            Source::Loaded { elements, .. } => Some(elements.clone()?.collect()),
            Source::Added(_) => None,
            Source::List { elements, .. } => Some(elements.clone()),
        }
    }

    fn copy(&self) -> Box<dyn Foreign> {
        Box::new(self.clone())
    }

    fn push_element(&mut self, sequence: u32, element: &str, is_replaced: bool) -> Option<u32> {
        let added = rmp_serde::to_vec_named(&Json::parse(element).ok()?).ok()?;
        if height(&read(&added, 0)?.0) >= MAX_VALUE_DEPTH {
            return None;
        }
        let (mut bytes, mut elements) = self.parts_of_list(sequence, is_replaced)?;
        bytes.splice(..header_len(*bytes.first()?), new_header(elements.len() + 1, LIST)?);
        bytes.extend_from_slice(&added);
        elements.push(self.add_place(Source::Added(added))?);
        self.add_place(Source::List { bytes, elements })
    }
}

/// Reads the value at `start`. Returns the value and the position after it.
pub(super) fn read(bytes: &[u8], start: usize) -> Option<(ValueRef<'_>, usize)> {
    let mut rest = bytes.get(start..)?;
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut rest, MAX_RMPV_DEPTH).ok()?;
    Some((value, bytes.len() - rest.len()))
}

/// Returns whether a value contains the marker that MessagePack does not use. rmpv reads that marker as nil.
fn has_unused_byte(bytes: &[u8]) -> bool {
    const UNUSED: u8 = 0xc1;
    // Usually the byte is not a marker, but part of a number or of binary data. Reading the value tells which it is.
    bytes.contains(&UNUSED) && {
        let mut deserializer = rmp_serde::Deserializer::new(bytes);
        deserializer.set_max_depth(super::MAX_DEPTH);
        IgnoredAny::deserialize(&mut deserializer).is_err()
    }
}

/// Returns how many levels of lists and maps a value has. The recursion is bounded, because rmpv limited the levels
/// when it read the value.
fn height(value: &ValueRef<'_>) -> usize {
    match value {
        ValueRef::Array(elements) => 1 + elements.iter().map(height).max().unwrap_or(0),
        ValueRef::Map(members) => {
            1 + members.iter().map(|(key, value)| height(key).max(height(value))).max().unwrap_or(0)
        }
        _ => 0,
    }
}
