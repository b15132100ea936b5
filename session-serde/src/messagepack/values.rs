//! The values of a loaded record, as ranges of its MessagePack bytes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rmpv::{Value, ValueRef};
use serde::Deserialize;
use serde::de::IgnoredAny;
use session_core::Foreign;
use session_core::json::{Json, MAX_DEPTH};

use super::json::Text;

/// The number of levels of nesting around the value of an entry: the record and the state.
const RECORD_LEVELS: usize = 2;

/// An upper bound for the depth as rmpv counts it: two for each list or map, and up to three for a value in the
/// innermost list or map.
const MAX_RMPV_DEPTH: usize = 2 * MAX_DEPTH + 4;

/// The bytes of a record and the positions of values in them. The number by which [`Foreign`] identifies a value is its
/// index in `values`.
pub(super) struct Values {
    bytes: Vec<u8>,
    values: Vec<Place>,
}

/// The position of a value, and its JSON text once the value has been read.
struct Place {
    bytes: Range<usize>,
    /// The numbers of the elements, if the value is a list and not itself an element of a list in `values`.
    elements: Option<Range<u32>>,
    text: OnceLock<Result<Text, &'static str>>,
}

impl Values {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, values: Vec::new() }
    }

    /// Adds the value that begins at `start` and, if it is a list, its elements. Returns the value's number and the
    /// position after it, or `None` if the bytes are malformed or the value is nested too deeply.
    pub(super) fn add(&mut self, start: usize) -> Option<(u32, usize)> {
        let (value, end) = read(&self.bytes, start)?;
        if height(&value) > MAX_DEPTH - RECORD_LEVELS {
            return None;
        }
        let elements = match value {
            ValueRef::Array(elements) => {
                let count = elements.len();
                Some(self.add_elements(start, count)?)
            }
            _ => None,
        };
        self.values.push(Place { bytes: start..end, elements, text: OnceLock::new() });
        Some((u32::try_from(self.values.len() - 1).ok()?, end))
    }

    /// Adds the elements of the list at `start`, but not the values within them.
    fn add_elements(&mut self, start: usize, count: usize) -> Option<Range<u32>> {
        let first = u32::try_from(self.values.len()).ok()?;
        let mut at = start + header_len(self.bytes[start]);
        for _ in 0..count {
            let (_, end) = read(&self.bytes, at)?;
            self.values.push(Place { bytes: at..end, elements: None, text: OnceLock::new() });
            at = end;
        }
        Some(first..u32::try_from(self.values.len()).ok()?)
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn bytes(&self, value: u32) -> Option<&[u8]> {
        self.place(value).map(|place| &self.bytes[place.bytes.clone()])
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
        let make = || match has_unused_byte(&self.bytes[place.bytes.clone()]) {
            true => Err("a byte that MessagePack does not use"),
            false => Text::of(&self.value(value).ok_or(UNKNOWN)?),
        };
        place.text.get_or_init(make).as_ref().map_err(|what| *what)
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
        Some(self.place(value)?.elements.clone()?.collect())
    }

    fn with_element(&self, list: u32, element: &str) -> Option<(Arc<dyn Foreign>, u32)> {
        if has_unused_byte(self.bytes(list)?) {
            return None;
        }
        let Value::Array(mut elements) = self.value(list)?.to_owned() else { return None };
        let element = rmp_serde::to_vec_named(&Json::parse(element).ok()?).ok()?;
        elements.push(read(&element, 0)?.0.to_owned());
        let mut bytes = self.bytes.clone();
        let start = bytes.len();
        rmpv::encode::write_value(&mut bytes, &Value::Array(elements)).ok()?;
        let mut values = Self { bytes, values: self.values.iter().map(Place::without_text).collect() };
        let (list, _) = values.add(start)?;
        Some((Arc::new(values), list))
    }
}

impl Place {
    /// Returns a copy without the cached text.
    fn without_text(&self) -> Self {
        Self { bytes: self.bytes.clone(), elements: self.elements.clone(), text: OnceLock::new() }
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

/// Returns the length of the header of a list or map: the marker and the count of elements or entries that follows it.
pub(super) fn header_len(marker: u8) -> usize {
    match marker {
        0xdc | 0xde => 3,
        0xdd | 0xdf => 5,
        _ => 1,
    }
}
