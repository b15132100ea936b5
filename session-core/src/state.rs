use std::fmt;

use serde::de::{self, DeserializeSeed};
use serde::ser::{self, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::entry::{Entry, Text};
use crate::error::{Error, MalformedRecord};
use crate::json::{self, AROUND_STATE, AnyToJson, Json, JsonToAny, Scanner};

/// What a session holds: entries in the order in which they were first inserted, each the JSON text of its value.
///
/// An entry is decoded when it is asked for, straight into the type that is asked for; one that is not touched stays
/// the text that was loaded, to the byte: integers of any size, the spelling of floats, the order of keys.
///
/// ```
/// use session_core::State;
///
/// let mut state = State::from_json(r#"{"big": 123456789012345678901234567890, "eps": 1e-05}"#.into()).unwrap();
/// state.insert("hits", 3).unwrap();
/// assert_eq!(state.get::<f64>("eps").unwrap(), Some(0.00001));
/// assert_eq!(state.to_json(), r#"{"big": 123456789012345678901234567890, "eps": 1e-05, "hits": 3}"#);
/// ```
#[derive(Clone, Default)]
pub struct State {
    /// What was loaded; the spans of the entries point into it.
    text: String,
    entries: Vec<Entry>,
}

impl State {
    /// The state whose JSON text is `text`: an object. Nothing but the places of its entries is worked out.
    ///
    /// # Errors
    /// If `text` is not valid JSON, not an object, or nested more deeply than [`json::MAX_DEPTH`].
    pub fn from_json(text: String) -> Result<Self, MalformedRecord> {
        let mut scanner = Scanner::new(&text);
        let entries = Entry::scan_all(&text, &mut scanner)?;
        scanner.end()?;
        Ok(Self { text, entries })
    }

    pub(crate) fn from_parts(text: String, entries: Vec<Entry>) -> Self {
        Self { text, entries }
    }

    /// The JSON text of the whole.
    pub fn to_json(&self) -> String {
        let mut out = Vec::with_capacity(self.json_len());
        self.write_json(&mut out);
        // All parts are `str`s, so this loses nothing.
        String::from_utf8(out).unwrap_or_default()
    }

    /// Bytes of [`to_json`](Self::to_json).
    pub fn json_len(&self) -> usize {
        let separators = 2 * self.entries.len().saturating_sub(1);
        2 + separators + self.entry_sizes().map(|(_, bytes)| bytes).sum::<usize>()
    }

    /// Appends the JSON text of the whole to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        for (i, entry) in self.entries.iter().enumerate() {
            if i > 0 {
                out.extend_from_slice(b", ");
            }
            out.extend_from_slice(entry.key.in_text(&self.text).as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(entry.value.in_text(&self.text).as_bytes());
        }
        out.push(b'}');
    }

    /// Each key with the bytes that its entry takes in the JSON text.
    pub fn entry_sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.entries.iter().map(|entry| {
            let bytes = entry.key.in_text(&self.text).len() + 2 + entry.value.in_text(&self.text).len();
            (entry.key(&self.text), bytes)
        })
    }

    /// The value under `key` as a `T`, which may borrow from the state; `None` if there is none.
    ///
    /// A string with escapes, as is any that is not ASCII, can be read as a `String` or a `Cow<str>`, not as a `&str`. A
    /// JSON `null`, Python's `None`, is an entry: read it as an `Option`.
    ///
    /// # Errors
    /// If the value is not a `T`.
    pub fn get<'s, T: Deserialize<'s>>(&'s self, key: &str) -> Result<Option<T>, Error> {
        self.get_json(key).map(|text| Self::decode(key, text)).transpose()
    }

    /// The value of the entry `key`, whose JSON text is `text`, as a `T`: what [`get`](Self::get) does, for a text that
    /// was taken out by [`get_json`](Self::get_json).
    ///
    /// # Errors
    /// If the value is not a `T`.
    pub fn decode<'t, T: Deserialize<'t>>(key: &str, text: &'t str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|_| Error::read::<T>(Some(key)))
    }

    /// The JSON text of the value under `key`.
    pub fn get_json(&self, key: &str) -> Option<&str> {
        self.find(key).map(|at| self.entries[at].value.in_text(&self.text))
    }

    /// Sets the value under `key`, which keeps its place if there was one.
    ///
    /// # Errors
    /// If the `Serialize` of `T` fails, a map in it has keys that JSON cannot have, a float is NaN or infinite, or it is
    /// nested more deeply than a session may be ([`json::MAX_DEPTH`]). The state is then as it was.
    pub fn insert<T: Serialize>(&mut self, key: &str, value: T) -> Result<(), Error> {
        self.insert_encoded(key, Self::encode(key, value)?)
    }

    /// The value of an entry `key`, for [`insert_encoded`](Self::insert_encoded): the first half of what
    /// [`insert`](Self::insert) does, without a state, for one that is behind a lock.
    ///
    /// ```
    /// # use session_core::State;
    /// let mut state = State::default();
    /// let value = State::encode("hits", 3)?;
    /// state.insert_encoded("hits", value)?;
    /// assert_eq!(state.to_json(), r#"{"hits": 3}"#);
    /// # Ok::<(), session_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn encode<T: Serialize>(key: &str, value: T) -> Result<Encoded, Error> {
        let text = json::to_string(&value).map_err(|_| Error::write::<T>(Some(key)))?;
        if may_be_too_deep(&text) && !is_value(&text) {
            return Err(Error::write::<T>(Some(key)));
        }
        Ok(Encoded(text))
    }

    /// Sets the value under `key`, which keeps its place if there was one.
    ///
    /// # Errors
    /// As [`insert`](Self::insert).
    pub fn insert_encoded(&mut self, key: &str, value: Encoded) -> Result<(), Error> {
        self.set(key, value.0)
    }

    /// Sets the value under `key` to a JSON text, byte for byte but for white space around it.
    ///
    /// # Errors
    /// If `text` is not one valid JSON value, or nested too deeply. The state is then as it was.
    pub fn insert_json(&mut self, key: &str, text: String) -> Result<(), Error> {
        if !is_value(&text) {
            return Err(Error::not_json(key));
        }
        let value = text.trim_ascii();
        let is_trimmed = value.len() == text.len();
        self.set(key, if is_trimmed { text } else { value.to_owned() })
    }

    fn set(&mut self, key: &str, text: String) -> Result<(), Error> {
        let value = Text::Written(text);
        if let Some(at) = self.find(key) {
            self.entries[at].value = value;
            return Ok(());
        }
        let quoted = json::to_string(key).map_err(|_| Error::write::<str>(Some(key)))?;
        self.entries.push(Entry::written(key, quoted, value));
        Ok(())
    }

    /// Removes the entry under `key`; false if there was none. The order of the others stays.
    pub fn remove(&mut self, key: &str) -> bool {
        match self.find(key) {
            Some(at) => {
                self.entries.remove(at);
                true
            }
            None => false,
        }
    }

    /// Keeps only the entries of whose keys `keep` is true; `None` is a key that is no Unicode.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(Option<&str>) -> bool) {
        self.entries.retain(|entry| keep(entry.meaningful_key(&self.text)));
    }

    /// Removes every entry.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether there is an entry under `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// The keys, in order.
    pub fn keys(&self) -> Keys<'_> {
        Keys { text: &self.text, entries: self.entries.iter() }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn find(&self, key: &str) -> Option<usize> {
        let identity = (true, key.as_bytes());
        self.entries.iter().position(|entry| entry.identity(&self.text) == identity)
    }

    /// The keys and the JSON texts of the values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.key(&self.text), entry.value.in_text(&self.text)))
    }
}

