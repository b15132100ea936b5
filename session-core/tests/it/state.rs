//! Reading and writing the entries of a state.

use proptest::prelude::*;
use serde_json::Value;
use session_core::{State, json};

fn state(text: &str) -> State {
    State::from_json(text.into()).unwrap()
}

/// JSON with spellings that serde_json would not write.
const UNUSUAL: &str =
    r#"{"z": 123456789012345678901234567890, "a": 1e-05, "\u00e9": 1E+2, "m": {"y":1,  "x":-0.0}}"#;

#[test]
fn untouched_entry_keeps_its_bytes() {
    let mut unusual = state(UNUSUAL);
    unusual.insert("new", "entry").unwrap();
    assert_eq!(
        unusual.to_json().unwrap(),
        format!("{}, \"new\": \"entry\"}}", &UNUSUAL[..UNUSUAL.len() - 1])
    );
    assert!(unusual.discard("new"));
    assert_eq!(unusual.to_json().unwrap(), UNUSUAL);
    unusual.insert("a", 2.5).unwrap();
    assert_eq!(unusual.to_json().unwrap(), UNUSUAL.replace("1e-05", "2.5"));
    assert_eq!(unusual.json_len(), unusual.to_json().unwrap().len());
}

#[test]
fn value_decodes_into_requested_type() {
    let mut unusual = state(UNUSUAL);
    assert_eq!(unusual.get::<u128>("z").unwrap(), Some(123_456_789_012_345_678_901_234_567_890));
    assert_eq!(unusual.get::<f64>("a").unwrap(), Some(0.00001));
    assert_eq!(unusual.get::<f64>("é").unwrap(), Some(100.0));
    assert_eq!(unusual.get::<u8>("none").unwrap(), None);
    assert_eq!(unusual.get_json("m").unwrap(), Some(r#"{"y":1,  "x":-0.0}"#));
    unusual.insert("borrowed", "no copy").unwrap();
    assert_eq!(unusual.get::<&str>("borrowed").unwrap(), Some("no copy"));
}

#[test]
fn wrong_type_error_names_entry_without_contents() {
    let state = state(r#"{"password": "hunter2"}"#);
    let error = state.get::<u32>("password").unwrap_err();
    assert!(error.is_read() && !error.is_write());
    assert_eq!(error.key(), Some("password"));
    assert_eq!(error.to_string(), "cannot read the session entry \"password\" as `u32`");
    assert!(!format!("{error:?} {state:?}").contains("hunter2"));
    assert_eq!(state.get::<String>("password").unwrap().as_deref(), Some("hunter2"), "the entry stays");
}

#[test]
fn unwritable_value_leaves_state_unchanged() {
    let mut state = state(r#"{"a": 1}"#);
    let error = state.insert("a", std::collections::HashMap::from([(vec![1], 1)])).unwrap_err();
    assert!(error.is_write());
    assert!(state.insert_json("a", "NaN".into()).is_err());
    assert!(state.insert_json("a", "1, \"b\": 2".into()).is_err());
    assert_eq!(state.to_json().unwrap(), r#"{"a": 1}"#);
    state.insert_json("a", "\n {\"as\":\"is\"}\t".into()).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"a": {"as":"is"}}"#);
}

#[test]
fn duplicate_key_keeps_first_position_and_last_value() {
    // Python's `json` does the same, even if the two keys are spelled differently (`a` and `\u0061`).
    for text in [r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"\u0061": 1, "b": 2, "a": 3}"#] {
        let state = state(text);
        assert_eq!(state.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(state.get("a").unwrap(), Some(3));
        assert_eq!(state.len(), 2);
    }
    let many: Vec<_> = (0..100).map(|i| format!("\"{}\": {i}", i % 50)).collect();
    let state = state(&format!("{{{}}}", many.join(", ")));
    assert_eq!(state.len(), 50);
    assert_eq!(state.get("7").unwrap(), Some(57));
}

#[test]
fn any_text_can_be_a_key() {
    let mut state = State::default();
    for key in ["", "\"", "\\", "é", "🎉", "\n", "a b", "\\u0061"] {
        assert!(!state.contains_key(key));
        state.insert(key, key).unwrap();
        assert_eq!(state.get::<String>(key).unwrap().as_deref(), Some(key));
    }
    let back = State::from_json(state.to_json().unwrap()).unwrap();
    assert!(back.keys().eq(state.keys()));
    assert!(back.keys().all(|key| back.get::<String>(key).unwrap().as_deref() == Some(key)));
}

#[test]
fn lone_surrogates_are_preserved() {
    // Python writes lone surrogates. A Rust string cannot hold one, so reading `a` as a `String` fails. The other
    // entries are not affected.
    let text = r#"{"\ud800": 1, "a": "\udfff", "b": 2}"#;
    let mut state = state(text);
    assert!(state.get::<String>("a").is_err());
    state.insert("b", 3).unwrap();
    assert_eq!(state.to_json().unwrap(), text.replace("2}", "3}"));
}

#[test]
fn escaped_spelling_does_not_find_lone_surrogate_key() {
    // Python sees three keys: a lone surrogate, the six characters `\ud800`, and these six in quotation marks.
    let text = r#"{"\ud800": 1, "\\ud800": 2, "\"\\ud800\"": 3}"#;
    let mut state = state(text);
    assert_eq!(state.len(), 3);
    assert_eq!(state.to_json().unwrap(), text);
    assert_eq!(state.get(r"\ud800").unwrap(), Some(2));
    assert_eq!(state.get(r#""\ud800""#).unwrap(), Some(3));
    state.insert(r"\ud800", 4).unwrap();
    assert!(state.discard(r"\ud800") && !state.discard(r"\ud800"));
    assert_eq!(state.to_json().unwrap(), r#"{"\ud800": 1, "\"\\ud800\"": 3}"#);
}

#[test]
fn duplicate_among_many_keys_is_found() {
    // There are more keys than values of the 12-bit hash, so the keys themselves have to be compared.
    let entries: Vec<_> = (0..5_000).map(|i| format!("\"{}\": {i}", i % 4_999)).collect();
    let state = state(&format!("{{{}}}", entries.join(", ")));
    assert_eq!(state.len(), 4_999);
    assert_eq!(state.keys().next(), Some("0"));
    assert_eq!(state.get("0").unwrap(), Some(4_999));
}

#[test]
fn debug_shows_no_contents() {
    let state =
        state(r#"{"a": ["hunter2", {"hunter2": "hunter2"}], "b": {"hunter2": "hunter2"}, "c": "hunter2"}"#);
    let parse = |key| json::Json::parse(state.get_json(key).unwrap().unwrap()).unwrap();
    let mut shown =
        format!("{state:?} {:?} {:?} {:?} {:?}", state.keys(), parse("a"), parse("b"), parse("c"));
    if let (json::Json::Array(elements), json::Json::Object(members)) = (parse("a"), parse("b")) {
        shown += &format!(" {elements:?} {members:?}");
    }
    assert!(!shown.contains("hunter2"), "{shown}");
    let kinds = "Array(..) Object(..) String(..) Elements(..) Members(..)";
    assert_eq!(
        shown,
        format!(r#"{{"a": "40 bytes", "b": "27 bytes", "c": "14 bytes"}} ["a", "b", "c"] {kinds}"#)
    );
}

#[test]
fn error_text_gives_advice() {
    let mut state = state(r#"{"name": "Zo\u00eb"}"#);
    assert!(state.get::<&str>("name").unwrap_err().to_string().contains("`String`"));
    assert_eq!(state.get::<String>("name").unwrap().as_deref(), Some("Zoë"));
    assert!(state.insert("nan", f64::NAN).unwrap_err().to_string().contains("NaN"));
    assert!(state.insert_json("bad", "{".into()).unwrap_err().to_string().contains("as `JSON`"));
}

#[test]
fn text_that_is_not_a_json_object_is_an_error() {
    for text in ["", "[]", "1", "null", "{", "{}}", "{\"a\": [}", "{\"a\" 1}", "{\"a\": 1 \"b\": 2}"] {
        assert!(State::from_json(text.into()).is_err(), "{text}");
    }
}

#[test]
fn deepest_insertable_value_can_be_read_back() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    // Two of the `MAX_DEPTH` levels are the record's list and the state's object.
    let deepest = session_core::json::MAX_DEPTH - 2;
    let mut state = State::default();
    let value: Value = serde_json::from_str(&nested(deepest)).unwrap();
    state.insert("a", &value).unwrap();
    state.insert_json("b", nested(deepest)).unwrap();
    let back = State::from_json(state.to_json().unwrap()).unwrap();
    assert_eq!(back.get::<Value>("a").unwrap(), Some(value.clone()));
    assert_eq!(back.get::<Value>("b").unwrap(), Some(value.clone()));

    let before = state.to_json().unwrap();
    assert!(state.insert("c", [value]).unwrap_err().is_write());
    assert!(state.insert_json("c", nested(deepest + 1)).unwrap_err().is_write());
    assert_eq!(state.to_json().unwrap(), before);
    assert!(State::from_json(format!("{{\"a\": {}}}", nested(deepest + 1))).is_err());
    state.insert("many", vec!["[[["; 100]).unwrap();
    state.insert("wide", vec![Vec::<u8>::new(); 200]).unwrap();
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[derive(Clone, Debug)]
enum Step {
    Insert(String, Value),
    Remove(String),
    Reload,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || "[a-cé\"]{0,2}";
    let step = prop_oneof![
        4 => (key(), any_json()).prop_map(|(key, value)| Step::Insert(key, value)),
        2 => key().prop_map(Step::Remove),
        1 => Just(Step::Reload),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    /// Compares a state with a list of pairs after each step.
    #[test]
    fn state_is_an_ordered_map(steps in steps()) {
        let mut state = State::default();
        let mut model: Vec<(String, Value)> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(key, value) => {
                    state.insert(&key, &value).unwrap();
                    match model.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, known)) => *known = value,
                        None => model.push((key, value)),
                    }
                }
                Step::Remove(key) => {
                    let exists = model.iter().any(|(known, _)| *known == key);
                    prop_assert_eq!(state.discard(&key), exists);
                    model.retain(|(known, _)| *known != key);
                }
                Step::Reload => state = State::from_json(state.to_json().unwrap()).unwrap(),
            }
            prop_assert!(state.keys().eq(model.iter().map(|(key, _)| key.as_str())));
            for (key, value) in &model {
                let stored = state.get::<Value>(key).unwrap();
                prop_assert_eq!(stored.as_ref(), Some(value));
            }
            prop_assert_eq!(state.json_len(), state.to_json().unwrap().len());
        }
    }
}

#[test]
fn encoded_value_debug_shows_only_size() {
    let value = State::encode("pin", "a secret").unwrap();
    assert_eq!(format!("{value:?}"), "Encoded { size: 10, .. }");
    assert!(State::encode("pin", f64::NAN).unwrap_err().is_write());
}

#[test]
fn keys_report_remaining_count() {
    let state = state(r#"{"a": 1, "b": 2, "c": 3}"#);
    let mut keys = state.keys();
    assert_eq!(keys.len(), 3);
    assert_eq!((keys.next(), keys.len()), (Some("a"), 2));
    assert_eq!(keys.size_hint(), (2, Some(2)));
}

#[test]
fn one_key_written_twice_is_one_entry() {
    assert_eq!(state(r#"{"a": 1, "a": 2}"#).to_json().unwrap(), r#"{"a": 2}"#);
    assert_eq!(state(r#"{"\ud800": 1, "\ud800": 2}"#).to_json().unwrap(), r#"{"\ud800": 2}"#);
}
