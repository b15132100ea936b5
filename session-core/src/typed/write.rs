//! Writes one value of the user's type as a whole state.

use std::cell::RefCell;
use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::read::{Notes, read, read_with};
use crate::entry::Part;
use crate::error::EntryError;
use crate::index::Index;
use crate::json::{self, ListId};
use crate::own_keys::is_reserved;
use crate::serialize_entries::serialize_entries;
use crate::serializer_error::SerializerError;
use crate::state::State;
use crate::value::{Value, is_value};

/// The advice for a float that JSON cannot hold.
const NOT_FINITE_HINT: &str = "JSON cannot hold it; write a finite number, or `None` for no number";

/// Maximum number of times that [`is_written_alike`] reads a state again. A small `HashSet` has the same order in about
/// half of all reads, so the probability that all reads agree is negligible.
const READS: usize = 32;

/// Returns a copy of `state` with `value` written to it, such that [`read`] returns `value` again.
pub(crate) fn written<T: Serialize + DeserializeOwned>(
    state: &State,
    value: &T,
) -> Result<State, EntryError> {
    let new = entries(value)?;
    if let Some(key) = new.keys().find(|key| is_reserved(key)) {
        return Err(EntryError::write::<T>(Some(key))
            .because("the library keeps its own data under this key; use another key".to_owned()));
    }
    let (old, new) = (Index::new(state), Index::new(&new));
    let known = known::<T>(&old, new.state());
    let known = Index::new(&known);
    let write = |keep| merged::<T>(&old, &new, &known, keep);
    write(Keep::Unchanged).or_else(|_| write(Keep::Alike)).or_else(|_| write(Keep::SameText))
}

/// The old values that a write keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Values for which a `T` that was read from the old state writes the new text. The old text may differ from the
    /// new one: most types spell a date differently from Python. If it is unknown what such a `T` writes for a value,
    /// the rule of [`Alike`](Self::Alike) applies. Writing fails for a `T` that reads the old text of an entry
    /// differently once another entry, such as a version, has its new value.
    Unchanged,
    /// Values that differ from the new ones only in spelling. Not every `T` can read every old spelling: a struct
    /// cannot be read from an object with a duplicate key.
    Alike,
    /// Values with the same text as the new ones.
    SameText,
}

impl Keep {
    /// Returns the text that replaces `old` if `new` is written, or `None` if `old` stays. `known` is the text that a
    /// `T` writes for `old`, or `None` if it is unknown.
    fn replacement(self, old: Value<'_>, known: Option<&str>, new: &str) -> Option<String> {
        let stays = match (self, known) {
            _ if old.text() == Ok(new) => true,
            (Self::Unchanged, Some(known)) if known == new => true,
            (Self::Unchanged, Some(known)) => {
                if is_value(new) && json::reordered_lists(known, new).is_some_and(|lists| lists.is_empty()) {
                    return old.reordered(known, new);
                }
                false
            }
            (Self::Unchanged, None) | (Self::Alike, _) => old.reads_like(new),
            (Self::SameText, _) => false,
        };
        (!stays).then(|| new.to_owned())
    }
}

/// Returns the entries that a `T` writes after it is read from the state `old`. If a `T` cannot be read from `old`,
/// adds the entries that only `new` has to a copy of `old`, and tries again. Returns no entries if this fails as well.
fn known<T: Serialize + DeserializeOwned>(old: &Index<'_>, new: &State) -> State {
    let written_by = |state: &State| {
        let notes = Notes { ignored: Some(RefCell::default()), ..Notes::default() };
        let mut known = entries(&read_with::<T>(state, &notes)?)?;
        // What a `T` writes for an entry that it has not read says nothing about the entry.
        let ignored = notes.ignored.unwrap_or_default().into_inner();
        known.retain(|key| key.is_none_or(|key| !ignored.contains(key)));
        Ok::<_, EntryError>(known)
    };
    let with_missing = || {
        let mut state = old.state().clone();
        for (key, text) in texts(new).filter(|(key, _)| !old.contains_key(key)) {
            state.set_at(None, key, Part::Written(text.to_owned()))?;
        }
        written_by(&state)
    };
    written_by(old.state()).or_else(|_| with_missing()).unwrap_or_default()
}

