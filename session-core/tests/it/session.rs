//! The provided methods of `Session` and `SessionExt`, on a session in memory.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use session_core::{CSRF_KEY, Session, SessionExt};

use crate::in_memory::{InMemory, session};

#[test]
fn dyn_session_has_entries_flash_and_csrf_token() {
    let mut concrete = InMemory::default();
    let mut session: Box<dyn Session> = Box::new(&mut concrete);
    session.insert("a", vec![1, 2]).unwrap();
    session.flash("hello", "").unwrap();
    let token = session.csrf_token().unwrap();
    assert!(session.check_csrf_token(&token));
    assert_eq!(session.get::<Vec<u8>>("a").unwrap(), Some(vec![1, 2]));
    assert_eq!(session.keys().collect::<Vec<_>>(), ["a", "_f_", "_csrft_"]);
    assert_eq!(session.len(), 3);
    assert!(session.contains("a") && !session.contains("b") && !session.is_empty());
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["hello"]);
    assert!(session.discard("a") && !session.contains("a"));
    session.clear();
    assert!(session.is_empty() && session.is_new());
    session.invalidate();
}

#[test]
fn remove_returns_value_but_keeps_value_of_wrong_type() {
    let mut session = InMemory::default();
    session.insert("a", 1).unwrap();
    let error = session.remove::<String>("a").unwrap_err();
    assert!(error.is_read() && error.key() == Some("a"));
    assert!(session.contains("a"));
    assert_eq!(session.remove::<u8>("a").unwrap(), Some(1));
    assert_eq!(session.remove::<u8>("a").unwrap(), None);

    session.insert("b", "text").unwrap();
    assert!(session.discard("b") && !session.discard("b"));
}

