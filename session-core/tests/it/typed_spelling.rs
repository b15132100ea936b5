//! Typed views (the whole session as a struct or map): a write keeps a value that the view's type spells differently.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use session_core::{EntryPart, SessionExt, State};

use crate::in_memory::{InMemory, session};
use crate::toy::{Node, json, state};

/// Returns the keys of the entries whose values are still the loaded foreign values.
fn foreign(session: &InMemory) -> Vec<&str> {
    let is_foreign = |value| matches!(value, EntryPart::Foreign(_));
    session.state.entries().filter(|entry| is_foreign(entry.value())).map(|entry| entry.name()).collect()
}

fn session_of(state: State) -> InMemory {
    InMemory { state, ..InMemory::default() }
}

/// A date that is read as `30`, which an `f64` writes as `30.0`.
const DATE: Node = Node::Date("30");

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Visit {
    hits: u32,
    day: f64,
    #[serde(default)]
    tags: HashSet<u32>,
}

/// Regression: a view with an `f64` replaced an unchanged `1` with `1.0`.
#[test]
fn unchanged_value_stays_if_type_spells_it_differently() {
    let mut session = session(r#"{"hits": 1, "day": 1, "tags": [ 3 ]}"#);
    let visit = session.read::<Visit>().unwrap();
    session.write(&Visit { hits: 2, ..visit }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"hits": 2, "day": 1, "tags": [ 3 ]}"#);
    session.write(&Visit { hits: 2, day: 2.0, tags: HashSet::new() }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"hits": 2, "day": 2.0, "tags": []}"#);
}

#[test]
fn old_spelling_stays_if_other_field_is_unreadable() {
    let mut session = session(r#"{"hits": "many", "day": 3e1, "tags": [ 3 ]}"#);
    assert!(session.read::<Visit>().is_err());
    session.write(&Visit { hits: 2, day: 30.0, tags: HashSet::from([3]) }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"hits": 2, "day": 3e1, "tags": [ 3 ]}"#);
}

/// Regression: the date became a number. The `HashSet` in `tags` may write its elements in another order each time.
#[test]
fn date_stays_beside_hash_set() {
    let tags = (0..100).collect::<HashSet<u32>>();
    let text = session_core::json::to_string(&BTreeSet::from_iter(&tags)).unwrap();
    let mut session = session_of(state(&[("day", DATE), ("hits", json("1"))]));
    session.state.insert_json("tags", text).unwrap();
    let visit = session.read::<Visit>().unwrap();
    session.write(&Visit { hits: 2, ..visit }).unwrap();
    assert_eq!(foreign(&session), ["day"]);
    assert_eq!(session.read::<Visit>().unwrap(), Visit { hits: 2, day: 30.0, tags });
}

/// Regression: the date became a number if the session had no entry for another field. A `TypedSession` gets such a
/// field from `T::default()`, and then writes all fields.
#[test]
fn unchanged_date_stays_if_other_field_is_missing() {
    let mut session = session_of(state(&[("day", DATE)]));
    assert!(session.read::<Visit>().is_err());
    session.write(&Visit { hits: 1, day: 30.0, tags: HashSet::new() }).unwrap();
    assert_eq!(foreign(&session), ["day"]);
    assert_eq!(session.get::<u32>("hits").unwrap(), Some(1));
    session.write(&Visit { hits: 1, day: 31.0, tags: HashSet::new() }).unwrap();
    assert!(foreign(&session).is_empty());
}

/// A type may read an entry differently depending on another entry. The old value of that other entry stays only if the
/// type then reads back what it wrote.
#[test]
fn old_version_does_not_stay_beside_new_value() {
    #[derive(Deserialize)]
    struct AnyVersion {
        version: u32,
        minutes: u32,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(from = "AnyVersion")]
    struct Timer {
        version: u32,
        minutes: u32,
    }
    impl From<AnyVersion> for Timer {
        /// Version 1 counted hours.
        fn from(AnyVersion { version, minutes }: AnyVersion) -> Self {
            Self { version: 2, minutes: if version == 1 { 60 * minutes } else { minutes } }
        }
    }

    let mut session = session(r#"{"version": 1, "minutes": 3}"#);
    let timer = session.read::<Timer>().unwrap();
    assert_eq!(timer, Timer { version: 2, minutes: 180 });
    session.write(&timer).unwrap();
    assert_eq!(session.read::<Timer>().unwrap(), timer);
    let timer = Timer { minutes: 181, ..timer };
    session.write(&timer).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"version": 2, "minutes": 181}"#);
    assert_eq!(session.read::<Timer>().unwrap(), timer);
}

/// Whether an `Event` has the note depends on the entry `has_note`. The write reads an `Event` three times:
///
/// 1. In the old state, `has_note` is false. The type ignores the note, so the write keeps it as an unknown entry.
/// 2. In the merged state, `has_note` is true. The type reads the note and another day. The write now removes the note,
///    because the new `Event` has none.
/// 3. In the state without the note, the type reads the day that was written. So the date stays.
#[test]
fn unchanged_date_stays_if_removed_entry_affects_it() {
    #[derive(Deserialize)]
    struct AnyEvent {
        has_note: bool,
        day: f64,
        note: Option<String>,
    }
    #[derive(Serialize, Deserialize)]
    #[serde(from = "AnyEvent")]
    struct Event {
        has_note: bool,
        day: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }
    impl From<AnyEvent> for Event {
        /// The event is on the day after its note.
        fn from(AnyEvent { has_note, day, note }: AnyEvent) -> Self {
            let note = note.filter(|_| has_note);
            Self { has_note, day: if note.is_some() { day + 1.0 } else { day }, note }
        }
    }

    let mut session =
        session_of(state(&[("has_note", json("false")), ("day", DATE), ("note", json("\"a\""))]));
    session.write(&Event { has_note: true, day: 30.0, note: None }).unwrap();
    assert_eq!(foreign(&session), ["day"]);
    assert_eq!(session.state.keys().collect::<Vec<_>>(), ["has_note", "day"]);
}

/// A map that keeps the order of its keys, and all duplicates.
#[derive(Debug, PartialEq)]
struct Pairs(Vec<(String, f64)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AllPairs;

        impl<'de> Visitor<'de> for AllPairs {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(AllPairs)
    }
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Ordered {
    #[serde(default)]
    hits: Option<u32>,
    map: Pairs,
}

fn ordered(pairs: &[(&str, f64)]) -> Ordered {
    let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), *value));
    Ordered { hits: None, map: Pairs(pairs.collect()) }
}

