use crate::entry::{Entry, Part};
use crate::error::EntryError;
use crate::json::Json;
use crate::state::State;
use crate::value::Value;

/// An entry of a [`State`], as a serializer needs it.
#[derive(Clone, Copy)]
pub struct EntryRef<'s> {
    pub(crate) state: &'s State,
    pub(crate) entry: &'s Entry,
}

/// A key or a value of a [`State`], as it is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stored<'s> {
    /// Text that has the structure of JSON. Loaded text is unchecked, and Python may have written a `NaN` in it:
    /// [`Json::parse`](crate::json::Json::parse) checks it.
    Json(&'s str),
    /// The number of a [`Foreign`](crate::Foreign) value.
    Foreign(u32),
}

impl<'s> EntryRef<'s> {
    /// Returns the key, or what is shown in its place if it is not Unicode text.
    pub fn name(&self) -> &'s str {
        self.entry.key(&self.state.text)
    }

    /// Returns the key as it is kept.
    pub fn key(&self) -> Stored<'s> {
        self.stored(&self.entry.key)
    }

    /// Returns the value as it is kept.
    pub fn value(&self) -> Stored<'s> {
        self.stored(&self.entry.value)
    }

    /// Returns the JSON texts of key and value as they were loaded or written, for a serializer that cannot write the
    /// [`Foreign`](crate::Foreign) values of another. Loaded text is unchecked; see [`Stored::Json`].
    ///
    /// # Errors
    /// If JSON text cannot hold the key or the value without loss.
    pub fn json(&self) -> Result<(&'s str, &'s str), EntryError> {
        let exact = |part| self.state.part(part).exact_json();
        let key = || match exact(&self.entry.key)? {
            key if key.starts_with('"') => Ok(key),
            _ => Err("its key is not a string".to_owned()),
        };
        let both = key().and_then(|key| Ok((key, exact(&self.entry.value)?)));
        both.map_err(|why| EntryError::not_json(self.name()).because(why))
    }

    /// Returns the JSON text that the value is read as: what [`State::get_json`] gives, for any key.
    ///
    /// # Errors
    /// If the value has no JSON text.
    pub fn value_json(&self) -> Result<&'s str, EntryError> {
        let json = self.state.part(&self.entry.value).json();
        json.map_err(|why| EntryError::read::<Json<'_>>(Some(self.name())).because(why))
    }

    /// Returns about how many bytes the entry takes in a record.
    pub fn size(&self) -> usize {
        self.state.part_len(&self.entry.key) + 2 + self.state.part_len(&self.entry.value)
    }

    fn stored(&self, part: &'s Part) -> Stored<'s> {
        match self.state.part(part) {
            Value::Text(text) => Stored::Json(text),
            Value::Foreign(_, value) => Stored::Foreign(value),
        }
    }
}

/// Shows the key and the size, and no contents.
impl std::fmt::Debug for EntryRef<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryRef").field("name", &self.name()).field("size", &self.size()).finish()
    }
}

/// Shows the kind, and no contents.
impl std::fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Json(_) => "Json(..)",
            Self::Foreign(_) => "Foreign(..)",
        })
    }
}