#[test]
fn csrf_token_is_created_once() {
    let mut session = InMemory::default();
    let token = session.csrf_token().unwrap();
    assert_eq!(token.len(), 40);
    assert!(token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    assert_eq!(session.get::<String>(CSRF_KEY).unwrap().as_deref(), Some(&*token));
    let writes = session.writes;
    assert_eq!(session.csrf_token().unwrap(), token);
    assert_eq!(session.writes, writes, "the second call only reads");
    let next = session.new_csrf_token().unwrap();
    assert_ne!(next, token);
    assert!(session.check_csrf_token(&next) && !session.check_csrf_token(&token));
    assert_eq!(session.get::<String>(CSRF_KEY).unwrap(), Some(next));
}

#[test]
fn csrf_token_of_another_writer_is_accepted() {
    let mut session = session(r#"{"_csrft_": "token"}"#);
    assert_eq!(session.csrf_token().unwrap(), "token");
    assert!(session.check_csrf_token("token") && !session.check_csrf_token("Token"));
    // A non-ASCII token is refused like any wrong token, even if it has as many bytes or characters as the session's
    // token.
    for wrong in ["\u{1f600}", "\u{1f600}n", "tok\u{e9}n", "tok\u{e9}"] {
        assert!(!session.check_csrf_token(wrong), "{wrong}");
    }
    assert_eq!(session.writes, 0);
}

#[test]
fn only_exact_csrf_token_passes() {
    let mut session = InMemory::default();
    assert!(!session.check_csrf_token("") && !session.check_csrf_token("anything"));
    assert_eq!(session.writes, 0, "the check creates no token");
    let token = session.csrf_token().unwrap();
    for wrong in ["", &token[1..], &token[..39], &token.to_uppercase(), &format!("{token}0")] {
        // If the random token has no letters, its upper-case form is the same token, which passes.
        assert!(wrong == token || !session.check_csrf_token(wrong), "{wrong}");
    }
    // If the session's token is empty, Pyramid accepts an empty token. This library does not.
    session.insert(CSRF_KEY, "").unwrap();
    assert!(!session.check_csrf_token(""));
    assert_eq!(session.csrf_token().unwrap().len(), 40);
    session.insert(CSRF_KEY, 17).unwrap();
    assert!(!session.check_csrf_token("17"));
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Visit {
    hits: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

#[test]
fn typed_write_is_read_back() {
    let mut session = session(r#"{"theme": "dark", "_f_": ["hello"], "_csrft_": "token"}"#);
    let mut visit = Visit { hits: 1, user: Some("zoe".into()) };
    session.write(&visit).unwrap();
    assert_eq!(session.read::<Visit>().unwrap(), visit);

    // A skipped field must not be read with its old value, which may be the user who was signed in.
    visit.user = None;
    session.write(&visit).unwrap();
    assert_eq!(session.read::<Visit>().unwrap(), visit);
    assert_eq!(
        session.state.to_json().unwrap(),
        r#"{"theme": "dark", "_f_": ["hello"], "_csrft_": "token", "hits": 1}"#,
        "other entries stay"
    );
}

#[test]
fn typed_write_replaces_entries_of_wrong_type() {
    let mut session = session(r#"{"hits": "many", "user": "zoe"}"#);
    assert!(session.read::<Visit>().unwrap_err().is_read());
    let visit = Visit { hits: 1, user: None };
    session.write(&visit).unwrap();
    assert_eq!(session.read::<Visit>().unwrap(), visit);
}

#[test]
fn typed_write_removes_fields_of_other_variant() {
    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    #[serde(tag = "kind")]
    enum Visitor {
        Admin { rights: u32 },
        Guest { n: u32 },
    }
    let mut session = InMemory::default();
    session.write(&Visitor::Admin { rights: 7 }).unwrap();
    session.write(&Visitor::Guest { n: 1 }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"kind": "Guest", "n": 1}"#);
    assert_eq!(session.read::<Visitor>().unwrap(), Visitor::Guest { n: 1 });
}

#[test]
fn typed_write_that_cannot_be_read_back_is_an_error() {
    #[derive(Serialize, Deserialize)]
    struct NoDefault {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        list: Vec<u8>,
    }
    let mut session = session(r#"{"list": [1]}"#);
    assert!(session.write(&NoDefault { list: vec![] }).unwrap_err().is_write());
    assert_eq!(session.state.to_json().unwrap(), r#"{"list": [1]}"#);
}

#[test]
fn unchanged_value_keeps_its_spelling() {
    let mut session = session(r#"{"big": 123456789012345678901234567890, "float": 1e-05, "n": 1}"#);
    // `serde_json::Value` rounds integers beyond 64 bits, but the stored digits must not change.
    let mut map = session.read::<serde_json::Map<String, serde_json::Value>>().unwrap();
    map.insert("n".into(), 2.into());
    session.write(&map).unwrap();
    assert_eq!(
        session.state.to_json().unwrap(),
        r#"{"big": 123456789012345678901234567890, "float": 1e-05, "n": 2}"#
    );
}

#[test]
fn equal_value_of_wrong_type_is_replaced() {
    let mut session = session(r#"{"hits": 1.0}"#);
    assert!(session.read::<Visit>().is_err());
    session.write(&Visit { hits: 1, user: None }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"hits": 1}"#);
}

/// Regression: `1.0` stayed in the session when a typed view wrote `1`, so the next view read a float.
#[test]
fn integer_replaces_equal_float() {
    type Map = serde_json::Map<String, serde_json::Value>;
    let mut session = session(r#"{"n": 1.0, "list": [2.0], "float": 3.0, "short": 4e0}"#);
    let mut map = session.read::<Map>().unwrap();
    assert_eq!(map["n"], serde_json::json!(1.0));
    map.insert("n".into(), 1.into());
    map.insert("list".into(), serde_json::json!([2]));
    session.write(&map).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"n": 1, "list": [2], "float": 3.0, "short": 4e0}"#);
    assert_eq!(session.read::<Map>().unwrap(), map);
    assert_eq!(session.get::<u32>("n").unwrap(), Some(1));
}

#[test]
fn unreadable_object_with_duplicate_key_is_replaced() {
    #[derive(Serialize, Deserialize)]
    struct Outer {
        visit: Visit,
    }
    let mut session = session(r#"{"visit": {"hits": 1, "hits": 2}}"#);
    assert!(session.read::<Outer>().is_err());
    session.write(&Outer { visit: Visit { hits: 2, user: None } }).unwrap();
    assert_eq!(session.read::<Outer>().unwrap().visit.hits, 2);
}

#[test]
fn typed_view_ignores_non_unicode_key() {
    let mut session = session(r#"{"\ud800": 1, "hits": 2}"#);
    let visit = session.read::<Visit>().unwrap();
    assert_eq!(visit.hits, 2);
    session.write(&Visit { hits: 3, user: None }).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"\ud800": 1, "hits": 3}"#);

    // The first key is a lone surrogate, spelled as an escape. The second key consists of a backslash and `ud800`, so
    // it is another key.
    let mut session = self::session(r#"{"\ud800": 1, "\\ud800": 2}"#);
    session.write(&HashMap::<String, u32>::new()).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"\ud800": 1}"#);
}

#[test]
fn map_view_excludes_flash_and_csrf() {
    let mut session = session(r#"{"a": 1, "b": 2, "_f_": ["hello"], "_csrft_": "token"}"#);
    let mut map = session.read::<HashMap<String, u32>>().unwrap();
    assert_eq!(map, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    map.remove("a");
    session.write(&map).unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"b": 2, "_f_": ["hello"], "_csrft_": "token"}"#);
    map.insert("_csrft_".into(), 1);
    let error = session.write(&map).unwrap_err();
    assert!(error.is_write() && error.to_string().contains("under this key; use another key"), "{error}");
}

#[test]
fn typed_write_of_scalar_or_list_is_an_error() {
    let mut session = session(r#"{"a": 1}"#);
    assert!(session.write(&17).unwrap_err().is_write());
    assert!(session.write(&vec![1]).is_err());
    assert_eq!(session.state.to_json().unwrap(), r#"{"a": 1}"#);
    assert_eq!(session.writes, 0);
}

#[test]
fn typed_read_of_empty_session_without_field_defaults_is_an_error() {
    assert!(InMemory::default().read::<Visit>().is_err());
}
