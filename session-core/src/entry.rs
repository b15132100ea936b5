use std::collections::{HashMap, hash_map};
use std::ops::Range;

use crate::error::{Fault, MalformedRecord};
use crate::json::{self, Member, Scanner};

/// Room for this many entries is made at once: few sessions have more, and it is just under the 1032 bytes that glibc
/// keeps at hand.
const AT_ONCE: usize = 14;

const _: () = assert!(AT_ONCE * size_of::<Entry>() <= 1032);

/// A key and its value, each the place of its text in what was loaded, or text that was written since.
#[derive(Clone)]
pub(crate) struct Entry {
    /// The key as JSON text, quotes and all.
    pub(crate) key: Text,
    meaning: Meaning,
    pub(crate) value: Text,
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
pub(crate) enum Text {
    Loaded(u32, u32),
    Written(String),
}

impl Text {
    pub(crate) fn in_text<'s>(&'s self, text: &'s str) -> &'s str {
        match self {
            Self::Loaded(start, end) => &text[*start as usize..*end as usize],
            Self::Written(text) => text,
        }
    }
}

impl Entry {
    /// The entry of a new key, whose JSON text is `quoted`.
    pub(crate) fn written(key: &str, quoted: String, value: Text) -> Self {
        let meaning = if quoted.contains('\\') { Meaning::Escaped(key.to_owned()) } else { Meaning::Plain };
        Self { key: Text::Written(quoted), meaning, value }
    }

    /// The entries of the object that is next in `text`. As in Python, of two with one key the first gives the place and
    /// the last the value.
    pub(crate) fn scan_all(text: &str, scanner: &mut Scanner<'_>) -> Result<Vec<Self>, MalformedRecord> {
        if u32::try_from(text.len()).is_err() {
            return Err(MalformedRecord(Fault::TooLarge));
        }
        let span = |range: Range<usize>| Text::Loaded(range.start as u32, range.end as u32);
        let mut entries = Vec::with_capacity(AT_ONCE);
        scanner.object(|Member { key, escaped, value }| {
            let meaning = match escaped.then(|| json::unquote(&text[key.clone()])) {
                None => Meaning::Plain,
                Some(None) => Meaning::None,
                Some(Some(unescaped)) => Meaning::Escaped(unescaped.into_owned()),
            };
            entries.push(Self { key: span(key), meaning, value: span(value) });
        })?;
        Ok(if has_doubles(&entries, text) { without_doubles(entries, text) } else { entries })
    }

    /// What makes a key the same as another: whether it means anything, and what. In bytes, because a `str` would be
    /// checked for the boundaries of its characters.
    pub(crate) fn identity<'s>(&'s self, text: &'s str) -> (bool, &'s [u8]) {
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
    pub(crate) fn key<'s>(&'s self, text: &'s str) -> &'s str {
        let spelled = self.key.in_text(text);
        match &self.meaning {
            Meaning::Escaped(key) => key,
            Meaning::Plain | Meaning::None => &spelled[1..spelled.len() - 1],
        }
    }

    pub(crate) fn meaningful_key<'s>(&'s self, text: &'s str) -> Option<&'s str> {
        if matches!(self.meaning, Meaning::None) { None } else { Some(self.key(text)) }
    }
}

/// Of how a key begins, how it ends and how long it is, twelve bits: a hash of every byte would take longer.
fn hash(key: &[u8]) -> u64 {
    let end = key.iter().rev().take(8).fold(0, |end: u64, &byte| end << 8 | u64::from(byte));
    let begin = key.first().map_or(0, |&byte| u64::from(byte));
    (end ^ begin << 32 ^ (key.len() as u64) << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52
}

fn has_doubles(list: &[Entry], text: &str) -> bool {
    let keys = || list.iter().map(|entry| entry.identity(text));
    // Mostly no two keys have one hash, and nobody needs to look closer.
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
        let (means, key) = entry.identity(text);
        match places.entry((means, key.to_owned())) {
            hash_map::Entry::Occupied(place) => unique[*place.get()].value = entry.value,
            hash_map::Entry::Vacant(place) => {
                place.insert(unique.len());
                unique.push(entry);
            }
        }
    }
    unique
}
