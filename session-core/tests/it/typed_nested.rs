//! Typed views (the whole session as a struct or map): a write keeps nested data that the view's type does not know.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use session_core::SessionExt;

use crate::in_memory::session;

/// Regression: the members that the type does not know disappeared. A `HashMap` writes its keys in a random order, so
/// the entry was not recognised as unchanged.
#[test]
fn unknown_members_stay_in_unchanged_hash_map() {
    #[derive(Serialize, Deserialize)]
    struct User {
        name: String,
        day: f64,
    }
    #[derive(Serialize, Deserialize)]
    struct Group {
        hits: u32,
        users: HashMap<String, User>,
    }

    let users: Vec<_> =
        (0..8).map(|n| format!(r#""u{n}": {{"day": {n}, "secret": 0, "name": "x{n}"}}"#)).collect();
    let mut session = session(&format!(r#"{{"hits": 1, "users": {{{}}}}}"#, users.join(", ")));
    let group = session.read::<Group>().unwrap();
    session.write(&Group { hits: 2, ..group }).unwrap();
    let text = session.state.get_json("users").unwrap().unwrap();
    assert!(users.iter().all(|user| text.contains(user)), "{text}");
    assert_eq!(session.get::<u32>("hits").unwrap(), Some(2));
}
