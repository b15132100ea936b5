//! Typed views (the whole session as a struct or map) with fields that are only written.

use serde::{Deserialize, Serialize};
use session_core::{EntryPart, SessionExt};

use crate::in_memory::InMemory;
use crate::toy::{Node, json, state};

/// A date that is read as `30`, which an `f64` writes as `30.0`.
const DATE: Node = Node::Date("30");

fn is_foreign(session: &InMemory, key: &str) -> bool {
    let mut entries = session.state.entries();
    entries.any(|entry| entry.name() == key && matches!(entry.value(), EntryPart::Foreign(_)))
}

/// Regression: the date became a number. The type does not read `label`, so a `Visit` that was read back after the
/// write differed from the written one, and the result of the write seemed to be wrong.
#[test]
fn date_stays_beside_field_that_is_only_written() {
    #[derive(Serialize, Deserialize)]
    struct Visit {
        hits: u32,
        day: f64,
        #[serde(skip_deserializing)]
        label: String,
        user: User,
    }
    #[derive(Serialize, Deserialize)]
    struct User {
        #[serde(skip_deserializing)]
        is_admin: bool,
    }

    let state = state(&[("hits", json("1")), ("day", DATE), ("user", json(r#"{"is_admin": false}"#))]);
    let mut session = InMemory { state, ..InMemory::default() };
    for label in ["x", "y"] {
        let visit = session.read::<Visit>().unwrap();
        session.write(&Visit { label: label.to_owned(), user: User { is_admin: true }, ..visit }).unwrap();
        assert!(is_foreign(&session, "day"));
        assert_eq!(session.get::<String>("label").unwrap().as_deref(), Some(label));
        assert_eq!(session.state.get_json("user").unwrap(), Some(r#"{"is_admin": true}"#));
    }
}
