//! The entries of a state, as serializers see them.

use crate::entry::{Entry, Identity, Part};
use crate::error::EntryError;
use crate::foreign::Foreign;
use crate::json::Json;
use crate::value::Value;

/// An entry of a [`State`](crate::State), for a serializer.
#[derive(Clone, Copy)]
pub struct EntryRef<'s> {
    entry: &'s Entry,
    /// The state's loaded text.
    text: &'s str,
    /// The state's foreign values.
    foreign: Option<&'s dyn Foreign>,
}

/// A key or a value of a [`State`](crate::State), in the form in which the state stores it.
///
/// For a variant that a serializer does not know, the serializer should call [`EntryRef::json`].
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryPart<'s> {
    /// JSON text. The text of a key is valid JSON. The text of a loaded value may be invalid JSON, such as Python's
    /// `NaN`, because loading [checks little](crate::State::from_json) of a value. Check the text with
    /// [`Json::parse`](crate::json::Json::parse).
    Json(&'s str),
    /// The number that identifies one of the state's [`Foreign`](crate::Foreign) values.
    Foreign(u32),
}

impl<'s> EntryRef<'s> {
    pub(crate) fn new(entry: &'s Entry, text: &'s str, foreign: Option<&'s dyn Foreign>) -> Self {
        Self { entry, text, foreign }
    }

    /// Returns the [identity](Entry::identity) of the key.
    pub(crate) fn identity(&self) -> Identity<'s> {
        self.entry.identity(self.text)
    }

    /// Returns the key, or `None` if the key is not Unicode text.
    pub(crate) fn unicode_key(&self) -> Option<&'s str> {
        self.entry.unicode_key(self.text)
    }

    /// Returns the value, with the foreign values that it may refer to.
    pub(crate) fn stored_value(&self) -> Value<'s> {
        self.stored(&self.entry.value)
    }

    /// Returns the key, or the text to show instead of a key that is not Unicode text.
    pub fn name(&self) -> &'s str {
        self.entry.shown_key(self.text)
    }

    /// Returns the key in its stored form.
    pub fn key(&self) -> EntryPart<'s> {
        self.part(&self.entry.key)
    }

    /// Returns the value in its stored form.
    pub fn value(&self) -> EntryPart<'s> {
        self.part(&self.entry.value)
    }

    /// Returns the JSON texts of the key and the value. A text that the state was loaded from, or that was written to
    /// the state, is returned unchanged. Use this method in a serializer that cannot write the
    /// [`Foreign`](crate::Foreign) values of another serializer. The text of a loaded value may be invalid JSON; see
    /// [`EntryPart::Json`].
    ///
    /// # Errors
    /// Returns an error if the key is not a string, or if JSON text cannot hold the key or the value without loss.
    pub fn json(&self) -> Result<(&'s str, &'s str), EntryError> {
        let exact = |part: &'s Part| self.stored(part).exact_json();
        // The text of a `Foreign` key may begin or end with white space.
        let key = || match exact(&self.entry.key)?.trim_ascii() {
            key if key.starts_with('"') => Ok(key),
            _ => Err("its key is not a string".to_owned()),
        };
        let both = key().and_then(|key| Ok((key, exact(&self.entry.value)?)));
        both.map_err(|reason| EntryError::not_json(self.name()).because(reason))
    }

    /// Returns the JSON text that is deserialized when the value is read. Unlike
    /// [`State::get_json`](crate::State::get_json), this method also works for an entry whose key is not Unicode text.
    ///
    /// # Errors
    /// Returns an error if the value has no JSON text, or if its text is invalid JSON.
    pub fn value_json(&self) -> Result<&'s str, EntryError> {
        let json = self.stored_value().json();
        json.map_err(|reason| EntryError::read::<Json<'_>>(Some(self.name())).because(reason))
    }

    /// Returns the approximate size of the entry in a record, in bytes.
    pub fn size(&self) -> usize {
        self.part_len(&self.entry.key) + 2 + self.part_len(&self.entry.value)
    }

    fn stored(&self, part: &'s Part) -> Value<'s> {
        part.value(self.text, self.foreign)
    }

    fn part_len(&self, part: &'s Part) -> usize {
        part.json_len().unwrap_or_else(|| self.stored(part).size())
    }

    fn part(&self, part: &'s Part) -> EntryPart<'s> {
        match self.stored(part) {
            Value::Text(text) => EntryPart::Json(text),
            Value::Foreign(_, value) => EntryPart::Foreign(value),
        }
    }
}

/// Shows the key and the size, but not the value.
impl std::fmt::Debug for EntryRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryRef").field("name", &self.name()).field("size", &self.size()).finish()
    }
}

/// Shows the variant, but no contents.
impl std::fmt::Debug for EntryPart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Json(_) => "Json(..)",
            Self::Foreign(_) => "Foreign(..)",
        })
    }
}