/// A value as a [`State`] holds it: made by [`State::encode`]. `Debug` shows its length alone.
#[derive(Clone)]
pub struct Encoded(String);

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded").field("len", &self.0.len()).finish_non_exhaustive()
    }
}

/// Whether a text is one valid value, no deeper than the value of an entry may be.
fn is_value(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value_at(AROUND_STATE + 1).and_then(|_| scanner.end()).is_ok()
}

/// Whether there are enough brackets for it, be they only in strings.
fn may_be_too_deep(text: &str) -> bool {
    const DEEPEST: usize = json::MAX_DEPTH - (AROUND_STATE + 1);
    memchr::memchr2_iter(b'[', b'{', text.as_bytes()).nth(DEEPEST).is_some()
}

/// Shows the keys and how large the entries are, not what is in them: a session holds what logs should not.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.entry_sizes().map(|(key, bytes)| (key, format_args!("{bytes} bytes").to_string())))
            .finish()
    }
}

/// The keys of a [`State`], in order.
#[derive(Clone)]
pub struct Keys<'s> {
    text: &'s str,
    entries: std::slice::Iter<'s, Entry>,
}

impl<'s> Iterator for Keys<'s> {
    type Item = &'s str;

    fn next(&mut self) -> Option<&'s str> {
        self.entries.next().map(|entry| entry.key(self.text))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl ExactSizeIterator for Keys<'_> {}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Any format can hold a state: a map of strings to whatever JSON can hold.
impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for entry in &self.entries {
            let no_unicode = || ser::Error::custom("a key with a lone surrogate");
            let key = entry.meaningful_key(&self.text).ok_or_else(no_unicode)?;
            map.serialize_entry(key, &JsonToAny(Json::of_valid(entry.value.in_text(&self.text))))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::new();
        AnyToJson { out: &mut text, depth: AROUND_STATE }.deserialize(deserializer)?;
        let text = String::from_utf8(text).map_err(de::Error::custom)?;
        Self::from_json(text).map_err(de::Error::custom)
    }
}
