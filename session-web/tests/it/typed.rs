//! `TypedSession`: the session as a type of the application.

use serde::{Deserialize, Serialize};
use session_core::State;
use session_web::TypedSession;

use crate::memory::{session, session_with};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Visit {
    hits: u32,
    theme: String,
}

impl Default for Visit {
    fn default() -> Self {
        Self { hits: 0, theme: "light".to_owned() }
    }
}

/// Regression: if the type had no `#[serde(default)]`, a new session caused a 500.
#[test]
fn missing_field_has_its_default() {
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    assert_eq!(visit.get().unwrap(), Visit::default());
    session.insert("hits", 3).unwrap();
    session.insert("other", 1).unwrap();
    assert_eq!(visit.get().unwrap(), Visit { hits: 3, ..Visit::default() });
    visit.update(|visit| visit.hits += 1).unwrap();
    assert_eq!(session.get::<u32>("hits").unwrap(), Some(4));
    assert_eq!(session.keys(), ["hits", "other", "theme"]);
}

#[test]
fn unchanged_default_is_not_written() {
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    visit.set(&Visit::default()).unwrap();
    visit.update(|_| ()).unwrap();
    assert!(session.is_empty());
}

#[test]
fn entry_of_wrong_type_returns_error() {
    let session = session();
    session.insert("hits", "many").unwrap();
    let visit = TypedSession::<Visit>::from(session.clone());
    assert!(visit.get().unwrap_err().entry().unwrap().is_read());
    assert!(visit.update(|visit| visit.hits += 1).is_err());
    assert_eq!(session.get::<String>("hits").unwrap().unwrap(), "many");
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rating {
    ratio: Option<f64>,
}

/// Regression: `set` compared values as JSON, in which a NaN and `None` are both null, so it saw no change between
/// them. It neither replaced a NaN in the session with `None`, nor refused to write a NaN over `None`.
#[test]
fn set_distinguishes_nan_from_none() {
    let python = State::from_json(r#"{"ratio": NaN}"#.to_owned()).unwrap();
    let rating = TypedSession::<Rating>::from(session_with(python));
    assert!(rating.get().unwrap().ratio.unwrap().is_nan());
    rating.set(&Rating { ratio: None }).unwrap();
    assert_eq!(rating.get().unwrap(), Rating { ratio: None });

    let error = rating.set(&Rating { ratio: Some(f64::NAN) }).unwrap_err();
    assert!(error.to_string().contains("ratio"), "{error}");
    rating.set(&Rating { ratio: Some(0.5) }).unwrap();
    assert_eq!(rating.get().unwrap(), Rating { ratio: Some(0.5) });
}
