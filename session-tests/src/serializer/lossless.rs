//! Checks a serializer that keeps untouched entries byte for byte.

use std::borrow::Cow;

use session_core::json;
use session_serde::Serializer;

use super::{dump, dump_record, load, one_entry};
use crate::run::{ensure, fail, fixed, property};
use crate::strategies::{self, PlainRecord};

/// Checks that a serializer keeps untouched entries byte for byte. `JsonSerializer` does, both alone and inside a
/// serializer that signs or encrypts. Call [`check`](super::check) as well.
///
/// # Panics
/// Panics like [`check`](super::check).
pub fn check_lossless(serializer: &impl Serializer) {
    crate::__lossless_serializer_properties!(__all, serializer, serializer);
}

/// Checks that the JSON text of an entry comes back byte for byte, for example integers beyond 64 bits, `1E5`, `\u0041`
/// and the order of keys.
pub fn entries_keep_their_spelling(serializer: &impl Serializer) {
    let keeps = |record: &PlainRecord| {
        let back = load(serializer, &dump(serializer, record)?)?;
        ensure!(back == *record, "the record came back as {back:?}");
        Ok(())
    };
    for text in [
        "123456789012345678901234567890",
        "-0",
        "1E5",
        "1e+05",
        "0.10",
        "1e400",
        "\"\\u00E9\\/é\"",
        "\"\\uD83C\"",
        "[ 1 ,\t{ } ]",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":2}",
    ] {
        fixed("the spelling of an entry", text, || keeps(&one_entry(text.to_owned())));
    }
    property("the spelling of entries", 1.0, strategies::spelled_record(), |record| keeps(&record));
}

/// Checks that setting one entry keeps the JSON texts and the order of the other entries.
pub fn untouched_entries_stay(serializer: &impl Serializer) {
    let case = (strategies::spelled_record(), strategies::text(), strategies::value());
    property("the entries beside a changed one", 0.5, case, |(record, key, value)| {
        let bytes = dump(serializer, &record)?;
        let loaded = serializer.loads_record(Cow::Borrowed(&bytes));
        let mut changed = loaded.map_err(|error| fail(format!("loads_record: {error}")))?.record;
        changed.state.insert(&key, &value).map_err(|error| fail(error.to_string()))?;

        let bytes = dump_record(serializer, &changed)?;
        let mut expected = record;
        let text = json::to_string(&value).map_err(|error| fail(error.to_string()))?;
        match expected.entries.iter_mut().find(|entry| entry.0 == key) {
            Some(entry) => entry.1 = text,
            None => expected.entries.push((key, text)),
        }
        let back = load(serializer, &bytes)?;
        ensure!(back == expected, "the record came back as {back:?}, expected {expected:?}");
        Ok(())
    });
}
