//! The session as a type of the application's.

use serde::{Deserialize, Serialize};
use session_web::TypedSession;

use crate::memory::session;

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

/// A type without `#[serde(default)]` was a 500 in a new session.
#[test]
fn field_that_the_session_lacks_has_its_default() {
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
fn default_that_is_set_or_kept_is_not_written() {
    let session = session();
    let visit = TypedSession::<Visit>::from(session.clone());
    visit.set(&Visit::default()).unwrap();
    visit.update(|_| ()).unwrap();
    assert!(session.is_empty());
}

#[test]
fn entry_of_another_type_is_an_error_and_no_default() {
    let session = session();
    session.insert("hits", "many").unwrap();
    let visit = TypedSession::<Visit>::from(session.clone());
    assert!(visit.get().unwrap_err().entry().unwrap().is_read());
    assert!(visit.update(|visit| visit.hits += 1).is_err());
    assert_eq!(session.get::<String>("hits").unwrap().unwrap(), "many");
}
