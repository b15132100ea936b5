//! The entries of a session, decoded when they are read.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::entry::{Entry, Part};
use crate::entry_ref::EntryRef;
use crate::error::EntryError;
use crate::foreign::{Foreign, ForeignEntry};
use crate::json::{self, Json, Scanner};
use crate::keys::Keys;
use crate::malformed_record::MalformedRecord;
use crate::value::{Encoded, OwnedValue, Value, is_value, may_be_too_deep};

/// The entries of a session, in the order in which they were inserted.
///
/// An entry is decoded when it is read, directly into the requested type. An unchanged entry is written as it was
/// loaded. Loaded JSON keeps its bytes: integers of any size, the spelling of floats, the order of keys, and Python's
/// extensions of JSON, such as `NaN`. An entry that a serializer loaded from a richer format stays a value of that
/// format (see [`Foreign`]).
///
/// ```
/// # extern crate session_core as signed_session;
/// use signed_session::State;
///
/// let text = r#"{"big": 123456789012345678901234567890, "eps": 1e-05, "x": NaN}"#;
/// let mut state = State::from_json(text.into()).unwrap();
/// state.insert("hits", 3).unwrap();
/// assert_eq!(state.get::<f64>("eps").unwrap(), Some(0.00001));
/// assert!(state.get::<f64>("x").unwrap().unwrap().is_nan());
/// assert!(state.get::<u32>("x").is_err());
/// assert_eq!(
///     state.to_json().unwrap(),
///     r#"{"big": 123456789012345678901234567890, "eps": 1e-05, "x": NaN, "hits": 3}"#
/// );
/// ```
#[derive(Clone, Default)]
pub struct State {
    /// The loaded JSON text. The spans of the entries point into it.
    pub(crate) text: String,
    /// The foreign values: the loaded ones, and the lists that `push` has created. An entry refers to a foreign value
    /// by its number.
    pub(crate) foreign: Option<Arc<dyn Foreign>>,
    pub(crate) entries: Vec<Entry>,
}

impl State {
    /// Creates a state from its JSON text, an object.
    ///
    /// The keys, commas and colons of this object are checked. In a value that is a string, a list or an object, only
    /// the quotes and the brackets are checked. Any other value must consist of ASCII letters, digits, `+`, `-` and
    /// `.`. A value is checked completely when it is read.
    ///
    /// # Errors
    /// Returns an error if these checks fail, if `text` is 4 GiB or larger, or if a record with this state would be
    /// nested more deeply than [`json::MAX_DEPTH`].
    pub fn from_json(text: String) -> Result<Self, MalformedRecord> {
        let mut scanner = Scanner::new(&text);
        let entries = Entry::scan_all(&text, &mut scanner)?;
        scanner.end()?;
        Ok(Self { text, entries, foreign: None })
    }

    pub(crate) fn from_parts(text: String, entries: Vec<Entry>) -> Self {
        Self { text, entries, foreign: None }
    }

    /// Creates a state from values of a format richer than JSON, for a serializer. If several entries have the same
    /// key, the first one determines the position and the last one the value, as in a state from JSON. Entries whose
    /// keys are not Unicode text are all kept.
    pub fn from_foreign(values: Arc<dyn Foreign>, entries: impl IntoIterator<Item = ForeignEntry>) -> Self {
        let entries = Entry::unique(entries.into_iter().map(Entry::foreign).collect(), "");
        Self { text: String::new(), entries, foreign: Some(values) }
    }

    /// Returns the foreign values of the state, or `None` if it has none, or if their type is not `F`.
    pub fn foreign<F: Foreign>(&self) -> Option<&F> {
        let values: &dyn Any = self.foreign.as_deref()?;
        values.downcast_ref()
    }

