//! Flash messages of a session in memory.

use std::collections::HashMap;

use session_core::{Session as _, SessionExt, State};

use crate::in_memory::{InMemory, session};

#[test]
fn flash_messages_stay_in_their_queues() {
    let mut session = InMemory::default();
    session.flash("one", "").unwrap();
    session.flash("two", "").unwrap();
    session.flash("bad", "error").unwrap();
    assert_eq!(
        session.state.to_json().unwrap(),
        r#"{"_f_": ["one", "two"], "_f_error": ["bad"]}"#,
        "the keys are Pyramid's"
    );
    assert_eq!(session.peek_flash::<String>("").unwrap(), ["one", "two"]);
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["one", "two"]);
    assert_eq!(session.pop_flash::<String>("").unwrap(), [""; 0]);
    assert_eq!(session.state.to_json().unwrap(), r#"{"_f_error": ["bad"]}"#, "an empty queue is removed");
    assert_eq!(session.peek_flash::<String>("error").unwrap(), ["bad"]);
    assert_eq!(session.pop_flash::<String>("error").unwrap(), ["bad"]);
    assert!(session.state.is_empty());
}

#[test]
fn duplicate_flash_is_added_only_if_allowed() {
    // Another writer may use other white space and escapes than this library.
    let mut session = session(r#"{"_f_": [ "Zo\u00EB", {"b":1, "a":2} ]}"#);
    session.flash_unless_queued("Zoë", "").unwrap();
    session.flash_unless_queued(HashMap::from([("a", 2), ("b", 1)]), "").unwrap();
    assert_eq!(session.state.to_json().unwrap(), r#"{"_f_": [ "Zo\u00EB", {"b":1, "a":2} ]}"#);
    session.flash("Zoë", "").unwrap();
    session.flash_unless_queued("new", "").unwrap();
    assert_eq!(
        session.state.to_json().unwrap(),
        r#"{"_f_": [ "Zo\u00EB", {"b":1, "a":2}, "Zo\u00eb", "new"]}"#
    );
}

#[test]
fn different_messages_are_not_duplicates() {
    let mut session = InMemory::default();
    let messages = [
        "100000000000000000000000000000000001", // as floats, these two are equal
        "100000000000000000000000000000000002",
        "[1, 2]",
        "[1, 2, 3]",
        "[2, 1]",
        r#"{"a": 1}"#,
        r#"{"a": 1, "b": 1}"#,
        r#"{"a": 2}"#,
        "true",
        "null",
        "\"true\"",
    ];
    session.state.insert_json("_f_", format!("[{}]", messages.join(", "))).unwrap();
    // serde_json reads integers beyond 64 bits as floats, so only the number of messages is compared.
    for value in
        [serde_json::json!([1, 2]), serde_json::json!({"b": 1, "a": 1.0}), serde_json::json!(true), ().into()]
    {
        session.flash_unless_queued(value, "").unwrap();
    }
    assert_eq!(
        session.peek_flash::<serde_json::Value>("").unwrap().len(),
        messages.len(),
        "duplicates are not added"
    );
    for (more, value) in
        [serde_json::json!([1, 3]), serde_json::json!({"b": 1}), false.into(), "".into()].iter().enumerate()
    {
        session.flash_unless_queued(value, "").unwrap();
        assert_eq!(session.peek_flash::<serde_json::Value>("").unwrap().len(), messages.len() + more + 1);
    }
    session.state.insert_json("_f_", "[100000000000000000000000000000001]".into()).unwrap();
    session.flash_unless_queued(100_000_000_000_000_000_000_000_000_000_002_u128, "").unwrap();
    assert_eq!(session.peek_flash::<u128>("").unwrap().len(), 2);
}

/// Regression: an integer that no float can represent was a duplicate of the float nearest to it.
#[test]
fn float_is_duplicate_only_of_equal_integer() {
    let mut session = session(r#"{"_f_": [9007199254740993]}"#);
    for _ in 0..2 {
        session.flash_unless_queued(9_007_199_254_740_992.0, "").unwrap();
        session.flash_unless_queued(9_007_199_254_740_992_u64, "").unwrap();
    }
    assert_eq!(session.state.to_json().unwrap(), r#"{"_f_": [9007199254740993, 9007199254740992.0]}"#);
}

#[test]
fn list_is_not_duplicate_of_longer_list() {
    let mut session = session(r#"{"_f_": [[1, 2]]}"#);
    for list in [&[1, 2][..], &[1], &[1, 2, 3], &[1, 2]] {
        session.flash_unless_queued(list, "").unwrap();
    }
    assert_eq!(session.state.to_json().unwrap(), r#"{"_f_": [[1, 2], [1], [1, 2, 3]]}"#);
}

#[test]
fn messages_of_wrong_type_stay_in_queue() {
    let mut session = session(r#"{"_f_": ["one", {"text": "two"}]}"#);
    assert!(session.pop_flash::<String>("").unwrap_err().is_read());
    assert_eq!(session.pop_flash::<serde_json::Value>("").unwrap().len(), 2);
}

#[test]
fn flash_to_non_list_is_an_error() {
    let mut session = session(r#"{"_f_": "not a list"}"#);
    let error = session.flash("one", "").unwrap_err();
    assert!(error.is_read());
    assert_eq!(error.to_string(), r#"cannot read the session entry "_f_" as `list`"#);
    assert!(session.pop_flash::<String>("").is_err());
    assert_eq!(session.state.to_json().unwrap(), r#"{"_f_": "not a list"}"#);
}

#[test]
fn encoded_flash_equals_direct_flash() {
    let (mut encoded, mut flashed) = (InMemory::default(), InMemory::default());
    for (message, allow_duplicate) in [("one", true), ("two", true), ("one", false), ("one", true)] {
        encoded.flash_encoded(State::encode("", message).unwrap(), "q", allow_duplicate).unwrap();
        let added = match allow_duplicate {
            true => flashed.flash(message, "q"),
            false => flashed.flash_unless_queued(message, "q"),
        };
        added.unwrap();
    }
    assert_eq!(encoded.state.to_json().unwrap(), flashed.state.to_json().unwrap());
}

/// A message of 126 levels can be the value of an entry, but not an element of a queue, whose list adds one level.
#[test]
fn too_deep_flash_message_is_an_error() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    let value = |levels| serde_json::from_str::<serde_json::Value>(&deep(levels)).unwrap();
    let mut session = InMemory::default();
    session.flash(value(125), "").unwrap();
    State::encode("a", value(126)).unwrap();
    assert!(session.flash(value(126), "").unwrap_err().is_write());
    assert_eq!(session.state.to_json().unwrap(), format!("{{\"_f_\": [{}]}}", deep(125)));
}

#[test]
fn brackets_in_message_text_are_not_nesting() {
    let mut session = InMemory::default();
    let message = "[{".repeat(200);
    session.flash(&message, "").unwrap();
    assert_eq!(session.pop_flash::<String>("").unwrap(), [message]);
}

/// Loading checks only brackets and quotes, so a loaded message may be invalid JSON.
#[test]
fn pop_flash_each_returns_invalid_json_message_as_text() {
    let state = session_core::State::from_json(r#"{"_f_": ["a" 1, nul]}"#.to_owned()).unwrap();
    let mut session = InMemory { state, ..InMemory::default() };
    assert_eq!(session.pop_flash_each::<String>(""), [Err(r#""a" 1"#.to_owned()), Err("nul".to_owned())]);
}
