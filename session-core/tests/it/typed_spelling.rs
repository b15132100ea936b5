//! Typed views (the whole session as a struct or map): a write keeps a value that the view's type spells differently.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use session_core::{EntryPart, SessionExt, State};

use crate::in_memory::{InMemory, session};
use crate::toy::{Node, state};

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

/// Regression: the date became a number. The other field may write its elements in a new order each time.
#[test]
fn date_stays_beside_hash_set() {
    let tags = (0..100).collect::<HashSet<u32>>();
    let text = session_core::json::to_string(&BTreeSet::from_iter(&tags)).unwrap();
    let mut session = session_of(state(&[("day", DATE), ("hits", Node::Json("1".to_owned()))]));
    session.state.insert_json("tags", text).unwrap();
    let visit = session.read::<Visit>().unwrap();
    session.write(&Visit { hits: 2, ..visit }).unwrap();
    assert_eq!(foreign(&session), ["day"]);
    assert_eq!(session.read::<Visit>().unwrap(), Visit { hits: 2, day: 30.0, tags });
}

/// Regression: the date became a number. `TypedSession` takes missing fields from a default.
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

/// A type may read an entry differently if another entry has a certain value. Then the old value of that other entry
/// stays only if the type reads back what it wrote.
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
