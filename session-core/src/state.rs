use std::collections::{HashMap, hash_map};
use std::fmt;
use std::ops::Range;

use serde::de::{self, DeserializeSeed};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, MalformedRecord};
use crate::json::{self, AROUND_STATE, AnyToJson, Json, JsonToAny, Member, Scanner};

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

#[derive(Clone)]
pub(crate) struct Entry {
    /// The key as JSON text, quotes and all.
    key: Text,
    meaning: Meaning,
    value: Text,
}

/// What the text of a key means.
#[derive(Clone)]
enum Meaning {
    /// What it says.
    Plain,
    /// It has escapes.
    Escaped(String),
    /// Nothing: it has a lone surrogate, which Python can write and Unicode does not have. Such a key is shown as it is
    /// spelled, and no string is it.
    None,
}

#[derive(Clone)]
enum Text {
    Loaded(u32, u32),
    Written(String),
}

impl Text {
    fn in_text<'s>(&'s self, text: &'s str) -> &'s str {
        match self {
            Self::Loaded(start, end) => &text[*start as usize..*end as usize],
            Self::Written(text) => text,
        }
    }
}

impl Entry {
    /// What makes a key the same as another: whether it means anything, and what. In bytes, because a `str` would be
    /// checked for the boundaries of its characters.
    fn identity<'s>(&'s self, text: &'s str) -> (bool, &'s [u8]) {
        let spelled = match &self.key {
            Text::Loaded(start, end) => &text.as_bytes()[*start as usize..*end as usize],
            Text::Written(quoted) => quoted.as_bytes(),
        };
        match &self.meaning {
            Meaning::Plain => (true, &spelled[1..spelled.len() - 1]),
            Meaning::Escaped(key) => (true, key.as_bytes()),
            Meaning::None => (false, spelled),
        }
    }

    /// The key, or as much of it as can be shown.
    fn key<'s>(&'s self, text: &'s str) -> &'s str {
        let spelled = self.key.in_text(text);
        match &self.meaning {
            Meaning::Escaped(key) => key,
            Meaning::Plain | Meaning::None => &spelled[1..spelled.len() - 1],
        }
    }

    fn meaningful_key<'s>(&'s self, text: &'s str) -> Option<&'s str> {
        if matches!(self.meaning, Meaning::None) { None } else { Some(self.key(text)) }
    }
}

/// Room for this many entries is made at once; a session that has more is rare.
const ENTRIES_AT_ONCE: usize = 32;

impl State {
    /// The state whose JSON text is `text`: an object. Nothing but the places of its entries is worked out.
    ///
    /// # Errors
    /// If `text` is not valid JSON, not an object, or nested more deeply than [`json::MAX_DEPTH`].
    pub fn from_json(text: String) -> Result<Self, MalformedRecord> {
        let mut scanner = Scanner::new(&text);
        let mut entries = Entries::for_text(&text);
        entries.scan(&mut scanner)?;
        scanner.end()?;
        let entries = entries.finish();
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
        match self.get_json(key) {
            Some(text) => serde_json::from_str(text).map(Some).map_err(|_| Error::read::<T>(Some(key))),
            None => Ok(None),
        }
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
        let text = json::to_string(&value).map_err(|_| Error::write::<T>(Some(key)))?;
        if may_be_too_deep(&text) && !is_value(&text) {
            return Err(Error::write::<T>(Some(key)));
        }
        self.set(key, text)
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
        if value.len() < text.len() {
            return self.set(key, value.to_owned());
        }
        self.set(key, text)
    }

    fn set(&mut self, key: &str, text: String) -> Result<(), Error> {
        let value = Text::Written(text);
        if let Some(at) = self.find(key) {
            self.entries[at].value = value;
            return Ok(());
        }
        let quoted = json::to_string(key).map_err(|_| Error::write::<str>(Some(key)))?;
        let meaning = if quoted.contains('\\') { Meaning::Escaped(key.to_owned()) } else { Meaning::Plain };
        self.entries.push(Entry { key: Text::Written(quoted), meaning, value });
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

    /// Keeps only the entries whose keys `keep` is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.entries.retain(|entry| keep(entry.key(&self.text)));
    }