/// Regression: the map kept its old order, or its duplicate key.
#[test]
fn new_order_of_map_is_written() {
    for (old, new, expected) in [
        (r#"{"a": 1.0, "b": 2e0}"#, [("b", 2.0), ("a", 1.0)].as_slice(), r#"{"b": 2e0, "a": 1.0}"#),
        (r#"{"a": 1.0, "a": 2.0}"#, &[("a", 2.0)], r#"{"a": 2.0}"#),
        (r#"{"a": 2e0}"#, &[("a", 1.0), ("a", 2.0)], r#"{"a": 1.0, "a": 2.0}"#),
        (r#"{"a": 1e0,  "b": 2e0}"#, &[("a", 1.0), ("b", 2.0)], r#"{"a": 1e0,  "b": 2e0}"#),
    ] {
        // With text for `hits`, the old state cannot be read as an `Ordered`.
        for hits in ["null", "\"many\""] {
            let mut session = session(&format!(r#"{{"hits": {hits}, "map": {old}}}"#));
            let new = ordered(new);
            session.write(&new).unwrap();
            assert_eq!(session.read::<Ordered>().unwrap(), new, "{old}, {hits}");
            if hits == "null" {
                assert_eq!(session.state.get_json("map").unwrap(), Some(expected));
            }
        }
    }
}

/// A `Prices` that is read from the old text writes the keys in another order, because reading sorts them. The old
/// text stays nevertheless, because the new value has the order of the old text.
#[test]
fn text_of_map_stays_if_its_old_order_is_written() {
    fn sorted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        let mut pairs = Pairs::deserialize(deserializer)?;
        pairs.0.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(pairs)
    }
    #[derive(Serialize, Deserialize)]
    struct Prices {
        #[serde(deserialize_with = "sorted")]
        map: Pairs,
    }

    let text = r#"{"map": {"b": 2e0,  "a": 1.0}}"#;
    let mut session = session(text);
    session.write(&Prices { map: ordered(&[("b", 2.0), ("a", 1.0)]).map }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), text);
}

/// A foreign value can have types that its JSON text would lose. So a map from another format is not replaced if only
/// the order of its keys is new.
#[test]
fn foreign_map_keeps_its_order() {
    let mut session = session_of(state(&[("map", json(r#"{"a": 1.0, "b": 2.0}"#))]));
    session.write(&ordered(&[("b", 2.0), ("a", 1.0)])).unwrap();
    assert_eq!(foreign(&session), ["map"]);
    session.write(&ordered(&[("b", 2.0), ("a", 1.5)])).unwrap();
    assert_eq!(session.state.get_json("map").unwrap(), Some(r#"{"b": 2.0, "a": 1.5}"#));
}

/// A `HashMap` writes its keys in a random order.
#[test]
fn unchanged_hash_map_keeps_spelling_of_its_values() {
    #[derive(Serialize, Deserialize)]
    struct Cart {
        hits: u32,
        items: HashMap<String, Vec<serde_json::Value>>,
    }
    const BIG: &str = "123456789012345678901234567890";

    let items: Vec<_> = (0..50).map(|n| format!(r#""{n}": [{BIG}, {{"y": 1.50, "x": "{n}"}}]"#)).collect();
    let mut session = session(&format!(r#"{{"hits": 1, "items": {{{}}}}}"#, items.join(", ")));
    let cart = session.read::<Cart>().unwrap();
    session.write(&Cart { hits: 2, ..cart }).unwrap();
    let text = session.state.get_json("items").unwrap().unwrap();
    assert_eq!([text.matches(BIG).count(), text.matches("1.50").count()], [50, 50], "{text}");
    let cart = session.read::<Cart>().unwrap();
    assert_eq!((cart.hits, cart.items["7"][1]["x"].as_str()), (2, Some("7")));
}

/// Regression: with serde_json's feature `arbitrary_precision`, a new number was not written if it was equal to the old
/// one as an `f64`. `cargo xtask ci` runs this test with the feature.
#[test]
fn number_is_compared_by_all_its_digits() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Price {
        #[serde(default)]
        hits: Option<u32>,
        price: serde_json::Number,
    }
    for (old, new) in [
        ("1234.123456789012345678", "1234.123456789012345679"),
        ("1.0", "1.0000000000000000001"),
        ("1e400", "1e401"),
    ] {
        for hits in ["null", "\"many\""] {
            let Ok(price) = serde_json::from_str(new) else { continue };
            let mut session = session(&format!(r#"{{"hits": {hits}, "price": {old}}}"#));
            let new = Price { hits: None, price };
            session.write(&new).unwrap();
            assert_eq!(session.read::<Price>().unwrap(), new, "{old}, {hits}");
        }
    }
    let mut session = session(r#"{"price": 1.0000000000000000001}"#);
    let new = Price { hits: None, price: serde_json::from_str("1.0").unwrap() };
    session.write(&new).unwrap();
    assert_eq!(session.read::<Price>().unwrap(), new);
}

/// Regression: each entry of a map was searched for from the first entry on. With this fault, the test takes too long
/// to finish.
#[test]
fn map_of_many_entries_is_written_in_linear_time() {
    const COUNT: u32 = 100_000;
    let text = |map: &BTreeMap<String, f64>| session_core::json::to_string(map).unwrap();
    let mut map: BTreeMap<_, _> = (0..COUNT).map(|key| (format!("{key:06}"), 1.0)).collect();
    let mut session = session(&text(&map));
    map.values_mut().for_each(|value| *value = 2.0);
    session.write(&map).unwrap();
    assert!(session.state.to_json().unwrap() == text(&map));
    // A map with a NaN is written entry by entry.
    let last = format!("{:06}", COUNT - 1);
    map.insert(last.clone(), f64::NAN);
    assert_eq!(session.write(&map).unwrap_err().key(), Some(&*last));
    session.write(&BTreeMap::<String, f64>::new()).unwrap();
    assert!(session.state.is_empty());
}

/// Regression: the old `true` stayed. The type does not read `is_admin`, so a `User` that is read from the old state
/// has the default, `false`. The new value is also `false`, so the entry seemed to be unchanged.
#[test]
fn value_that_is_only_written_replaces_old_one() {
    #[derive(Serialize, Deserialize)]
    struct User {
        name: String,
        #[serde(skip_deserializing)]
        is_admin: bool,
    }

    let mut session =
        session_of(State::from_json(r#"{"name": "zoe", "is_admin": true}"#.to_owned()).unwrap());
    session.write(&User { name: "bob".to_owned(), is_admin: false }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"name": "bob", "is_admin": false}"#);
    assert!(!session.read::<User>().unwrap().is_admin);
}