    /// Returns the entries for a serializer, in the order in which they were inserted.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = EntryRef<'_>> {
        self.entries.iter().map(|entry| self.entry_ref(entry))
    }

    /// Returns the JSON text of the state. Values that were loaded from JSON keep their spelling.
    ///
    /// # Errors
    /// Returns an error if JSON text cannot hold a [`Foreign`] key or value without loss.
    pub fn to_json(&self) -> Result<String, EntryError> {
        let mut out = Vec::with_capacity(self.json_len());
        self.write_json(&mut out)?;
        // Every part is a `str`.
        String::from_utf8(out).map_err(|_| EntryError::write::<Self>(None))
    }

    /// Returns the length in bytes of the text that [`to_json`](Self::to_json) returns, not counting [`Foreign`] keys
    /// and values: their length is unknown until their text is created.
    pub fn json_len(&self) -> usize {
        let separators = 2 * self.entries.len().saturating_sub(1);
        let json_len = |part: &Part| part.json_len().unwrap_or(0);
        let size = |entry: &Entry| json_len(&entry.key) + 2 + json_len(&entry.value);
        2 + separators + self.entries.iter().map(size).sum::<usize>()
    }

    /// Appends the JSON text of the state to `out`.
    ///
    /// # Errors
    /// Returns the same errors as [`to_json`](Self::to_json). After an error, `out` ends with a part of the text.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<(), EntryError> {
        self.write_entries(out, [b", ", b": "], |text, out| out.extend_from_slice(text.as_bytes()))
    }

    /// Appends the JSON text of the state to `out`, like [`write_json`](Self::write_json), but with
    /// [compact](json::compact) separators. Keys and values that were loaded from JSON keep their spelling; all others
    /// are compact, too.
    ///
    /// # Errors
    /// Returns the same errors as [`to_json`](Self::to_json). After an error, `out` ends with a part of the text.
    pub fn write_compact_json(&self, out: &mut Vec<u8>) -> Result<(), EntryError> {
        self.write_entries(out, [b",", b":"], json::compact)
    }

    /// Appends the entries to `out`. `write` appends the text of a key or a value that was not loaded from JSON.
    fn write_entries(
        &self,
        out: &mut Vec<u8>,
        [comma, colon]: [&[u8]; 2],
        write: impl Fn(&str, &mut Vec<u8>),
    ) -> Result<(), EntryError> {
        let write_part = |part: &Part, text: &str, out: &mut Vec<u8>| match part {
            Part::Loaded(..) => out.extend_from_slice(text.as_bytes()),
            Part::Written(_) | Part::Foreign(_) => write(text, out),
        };
        out.push(b'{');
        for (i, entry) in self.entries.iter().enumerate() {
            let (key, value) = match (entry.key.json(&self.text), entry.value.json(&self.text)) {
                (Some(key), Some(value)) => (key, value),
                _ => self.entry_ref(entry).json()?,
            };
            if i > 0 {
                out.extend_from_slice(comma);
            }
            write_part(&entry.key, key, out);
            out.extend_from_slice(colon);
            write_part(&entry.value, value, out);
        }
        out.push(b'}');
        Ok(())
    }

    /// Returns the value under `key` as a `T`, which may borrow from the state, or `None` if there is no entry.
    ///
    /// Read a string that may have escapes or non-ASCII characters as a `String` or a `Cow<str>`, not as a `&str`. JSON
    /// `null`, Python's `None`, is a value: read it as an `Option`. `NaN` and the infinities, which Python may have
    /// written, can be read as floats.
    ///
    /// # Errors
    /// Returns an error if the value is not a `T`. The error names the key and the type. For a value without valid JSON
    /// text, it also gives the reason.
    pub fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, EntryError> {
        self.value(key).map(|value| value.decode(key)).transpose()
    }

    /// Returns the JSON text of the value under `key`, or `None` if there is no entry.
    ///
    /// # Errors
    /// Returns an error if the value has no JSON text, or if its text is invalid JSON, such as `NaN`.
    pub fn get_json(&self, key: &str) -> Result<Option<&str>, EntryError> {
        let json = self.value(key).map(Value::json).transpose();
        json.map_err(|reason| EntryError::read::<Json<'_>>(Some(key)).because(reason))
    }

    /// Returns the undecoded value under `key`, or `None` if there is no entry. This is the first half of
    /// [`get`](Self::get). [`Encoded::decode`] is the second half.
    ///
    /// ```
    /// # use session_core::State;
    /// let state = State::from_json(r#"{"hits": 3}"#.into())?;
    /// let value = state.get_encoded("hits").expect("the state has this entry");
    /// drop(state); // `value` does not borrow from it
    /// assert_eq!(value.decode::<u32>("hits")?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_encoded(&self, key: &str) -> Option<Encoded> {
        self.encoded_at(self.find(key)?)
    }

    /// Returns the undecoded value of the entry at a position.
    pub(crate) fn encoded_at(&self, at: usize) -> Option<Encoded> {
        Some(Encoded(match (self.value_at(at), &self.foreign) {
            (Value::Foreign(_, value), Some(values)) => OwnedValue::Foreign(Arc::clone(values), value),
            (Value::Text(text), _) => OwnedValue::Text(text.to_owned()),
            (Value::Foreign(..), None) => return None,
        }))
    }

    /// Sets the value under `key`. An existing entry keeps its position.
    ///
    /// # Errors
    /// Returns an error if the `Serialize` of `T` fails, if a map in the value has keys that JSON cannot hold, if a
    /// float is NaN or infinite, or if the session would be nested more deeply than [`json::MAX_DEPTH`]. The state is
    /// then unchanged.
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), EntryError> {
        self.insert_encoded(key, Self::encode(key, value)?)
    }

    /// Encodes a value for the entry `key`. This is the first half of [`insert`](Self::insert).
    /// [`insert_encoded`](Self::insert_encoded) is the second half.
    ///
    /// ```
    /// # use session_core::State;
    /// let mut state = State::default();
    /// let value = State::encode("hits", 3)?;
    /// state.insert_encoded("hits", value)?;
    /// assert_eq!(state.to_json()?, r#"{"hits": 3}"#);
    /// # Ok::<(), session_core::EntryError>(())
    /// ```
    ///
    /// # Errors
    /// Returns the same errors as [`insert`](Self::insert).
    pub fn encode<T: Serialize>(key: &str, value: T) -> Result<Encoded, EntryError> {
        let text = json::to_string(&value).map_err(|_| EntryError::write::<T>(Some(key)))?;
        if may_be_too_deep(&text) && !is_value(&text) {
            return Err(EntryError::write::<T>(Some(key)));
        }
        Ok(Encoded(OwnedValue::Text(text)))
    }

    /// Sets the value under `key` to an encoded one. An existing entry keeps its position.
    ///
    /// # Errors
    /// Returns an error if the value is a [`Foreign`] value that this state does not hold, and JSON text cannot hold it
    /// without loss.
    pub fn insert_encoded(&mut self, key: &str, value: Encoded) -> Result<(), EntryError> {
        self.insert_encoded_at(self.find(key), key, value)
    }

    /// Does the same as [`insert_encoded`](Self::insert_encoded). `at` is the position of the entry under `key`, or
    /// `None` if there is none.
    pub(crate) fn insert_encoded_at(
        &mut self,
        at: Option<usize>,
        key: &str,
        value: Encoded,
    ) -> Result<(), EntryError> {
        let part = match value.0 {
            OwnedValue::Text(text) => Part::Written(text),
            OwnedValue::Foreign(values, value)
                if self.foreign.as_ref().is_some_and(|own| Arc::ptr_eq(own, &values)) =>
            {
                Part::Foreign(value)
            }
            OwnedValue::Foreign(values, value) => {
                let text = Value::Foreign(&*values, value).exact_json();
                Part::Written(text.map_err(|reason| EntryError::not_json(key).because(reason))?.to_owned())
            }
        };
        self.set_at(at, key, part)
    }

    /// Sets the value under `key` to a JSON text. The text keeps its bytes, except white space around it.
    ///
    /// # Errors
    /// Returns an error if `text` is not one valid JSON value or is nested too deeply. The state is then unchanged.
    pub fn insert_json(&mut self, key: &str, text: String) -> Result<(), EntryError> {
        if !is_value(&text) {
            return Err(EntryError::not_json(key));
        }
        let value = text.trim_ascii();
        let is_trimmed = value.len() == text.len();
        self.set(key, Part::Written(if is_trimmed { text } else { value.to_owned() }))
    }

    pub(crate) fn set(&mut self, key: &str, value: Part) -> Result<(), EntryError> {
        self.set_at(self.find(key), key, value)
    }

    /// Sets the value under `key`. `at` is the position of the entry, or `None` if there is none.
    pub(crate) fn set_at(&mut self, at: Option<usize>, key: &str, value: Part) -> Result<(), EntryError> {
        if let Some(at) = at {
            self.entries[at].value = value;
            return Ok(());
        }
        let quoted = json::to_string(key).map_err(|_| EntryError::write::<str>(Some(key)))?;
        self.entries.push(Entry::written(key, quoted, value));
        Ok(())
    }

    /// Removes the entry under `key`. Returns false if there was no such entry. The other entries keep their order.
    pub fn discard(&mut self, key: &str) -> bool {
        match self.find(key) {
            Some(at) => {
                self.entries.remove(at);
                true
            }
            None => false,
        }
    }

    /// Keeps only the entries for which `keep` returns true. A key that is not Unicode text is passed as `None`.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(Option<&str>) -> bool) {
        self.entries.retain(|entry| keep(entry.unicode_key(&self.text)));
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns whether there is an entry under `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Returns the keys in the order in which they were inserted. In place of a key that is not Unicode text, the
    /// iterator yields a text to show for this key.
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(&self.text, &self.entries)
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns the position of the entry under `key`. Takes time in proportion to the number of entries.
    pub(crate) fn find(&self, key: &str) -> Option<usize> {
        let identity = (true, key.as_bytes());
        self.entries.iter().position(|entry| entry.identity(&self.text) == identity)
    }

    pub(crate) fn value(&self, key: &str) -> Option<Value<'_>> {
        self.find(key).map(|at| self.value_at(at))
    }

    pub(crate) fn value_at(&self, at: usize) -> Value<'_> {
        self.entries[at].value.value(&self.text, self.foreign.as_deref())
    }

    /// Returns the entries whose keys are Unicode text.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.entries().filter_map(|entry| Some((entry.unicode_key()?, entry.stored_value())))
    }

    fn entry_ref<'s>(&'s self, entry: &'s Entry) -> EntryRef<'s> {
        EntryRef::new(entry, &self.text, self.foreign.as_deref())
    }
}

/// Shows the keys and sizes of the entries, but not the values, because values do not belong in a log.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.entries().map(|entry| (entry.name(), format!("{} bytes", entry.size()))))
            .finish()
    }
}