    /// As [`retain`](Self::retain); `None` is a key that means nothing.
    pub(crate) fn retain_entries(&mut self, mut keep: impl FnMut(Option<&str>) -> bool) {
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
        self.entries.iter().position(|entry| entry.identity(&self.text) == (true, key.as_bytes()))
    }

    /// The keys and the JSON texts of the values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (entry.key(&self.text), entry.value.in_text(&self.text)))
    }
}

/// Whether a text is one valid value, no deeper than the value of an entry may be.
fn is_value(text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value_at(AROUND_STATE + 1).and_then(|_| scanner.end()).is_ok()
}

/// Whether there are enough brackets for it, be they only in strings.
fn may_be_too_deep(text: &str) -> bool {
    memchr::memchr2_iter(b'[', b'{', text.as_bytes()).nth(json::MAX_DEPTH - AROUND_STATE - 2).is_some()
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

/// The entries of a text that is being scanned.
pub(crate) struct Entries<'t> {
    text: &'t str,
    list: Vec<Entry>,
}

impl<'t> Entries<'t> {
    pub(crate) fn for_text(text: &'t str) -> Self {
        // There is a comma between any two entries, and perhaps some more.
        let commas = memchr::memchr_iter(b',', text.as_bytes()).count();
        Self { text, list: Vec::with_capacity((commas + 1).min(ENTRIES_AT_ONCE)) }
    }

    /// Takes the object that is next.
    pub(crate) fn scan(&mut self, scanner: &mut Scanner<'t>) -> Result<(), MalformedRecord> {
        if u32::try_from(self.text.len()).is_err() {
            return Err(MalformedRecord("too large"));
        }
        let span = |range: Range<usize>| Text::Loaded(range.start as u32, range.end as u32);
        scanner.object(|Member { key, escaped, value }| {
            let meaning = match escaped.then(|| json::unquote(&self.text[key.clone()])) {
                None => Meaning::Plain,
                Some(None) => Meaning::None,
                Some(Some(unescaped)) => Meaning::Escaped(unescaped.into_owned()),
            };
            self.list.push(Entry { key: span(key), meaning, value: span(value) });
        })
    }

    /// As in Python, of two entries with one key the first gives the place and the last the value.
    pub(crate) fn finish(self) -> Vec<Entry> {
        let Self { text, mut list } = self;
        if has_doubles(&list, text) {
            let mut places: HashMap<(bool, Vec<u8>), usize> = HashMap::new();
            let mut unique: Vec<Entry> = Vec::with_capacity(list.len());
            for entry in list {
                let (means, key) = entry.identity(text);
                match places.entry((means, key.to_owned())) {
                    hash_map::Entry::Occupied(place) => unique[*place.get()].value = entry.value,
                    hash_map::Entry::Vacant(place) => {
                        place.insert(unique.len());
                        unique.push(entry);
                    }
                }
            }
            list = unique;
        }
        list
    }
}

fn has_doubles(list: &[Entry], text: &str) -> bool {
    let keys = || list.iter().map(|entry| entry.identity(text));
    // Mostly no two keys have one hash, and nobody needs to look closer.
    let mut seen = [0_u64; 64];
    let all_differ = keys().all(|(_, key)| {
        // FNV-1a, and a multiplication that takes the last bytes to the upper bits, of which twelve count.
        let hash =
            key.iter().fold(0, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        let (word, bit) = (&mut seen[hash as usize / 64], 1 << (hash % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    });
    if all_differ {
        return false;
    }
    let mut sorted: Vec<_> = keys().collect();
    sorted.sort_unstable();
    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

/// Any format can hold a state: a map of strings to whatever JSON can hold.
impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, &JsonToAny(Json::of_valid(value)))?;
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
