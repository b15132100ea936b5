//! Values that were loaded from a format richer than JSON.

use std::any::Any;

/// The values of a state that was loaded from a format richer than JSON, such as Python's pickle or MessagePack.
///
/// A serializer implements this trait to keep values that JSON text cannot hold: a date, a set, an object that two
/// entries share. [`State::from_foreign`](crate::State::from_foreign) creates a state of such values. The serializer
/// gets an unchanged entry back as the same value, from [`State::entries`](crate::State::entries). A state asks for the
/// JSON text of a value only when the text is needed, for example because the value is read.
///
/// The implementation gives each value a number. The methods are called only with these numbers.
pub trait Foreign: Any + Send + Sync {
    /// Returns the JSON text that is deserialized when a value is read. The text may be a substitute for the value: a
    /// date is read as a string. NaN and the infinities are spelled `NaN`, `Infinity` and `-Infinity`, as in Python's
    /// `json`.
    ///
    /// # Errors
    /// Returns an error if the value has no JSON text. The error names the cause, such as
    /// ``the Python class `fractions.Fraction` ``. It contains names of types, never contents.
    fn json(&self, value: u32) -> Result<&str, &str>;

    /// Returns whether another serializer may write the text of [`json`](Self::json) in place of the value. It may do
    /// so only if Python's `json.dumps` would write the same text, apart from white space and escapes.
    ///
    /// For example, returns `true` for a tuple, which `json.dumps` writes as a list, and for NaN, although `NaN` is not
    /// valid JSON. Returns `false` for a date, because its text is only a substitute.
    fn is_json(&self, value: u32) -> bool;

    /// Returns the approximate size of the value in its own format, in bytes.
    fn size(&self, value: u32) -> usize;

    /// Returns the numbers of the elements of a sequence, such as a list or a tuple, or `None` for any other value. A
    /// state uses this method for queues of flash messages.
    fn elements(&self, value: u32) -> Option<Vec<u32>>;

    /// Returns a copy of all values. They keep their numbers.
    fn copy(&self) -> Box<dyn Foreign>;

    /// Adds a list of the [`elements`](Self::elements) of `sequence` and an element whose JSON text is `element`.
    /// Returns the list's number, which no other value has. The other values keep their numbers.
    ///
    /// If `is_replaced` is true, nothing uses `sequence` afterwards. If an earlier call created `sequence`, its
    /// elements should then be moved. Otherwise, adding many elements would copy the list many times.
    ///
    /// Returns `None` if `sequence` is not a sequence, or if the list cannot be created, for example because the format
    /// cannot hold the element. The values are then unchanged.
    fn push_element(&mut self, sequence: u32, element: &str, is_replaced: bool) -> Option<u32>;
}

/// An entry whose key and value are [`Foreign`] values.
#[derive(Clone, Debug)]
pub struct ForeignEntry {
    /// The number that identifies the key among the foreign values.
    pub key: u32,
    /// The number that identifies the value among the foreign values.
    pub value: u32,
    /// The key as text. If the key is not Unicode text, this is `Err` with a text to show instead. Methods that take a
    /// key, such as [`State::get`](crate::State::get), then do not find the entry.
    pub name: Result<String, String>,
}

/// The placeholder for the foreign values of a state that has none. Reading or writing any of its values is an error.
pub(crate) struct NoValues;

impl Foreign for NoValues {
    fn json(&self, _: u32) -> Result<&str, &str> {
        Err("a value of another state")
    }

    fn is_json(&self, _: u32) -> bool {
        false
    }

    fn size(&self, _: u32) -> usize {
        0
    }

    fn elements(&self, _: u32) -> Option<Vec<u32>> {
        None
    }

    fn copy(&self) -> Box<dyn Foreign> {
        Box::new(Self)
    }

    fn push_element(&mut self, _: u32, _: &str, _: bool) -> Option<u32> {
        None
    }
}