/// Returns a copy of the state `old` with the entries of `new`, which a `T` has written. `known` has the entries that a
/// `T` writes after it is read from `old`, as the function [`known`] returns them.
fn merged<T: Serialize + DeserializeOwned>(
    old: &Index<'_>,
    new: &Index<'_>,
    known: &Index<'_>,
    keep: Keep,
) -> Result<State, EntryError> {
    let mut state = old.state().clone();
    for (key, text) in texts(new.state()) {
        let at = old.find(key);
        let known = known.value(key).and_then(|value| value.text().ok());
        let replacement = match at.map(|at| old.state().value_at(at)) {
            Some(old) => keep.replacement(old, known, text),
            None => Some(text.to_owned()),
        };
        let Some(replacement) = replacement else { continue };
        if !is_value(&replacement) {
            return Err(match json::parse_constant(text) {
                Some(_) => {
                    EntryError::write::<T>(Some(key)).because(format!("it is {text}; {NOT_FINITE_HINT}"))
                }
                None => EntryError::not_json(key),
            });
        }
        state.set_at(at, key, Part::Written(replacement))?;
    }
    // Remove entries that the old state's `T` writes and the new `T` does not: skipped fields, fields of another
    // variant.
    let remove_stale = |state: &mut State, known: &Index<'_>| {
        let len = state.len();
        state.retain(|key| key.is_none_or(|key| new.contains_key(key) || !known.contains_key(key)));
        state.len() < len
    };
    remove_stale(&mut state, known);
    let read_back = |state: &State| {
        let back = read::<T>(state).and_then(|back| entries(&back));
        back.map_err(|_| EntryError::write::<T>(None))
    };
    // If the old state cannot be read as a `T`, `known` is empty, so old entries of a `T` may be left. Remove entries
    // that a `T` read from the merged state writes, but that are not in `new`.
    let mut back = read_back(&state)?;
    if remove_stale(&mut state, &Index::new(&back)) {
        back = read_back(&state)?;
    }
    let (read_new, read_again) = (|| read_back(new.state()), || read_back(&state));
    if keep == Keep::Unchanged && !is_written_alike(&back, new.state(), read_new, read_again) {
        return Err(EntryError::write::<T>(None));
    }
    Ok(state)
}

/// Returns whether `back` has the entries of `new` and no others, in any order of members. `back` is what a `T` writes
/// after it is read from the merged state, and `read_again` repeats that read and write. If a list has the same order
/// each time, it must have this order in `new`, too. The order of any other list does not count: a `HashSet` has another
/// order each time.
///
/// A field that is written but not read (`skip_deserializing`) has its default in `back`. So it is enough if `back`
/// matches what a `T` writes after it is read from `new`. `read_new` returns this.
fn is_written_alike(
    back: &State,
    new: &State,
    read_new: impl FnOnce() -> Result<State, EntryError>,
    read_again: impl Fn() -> Result<State, EntryError>,
) -> bool {
    let written = reordered_lists(back, new);
    if written.as_ref().is_some_and(HashSet::is_empty) {
        return true;
    }
    let read = read_new().ok().and_then(|read| reordered_lists(back, &read));
    let mut reordered: Vec<_> = written.into_iter().chain(read).collect();
    let is_alike = |reordered: &[HashSet<ListId>]| reordered.iter().any(HashSet::is_empty);
    for _ in 0..READS {
        if reordered.is_empty() || is_alike(&reordered) {
            break;
        }
        let again = read_again().unwrap_or_default();
        let Some(varying) = reordered_lists(back, &again) else { return false };
        reordered.iter_mut().for_each(|lists| lists.retain(|list| !varying.contains(list)));
    }
    is_alike(&reordered)
}

/// Returns the lists in `back` that have another order in `new`, or `None` if the states differ in their keys, or in a
/// value by more than order.
fn reordered_lists(back: &State, new: &State) -> Option<HashSet<ListId>> {
    if back.len() != new.len() {
        return None;
    }
    let back = Index::new(back);
    let mut lists = HashSet::new();
    for (key, text) in texts(new) {
        lists.extend(json::reordered_lists(back.value(key)?.text().ok()?, text)?);
    }
    Some(lists)
}

/// Returns the entries that a `T` has written. They have no foreign values, because a `T` is written as JSON text.
fn texts(entries: &State) -> impl Iterator<Item = (&str, &str)> {
    entries.named().filter_map(|(key, value)| Some((key, value.text().ok()?)))
}

/// Returns the entries that a `T` writes. An entry that is NaN or an infinity is written as Python's `json` writes it.
fn entries<T: Serialize>(value: &T) -> Result<State, EntryError> {
    let object = json::to_string(value).ok().and_then(|text| State::from_json(text).ok());
    let entries =
        || serialize_entries(value).map_err(|SerializerError(key)| EntryError::write::<T>(key.as_deref()));
    object.map_or_else(entries, Ok)
}
