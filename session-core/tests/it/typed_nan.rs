//! Typed views (the whole session as a struct or map): how they treat NaN, and which values a write leaves unchanged.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use session_core::{EntryPart, Session, SessionExt, State};

use crate::in_memory::InMemory;
use crate::toy::{CLASS, Node, json, state};

fn session_of(state: State) -> InMemory {
    InMemory { state, ..InMemory::default() }
}

fn visited() -> InMemory {
    session_of(state(&[("cart", CLASS), ("nan", json("NaN")), ("hits", json("1"))]))
}

/// Returns the key of each entry, and whether its value is still the loaded one.
fn loaded(session: &InMemory) -> Vec<(String, bool)> {
    let is_foreign = |value| matches!(value, EntryPart::Foreign(_));
    session.state.entries().map(|entry| (entry.name().to_owned(), is_foreign(entry.value()))).collect()
}

#[test]
fn typed_view_reads_nan_as_float() {
    let mut session = visited();
    assert!(session.read::<Scale>().unwrap().nan.is_some_and(f64::is_nan));
    session.write(&Scale { nan: Some(0.5) }).unwrap();
    assert_eq!(session.get::<f64>("nan").unwrap(), Some(0.5));
}

#[derive(Serialize, Deserialize, Debug)]
struct Scale {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nan: Option<f64>,
}

/// Regression: a typed view that had read NaN could not be written.
#[test]
fn unchanged_nan_stays_after_typed_write() {
    let mut session = visited();
    let scale = session.read::<Scale>().unwrap();
    session.write(&scale).unwrap();
    assert!(loaded(&session).iter().all(|(_, is_foreign)| *is_foreign), "{:?}", loaded(&session));

    for constant in ["NaN", "Infinity", "-Infinity"] {
        let state = State::from_json(format!(r#"{{"hits": 1, "nan": {constant}}}"#)).unwrap();
        let mut session = session_of(state.clone());
        let mut map = session.read::<HashMap<String, f64>>().unwrap();
        map.insert("hits".to_owned(), 2.5);
        session.write(&map).unwrap();
        assert_eq!(session.state.to_json().unwrap(), format!(r#"{{"hits": 2.5, "nan": {constant}}}"#));

        let mut session = session_of(state.clone());
        session.write(&Some(session.read::<Scale>().unwrap())).unwrap();
        assert_eq!(session.state.to_json().unwrap(), state.to_json().unwrap());
    }
}

#[test]
fn typed_write_keeps_nan_within_option_or_newtype() {
    #[derive(Serialize, Deserialize)]
    struct Numbers(HashMap<String, f64>);

    let state = State::from_json(r#"{"hits": 1, "nan": NaN}"#.to_owned()).unwrap();
    let numbers = HashMap::from([("hits".to_owned(), 2.5), ("nan".to_owned(), f64::NAN)]);
    let expected = r#"{"hits": 2.5, "nan": NaN}"#;

    let mut session = session_of(state.clone());
    session.write(&Some(numbers.clone())).unwrap();
    assert_eq!(session.state.to_json().unwrap(), expected);

    let mut session = session_of(state);
    session.write(&Numbers(numbers)).unwrap();
    assert_eq!(session.state.to_json().unwrap(), expected);
}

#[test]
fn new_nan_within_enum_is_error() {
    #[derive(Serialize, Deserialize)]
    enum View {
        Scale(f64),
    }

    let state = State::from_json(r#"{"Scale": 1.5}"#.to_owned()).unwrap();
    let mut session = session_of(state);
    assert!(session.write(&View::Scale(f64::NAN)).unwrap_err().is_write());
    session.write(&View::Scale(2.5)).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"Scale": 2.5}"#);
}

/// Regression: writing a typed view without the NaN failed, so the NaN stayed in the session.
#[test]
fn typed_view_removes_nan() {
    let mut session = visited();
    session.write(&Scale { nan: None }).unwrap();
    assert!(!session.contains("nan") && session.contains("cart"));
}

/// Regression: the error for a new NaN did not name the key of its entry.
#[test]
fn error_for_new_nan_in_typed_view_names_key() {
    let write_error = |session: &mut InMemory, nan: f64| {
        let before = session.state.to_json().unwrap();
        let error = session.write(&Scale { nan: Some(nan) }).unwrap_err();
        assert!(error.is_write() && error.key() == Some("nan"), "{error}");
        assert_eq!(session.state.to_json().unwrap(), before);
        error.to_string()
    };
    let mut session = session_of(State::from_json(r#"{"nan": 1.5}"#.to_owned()).unwrap());
    let error = write_error(&mut session, f64::NAN);
    assert!(error.contains("Scale`: it is NaN; JSON cannot hold it; write a finite number"), "{error}");
    let mut session = session_of(State::from_json(r#"{"nan": Infinity}"#.to_owned()).unwrap());
    assert!(write_error(&mut session, f64::NEG_INFINITY).contains("it is -Infinity"));
    assert!(write_error(&mut InMemory::default(), f64::INFINITY).contains("it is Infinity"));
    // Regression: writing NaN in place of `null` returned no error, and the `null` stayed.
    let mut session = session_of(State::from_json(r#"{"nan": null}"#.to_owned()).unwrap());
    assert!(write_error(&mut session, f64::NAN).contains("it is NaN"));

    #[derive(Serialize, Deserialize)]
    struct Scales {
        all: Vec<f64>,
    }
    let error = InMemory::default().write(&Scales { all: vec![1.0, f64::NAN] }).unwrap_err();
    assert!(error.is_write() && error.key() == Some("all"), "{error}");
    let numbered = HashMap::from([(7_u8, f64::NAN)]);
    assert_eq!(InMemory::default().write(&numbered).unwrap_err().key(), Some("7"));
    assert_eq!(InMemory::default().write(&f64::NAN).unwrap_err().key(), None);
}

/// Regression: if the old and the new value of one entry were equal numbers of different types (`1.0` and `1`), the
/// unchanged values of the other entries were replaced by their JSON texts.
#[test]
fn replacing_one_value_keeps_unchanged_others_loaded() {
    #[derive(Serialize, Deserialize)]
    struct Dated {
        hits: u32,
        day: String,
        nan: f64,
    }
    let mut session = session_of(state(&[
        ("hits", json("1.0")),
        ("day", Node::Date("\"2026-11-24\"")),
        ("nan", json("NaN")),
    ]));
    session.write(&Dated { hits: 1, day: "2026-11-24".to_owned(), nan: f64::NAN }).unwrap();
    let entry = |name: &str, is_foreign| (name.to_owned(), is_foreign);
    assert_eq!(loaded(&session), [entry("hits", false), entry("day", true), entry("nan", true)]);
    assert_eq!(session.get::<u32>("hits").unwrap(), Some(1));
}
