//! The entries of a state, and the scan that finds them in its JSON text.

use std::collections::{HashMap, hash_map};
use std::iter;
use std::ops::Range;

use crate::foreign::{Foreign, ForeignEntry, NoValues};
use crate::json::{self, Member, Scanner};
use crate::malformed_record::{Kind, MalformedRecord};
use crate::value::Value;

/// Initial capacity of the list of entries. Few sessions have more entries. A list of this capacity takes at most 1032
/// bytes, the largest size for which glibc caches freed blocks.
const INITIAL_CAPACITY: usize = 14;

const _: () = assert!(INITIAL_CAPACITY * size_of::<Entry>() <= 1032);

/// A key and its value in a state.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: Part,
    name: Name,
    pub(crate) value: Part,
}

/// Where a key or a value is stored.
#[derive(Clone)]
pub(crate) enum Part {
    /// In the loaded JSON text, from the first offset up to, but not including, the second one.
    Loaded(u32, u32),
    /// In the loaded [`Foreign`](crate::Foreign) values, under this number.
    Foreign(u32),
    /// In this JSON text, which was written after loading.
    Written(String),
}

/// The identity of a key; see [`Entry::identity`].
pub(crate) type Identity<'s> = (bool, &'s [u8]);

/// How a key is looked up and shown.
#[derive(Clone)]
enum Name {
    /// The key is looked up and shown as its JSON text without the quotes.
    AsSpelled,
    /// The key is foreign, or its JSON text has escapes. It is looked up and shown as this text.
    Text(String),
    /// The key cannot be looked up, because its JSON text has a lone surrogate: Python can write one, but a `str`
    /// cannot contain it. The key is shown in its JSON spelling.
    NotUnicode,
    /// The key cannot be looked up, because it is foreign and not Unicode text. This label is shown instead.
    Label(Box<str>),
}

impl Part {
    /// Returns the JSON text, or `None` for a foreign value. `text` is the loaded text.
    pub(crate) fn json<'s>(&'s self, text: &'s str) -> Option<&'s str> {
        match self {
            Self::Loaded(start, end) => Some(&text[*start as usize..*end as usize]),
            Self::Foreign(_) => None,
            Self::Written(text) => Some(text),
        }
    }

    /// Returns the value. `text` is the loaded text of the state, and `foreign` is its foreign values.
    pub(crate) fn value<'s>(&'s self, text: &'s str, foreign: Option<&'s dyn Foreign>) -> Value<'s> {
        match (self, foreign) {
            (Self::Foreign(value), Some(values)) => Value::Foreign(values, *value),
            (Self::Foreign(value), None) => {
                debug_assert!(false, "only a state with foreign values has foreign parts");
                Value::Foreign(&NoValues, *value)
            }
            (Self::Loaded(start, end), _) => Value::Text(&text[*start as usize..*end as usize]),
            (Self::Written(written), _) => Value::Text(written),
        }
    }

    /// Returns the length of the JSON text in bytes, or `None` for a foreign value.
    pub(crate) fn json_len(&self) -> Option<usize> {
        match self {
            Self::Loaded(start, end) => Some((end - start) as usize),
            Self::Foreign(_) => None,
            Self::Written(text) => Some(text.len()),
        }
    }
}

impl Entry {
    /// Creates an entry with a new key, whose JSON text is `quoted`.
    pub(crate) fn written(key: &str, quoted: String, value: Part) -> Self {
        let name = if quoted.contains('\\') { Name::Text(key.to_owned()) } else { Name::AsSpelled };
        Self { key: Part::Written(quoted), name, value }
    }

    pub(crate) fn foreign(ForeignEntry { key, value, name }: ForeignEntry) -> Self {
        let name = name.map_or_else(|label| Name::Label(label.into()), Name::Text);
        Self { key: Part::Foreign(key), name, value: Part::Foreign(value) }
    }

    /// Reads the object at the scanner's position in `text`, and returns its entries without duplicate keys.
    pub(crate) fn scan_all(text: &str, scanner: &mut Scanner<'_>) -> Result<Vec<Self>, MalformedRecord> {
        if u32::try_from(text.len()).is_err() {
            return Err(MalformedRecord(Kind::TooLarge));
        }
        let span = |range: Range<usize>| Part::Loaded(range.start as u32, range.end as u32);
        let mut entries = Vec::with_capacity(INITIAL_CAPACITY);
        scanner.object(|Member { key, escaped, value }| {
            let name = match escaped.then(|| json::unquote(&text[key.clone()])) {
                None => Name::AsSpelled,
                Some(None) => Name::NotUnicode,
                Some(Some(unescaped)) => Name::Text(unescaped.into_owned()),
            };
            // Create the entry directly in the list. `push` would copy it into the list, which takes longer.
            entries.extend(iter::once_with(|| Self { key: span(key), name, value: span(value) }));
        })?;
        Ok(Self::unique(entries, text))
    }

