//! The JSON text of a session's entries in the report.

use std::collections::HashSet;

use signed_session::State;
use signed_session::parts::session_core::{EntryPart, EntryRef, json};

/// Limit of the state's JSON text in bytes. A note replaces each value that would exceed the limit. Keys and notes may
/// exceed it. Values in a pickle can share a part, and JSON repeats the part in each value. So a pickle of 4 KiB can
/// become a million bytes of JSON.
const MAX_SHOWN: usize = 64 * 1024;

/// Returns the JSON text of a state. A note replaces a value that has no JSON text or does not fit into the report.
pub(crate) fn shown(state: &State) -> String {
    let mut keys = HashSet::new();
    let mut out = "{".to_owned();
    for (place, entry) in (1..).zip(state.entries()) {
        let separator = if place == 1 { "" } else { ", " };
        let key = key(&entry, place, &mut keys);
        let left = MAX_SHOWN.saturating_sub(out.len());
        let value = if left == 0 { quoted("(not shown: the report is full)") } else { value(&entry, left) };
        out.extend([separator, &key, ": ", &value]);
    }
    out + "}"
}

fn value(entry: &EntryRef<'_>, left: usize) -> String {
    match entry.value_json() {
        Ok(json) if json.len() <= left => json.to_owned(),
        Ok(json) => quoted(&format!("(not shown: {} bytes of JSON)", json.len())),
        Err(error) => quoted(&format!("({error})")),
    }
}

/// Returns the JSON text of a key. If an earlier key has the same text, adds the place of the entry to tell them apart.
fn key(entry: &EntryRef<'_>, place: usize, keys: &mut HashSet<String>) -> String {
    let key = match entry.key() {
        EntryPart::Json(key) => key.to_owned(),
        _ => quoted(entry.name()),
    };
    if keys.insert(key.clone()) {
        return key;
    }
    let mut label = format!("{} (entry {place})", entry.name());
    while !keys.insert(quoted(&label)) {
        label.push('\'');
    }
    quoted(&label)
}

/// Returns a JSON string.
fn quoted(text: &str) -> String {
    json::to_string(text).unwrap_or_default()
}
