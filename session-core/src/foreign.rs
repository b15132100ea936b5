use std::any::Any;
use std::sync::Arc;

/// The values of a state that was loaded from a format richer than JSON, as that format has them: Python's pickle, or
/// MessagePack.
///
/// A serializer implements it to keep what JSON text cannot hold, such as a date, a set or an object that two entries
/// share. [`State::from_foreign`](crate::State::from_foreign) makes a state of such values. An entry that nobody
/// changes goes back to the serializer as the same value, by [`State::entries`](crate::State::entries). JSON text is
/// made of a value only when somebody reads it.
///
/// A value is known by a number that the implementation chooses; no other number is ever asked for.
pub trait Foreign: Any + Send + Sync {
    /// Returns the JSON text that a value is read as. Text that stands for something else is allowed: a date is read
    /// as a string. `NaN`, `Infinity` and `-Infinity` are spelled as Python's `json` spells them.
    ///
    /// # Errors
    /// If there is no such text: what stands in the way, such as ``the Python class `fractions.Fraction` ``. Names of
    /// types only, never contents.
    fn json(&self, value: u32) -> Result<&str, &str>;

    /// Whether [`json`](Self::json) is what Python's `json.dumps` would write for the value, so that another serializer may
    /// write it: true for a tuple, which is a list there, and false for a date that is read as a string.
    fn is_json(&self, value: u32) -> bool;

    /// Returns about how many bytes the value takes where it was loaded from.
    fn size(&self, value: u32) -> usize;

    /// Returns the elements of a list or of another sequence, such as a tuple; `None` if the value is not one. The value
    /// can be a queue of flash messages.
    fn elements(&self, value: u32) -> Option<Vec<u32>>;

    /// Returns a copy of all values, and in it the number of a list that has the [`elements`](Self::elements) of
    /// `sequence` and then one more, whose JSON text is `element`. All other numbers mean the same in the copy. `None`
    /// if `sequence` has no elements, or the element has no form in the format.
    fn with_element(&self, sequence: u32, element: &str) -> Option<(Arc<dyn Foreign>, u32)>;
}

/// An entry of a state that is made of [`Foreign`] values.
#[derive(Clone, Debug)]
pub struct ForeignEntry {
    /// The number of the key.
    pub key: u32,
    /// The number of the value.
    pub value: u32,
    /// The key as text. A key that is not text, or not Unicode, is `Err` with a text to show in its place: no string
    /// finds that entry.
    pub name: Result<String, String>,
}