    /// Returns the entries without duplicate keys. As in Python, the entry that remains has the position of the first
    /// duplicate and the value of the last one.
    pub(crate) fn unique(entries: Vec<Self>, text: &str) -> Vec<Self> {
        if has_doubles(&entries, text) { without_doubles(entries, text) } else { entries }
    }

    /// Returns what identifies the key in comparisons: whether the key is Unicode text, and the bytes of the text. For
    /// a key that is not Unicode text, the bytes are those of its JSON text or of its label. The bytes are not a `str`,
    /// because slicing a `str` takes time to check for character boundaries.
    pub(crate) fn identity<'s>(&'s self, text: &'s str) -> Identity<'s> {
        let spelled = || match &self.key {
            Part::Loaded(start, end) => &text.as_bytes()[*start as usize..*end as usize],
            Part::Written(quoted) => quoted.as_bytes(),
            // Not reached: the name of a foreign key is always `Text` or `Label`.
            Part::Foreign(_) => b"\"\"",
        };
        match &self.name {
            Name::AsSpelled => {
                let quoted = spelled();
                (true, &quoted[1..quoted.len() - 1])
            }
            Name::Text(name) => (true, name.as_bytes()),
            Name::NotUnicode => (false, spelled()),
            Name::Label(label) => (false, label.as_bytes()),
        }
    }

    /// Returns the key, or the text to show instead of a key that is not Unicode text.
    pub(crate) fn shown_key<'s>(&'s self, text: &'s str) -> &'s str {
        match &self.name {
            Name::Text(shown) => shown,
            Name::Label(shown) => shown,
            Name::AsSpelled | Name::NotUnicode => {
                let quoted = self.key.json(text).unwrap_or("\"\"");
                &quoted[1..quoted.len() - 1]
            }
        }
    }

    /// Returns the key, or `None` if the key is not Unicode text.
    pub(crate) fn unicode_key<'s>(&'s self, text: &'s str) -> Option<&'s str> {
        let is_text = matches!(self.name, Name::AsSpelled | Name::Text(_));
        is_text.then(|| self.shown_key(text))
    }
}

/// Returns a 12-bit hash of the key's first byte, last eight bytes and length. A hash of every byte takes longer.
fn hash(key: &[u8]) -> u64 {
    let end = key.iter().rev().take(8).fold(0, |end: u64, &byte| end << 8 | u64::from(byte));
    let begin = key.first().map_or(0, |&byte| u64::from(byte));
    (end ^ begin << 32 ^ (key.len() as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52
}

fn has_doubles(list: &[Entry], text: &str) -> bool {
    let keys = || list.iter().map(|entry| entry.identity(text));
    // In most sessions, all hashes differ, so the keys need not be compared.
    let mut seen = [0_u64; 64];
    let all_differ = keys().all(|(_, key)| {
        let hash = hash(key);
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

fn without_doubles(list: Vec<Entry>, text: &str) -> Vec<Entry> {
    let mut places: HashMap<(bool, Vec<u8>), usize> = HashMap::new();
    let mut unique: Vec<Entry> = Vec::with_capacity(list.len());
    for entry in list {
        // Equal labels do not mean equal keys, so all entries with labels are kept.
        if let Name::Label(_) = entry.name {
            unique.push(entry);
            continue;
        }
        let (named, key) = entry.identity(text);
        match places.entry((named, key.to_owned())) {
            hash_map::Entry::Occupied(place) => unique[*place.get()].value = entry.value,
            hash_map::Entry::Vacant(place) => {
                place.insert(unique.len());
                unique.push(entry);
            }
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Regression: if an entry was foreign but the state had no foreign values, the entry was read and written as
    /// `null`.
    #[test]
    #[cfg_attr(debug_assertions, should_panic = "only a state with foreign values has foreign parts")]
    fn foreign_part_without_values_is_error() {
        let is_error = |value: Value<'_>| value.json().is_err() && value.exact_json().is_err();
        // With debug assertions, the test ends in the second check, because `Part::value` panics.
        assert!(is_error(Value::Foreign(&NoValues, 0)));
        assert!(is_error(Part::Foreign(0).value("", None)));
    }
}
