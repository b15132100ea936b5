//! Entries with values that JSON text cannot hold.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::Ordering;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use session_core::{EntryPart, Session, SessionExt, State};

use crate::in_memory::InMemory;
use crate::toy::{CLASS, Node, Toy, json, state};

fn session_of(state: State) -> InMemory {
    InMemory { state, ..InMemory::default() }
}

#[test]
fn unchanged_value_stays_foreign_with_same_number() {
    let mut state = state(&[("cart", CLASS), ("hits", json("1")), (":1", json("2"))]);
    state.insert("hits", 2).unwrap();
    state.insert("new", "é").unwrap();
    let entries: Vec<_> = state.entries().map(|entry| (entry.name(), entry.key(), entry.value())).collect();
    assert_eq!(
        entries,
        [
            ("cart", EntryPart::Foreign(3), EntryPart::Foreign(0)),
            ("hits", EntryPart::Foreign(4), EntryPart::Json("2")),
            ("1", EntryPart::Foreign(5), EntryPart::Foreign(2)),
            ("new", EntryPart::Json("\"new\""), EntryPart::Json("\"\\u00e9\"")),
        ]
    );
    assert_eq!((state.len(), state.keys().collect::<Vec<_>>()), (4, vec!["cart", "hits", "1", "new"]));
    assert!(
        state.contains_key("cart") && !state.contains_key("1"),
        "a lookup with a string never matches a key that is not text"
    );
    assert!(!state.discard("1") && state.discard("cart") && !state.contains_key("cart"));
    assert!(state.foreign::<Toy>().is_some());
    state.clear();
    assert!(state.is_empty() && state.foreign::<Toy>().is_none());
}

#[test]
fn foreign_value_is_read_from_its_json_text() {
    let state = state(&[("n", json("[1, 2]")), ("day", Node::Date("\"2026-11-24\"")), ("cart", CLASS)]);
    assert_eq!(state.get::<Vec<u8>>("n").unwrap(), Some(vec![1, 2]));
    assert_eq!(state.get::<&str>("day").unwrap(), Some("2026-11-24"));
    assert_eq!(state.get_json("day").unwrap(), Some("\"2026-11-24\""));
    let error = state.get::<Value>("cart").unwrap_err();
    assert!(error.is_read());
    assert_eq!(
        error.to_string(),
        "cannot read the session entry \"cart\" as `serde_json::value::Value`: it contains the Python class `app.Cart`"
    );
    assert!(state.get_json("cart").is_err());
    assert_eq!(state.get::<Value>("none").unwrap(), None);
    assert_eq!(state.get_encoded("day").unwrap().decode::<String>("day").unwrap(), "2026-11-24");
    assert!(state.get_encoded("cart").unwrap().decode::<String>("cart").is_err());
}

#[test]
fn foreign_value_without_exact_json_is_not_written() {
    let mut state = state(&[("n", json("1")), ("day", Node::Date("\"2026-11-24\""))]);
    let error = state.to_json().unwrap_err();
    assert!(error.is_write() && error.key() == Some("day"), "{error}");
    assert!(serde_json::to_string(&state).is_err());
    assert!(state.discard("day"));
    state.insert("b", 2).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"n": 1, "b": 2}"#);
    let error = self::state(&[(":1", json("2"))]).to_json().unwrap_err().to_string();
    assert!(error.ends_with("its key is not a string"), "{error}");
}

#[test]
fn nan_can_only_be_read_as_float() {
    let state = state(&[
        ("x", json("NaN")),
        ("up", json("Infinity")),
        ("down", json("-Infinity")),
        ("in", json("[1, NaN]")),
    ]);
    assert!(state.get::<f64>("x").unwrap().unwrap().is_nan());
    assert_eq!(state.get::<f32>("up").unwrap(), Some(f32::INFINITY));
    assert_eq!(state.get::<Option<f64>>("down").unwrap(), Some(Some(f64::NEG_INFINITY)));
    for error in [
        state.get::<Value>("x").unwrap_err(),
        state.get::<Option<u8>>("x").unwrap_err(),
        state.get::<String>("x").unwrap_err(),
    ] {
        assert!(error.to_string().ends_with(": it is NaN, which can only be read as a float"), "{error}");
    }
    let error = state.get::<Vec<f64>>("in").unwrap_err();
    assert!(error.to_string().contains("or other invalid JSON"), "{error}");
    assert!(state.get_json("x").is_err() && state.get_json("in").is_err());
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Visit {
    hits: u32,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Flat {
    hits: u32,
    #[serde(flatten)]
    more: More,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct More {
    theme: Option<String>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
#[serde(tag = "kind")]
enum Tagged {
    Guest,
    User { hits: u32 },
}

fn visited() -> InMemory {
    session_of(state(&[
        ("cart", CLASS),
        ("nan", json("NaN")),
        ("kind", json("\"User\"")),
        (":b'k'", CLASS),
        ("hits", json("1")),
    ]))
}

/// Returns the key of each entry, and whether its value is still the loaded one.
fn loaded(session: &InMemory) -> Vec<(String, bool)> {
    let is_foreign = |value| matches!(value, EntryPart::Foreign(_));
    session.state.entries().map(|entry| (entry.name().to_owned(), is_foreign(entry.value()))).collect()
}

#[test]
fn typed_view_keeps_entries_without_field() {
    let expected = |changed: &[&str]| -> Vec<(String, bool)> {
        let names = ["cart", "nan", "kind", "b'k'", "hits"];
        names.iter().map(|name| ((*name).to_owned(), !changed.contains(name))).collect()
    };
    let mut session = visited();
    assert_eq!(session.read::<Visit>().unwrap(), Visit { hits: 1 });
    session.write(&Visit { hits: 1 }).unwrap();
    assert_eq!(loaded(&session), expected(&[]), "writing an equal value keeps the loaded one");
    session.write(&Visit { hits: 2 }).unwrap();
    assert_eq!(loaded(&session), expected(&["hits"]));

    let mut session = visited();
    assert_eq!(session.read::<Tagged>().unwrap(), Tagged::User { hits: 1 });
    session.write(&Tagged::User { hits: 3 }).unwrap();
    assert_eq!(loaded(&session), expected(&["hits"]));
    session.write(&Tagged::Guest).unwrap();
    assert!(!session.contains("hits") && session.contains("cart") && session.contains("nan"));

    let mut session = visited();
    let flat = Flat { hits: 1, more: More { theme: None } };
    assert_eq!(session.read::<Flat>().unwrap(), flat);
    session.write(&Flat { hits: 4, ..flat }).unwrap();
    assert!(loaded(&session).starts_with(&expected(&["hits"])));
}

/// Regression: a value whose text begins with white space counted as null, so a written null did not replace it.
#[test]
fn value_that_begins_with_white_space_is_replaced_by_null() {
    #[derive(Serialize, Deserialize)]
    struct Visit {
        hits: Option<u8>,
    }
    let mut session = session_of(state(&[("hits", json(" 7"))]));
    session.write(&Visit { hits: None }).unwrap();
    assert_eq!(session.state.get_json("hits").unwrap(), Some("null"));
}

#[test]
fn typed_view_error_names_unreadable_entry() {
    #[derive(Serialize, Deserialize, Debug, Default)]
    #[serde(default)]
    struct Named {
        cart: Option<Value>,
    }
    #[derive(Serialize, Deserialize, Debug)]
    struct Buffered {
        #[serde(flatten)]
        named: Named,
    }
    #[derive(Serialize, Deserialize, Debug)]
    struct Wrapper(Option<()>);
    #[derive(Serialize, Deserialize, Debug)]
    struct Wrapped {
        cart: Wrapper,
    }

    let session = visited();
    for error in [
        session.read::<Named>().unwrap_err(),
        session.read::<Wrapped>().unwrap_err(),
        session.read::<HashMap<String, Value>>().unwrap_err(),
    ] {
        assert_eq!(error.key(), Some("cart"));
        assert!(error.to_string().ends_with("it contains the Python class `app.Cart`"), "{error}");
    }
    // Serde buffers all entries for this type, so the error may not name the entry that caused it.
    assert!(session.read::<Buffered>().is_err());
    let mut session = visited();
    session.write(&Named::default()).unwrap();
    assert_eq!(
        session.state.get_json("cart").unwrap(),
        Some("null"),
        "a write replaces the unreadable value"
    );
}

/// Regression: a type whose visitor accepts newtype structs read a NaN as null.
#[test]
fn dynamic_type_never_reads_nan_as_null() {
    #[derive(Debug)]
    struct Dynamic;

    impl<'de> Deserialize<'de> for Dynamic {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Any;

            impl<'de> Visitor<'de> for Any {
                type Value = Dynamic;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("anything")
                }

                fn visit_unit<E>(self) -> Result<Dynamic, E> {
                    Ok(Dynamic)
                }

                fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Dynamic, D::Error> {
                    inner.deserialize_any(self)
                }
            }

            deserializer.deserialize_any(Any)
        }
    }

    let session = visited();
    assert!(session.get::<Dynamic>("nan").is_err() && session.get::<Dynamic>("cart").is_err());
    let error = session.read::<HashMap<String, Dynamic>>().unwrap_err();
    assert_eq!(error.key(), Some("cart"));
    assert!(session_of(state(&[("none", json("null"))])).read::<HashMap<String, Dynamic>>().is_ok());
}

/// Regression: `read::<T>()` created and checked the text of every value, even of entries that `T` has no field for.
#[test]
fn typed_view_requests_no_text_of_ignored_entries() {
    let session = visited();
    session.read::<Visit>().unwrap();
    let calls = session.state.foreign::<Toy>().unwrap().json_calls.load(Ordering::Relaxed);
    assert_eq!(calls, 1, "only `hits` is read");
}

/// Regression: a value that is not JSON was compared as null, so it counted as a duplicate of a null in the queue.
#[test]
fn flash_of_encoded_nan_is_an_error() {
    let mut session = session_of(State::from_json(r#"{"x": NaN, "_f_": [null]}"#.to_owned()).unwrap());
    let nan = session.state.get_encoded("x").unwrap();
    for allow_duplicate in [true, false] {
        assert!(session.flash_encoded(nan.clone(), "", allow_duplicate).unwrap_err().is_write());
    }
    assert_eq!(session.state.to_json().unwrap(), r#"{"x": NaN, "_f_": [null]}"#);
}

#[test]
fn duplicate_name_keeps_first_position_and_last_value() {
    let state = state(&[("a", json("1")), (":7", json("2")), ("a", json("3")), (":7", json("4"))]);
    assert_eq!(state.keys().collect::<Vec<_>>(), ["a", "7", "7"]);
    assert_eq!(state.get("a").unwrap(), Some(3));
}

#[test]
fn flash_message_is_added_to_foreign_list() {
    let mut session = session_of(state(&[
        ("_f_", Node::List(vec![1, 2, 3])),
        ("text", json("\"saved\"")),
        ("class", CLASS),
        ("half", json(r#""a\ud800""#)),
    ]));
    session.flash_unless_queued("saved", "").unwrap();
    let queue = session.state.entries().next().unwrap().value();
    assert_eq!(queue, EntryPart::Foreign(0), "a duplicate is not added");
    session.flash_unless_queued("new", "").unwrap();
    assert!(session.peek_flash::<String>("").is_err());
    assert_eq!(
        session.pop_flash_each::<String>(""),
        [
            Ok("saved".to_owned()),
            Err("the Python class `app.Cart`".to_owned()),
            Err("a\u{fffd}\u{fffd}\u{fffd}".to_owned()),
            Ok("new".to_owned()),
        ]
    );
    assert!(!session.contains("_f_") && session.pop_flash_each::<String>("").is_empty());
    assert!(session.flash("x", "").is_ok() && session.peek_flash::<String>("").unwrap() == ["x"]);
}

#[test]
fn non_list_flash_queue_pops_as_one_message() {
    for value in ["\"text\"", "{}", "1"] {
        let mut session = session_of(State::from_json(format!(r#"{{"_f_": {value}}}"#)).unwrap());
        assert!(session.flash("new", "").unwrap_err().is_read());
        assert_eq!(session.state.get_json("_f_").unwrap(), Some(value));
        assert_eq!(session.pop_flash_each::<Value>(""), [Ok(serde_json::from_str(value).unwrap())]);
        assert!(session.is_empty());
    }
}

#[test]
fn encoded_value_from_other_state_needs_exact_json() {
    let one = state(&[("n", json("1")), ("day", Node::Date("\"2026-11-24\""))]);
    let mut same = one.clone();
    same.insert_encoded("again", one.get_encoded("day").unwrap()).unwrap();
    assert_eq!(same.entries().last().unwrap().value(), EntryPart::Foreign(1));
    let mut other = State::default();
    other.insert_encoded("n", one.get_encoded("n").unwrap()).unwrap();
    assert!(other.insert_encoded("day", one.get_encoded("day").unwrap()).unwrap_err().is_write());
    assert_eq!(other.to_json().unwrap(), r#"{"n": 1}"#);
}

#[test]
fn error_caused_by_entry_without_nan_does_not_mention_nan() {
    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "`read` fails, so no `View` is ever created")]
    struct View {
        scale: f64,
        hits: u8,
    }
    let state = State::from_json(r#"{"scale": NaN, "hits": "many"}"#.to_owned()).unwrap();
    let error = session_of(state).read::<View>().unwrap_err();
    assert_eq!(error.key(), None);
    assert!(!error.to_string().contains("NaN"), "{error}");
}

#[test]
fn value_json_returns_json_text_or_cause() {
    let state = state(&[(":1", json("2")), ("day", Node::Date("\"2026-11-24\"")), ("cart", CLASS)]);
    let texts: Vec<_> = state.entries().map(|entry| entry.value_json().map_err(|e| e.to_string())).collect();
    assert_eq!(texts[..2], [Ok("2"), Ok("\"2026-11-24\"")]);
    assert!(texts[2].as_ref().unwrap_err().ends_with("it contains the Python class `app.Cart`"));
}

/// Regression: a string whose text begins with white space was not recognised as a string. A key with such a text was
/// an error, and a flash message with such a text was shown with its quotes.
#[test]
fn text_of_string_can_begin_with_white_space() {
    let state = state(&[(": \"hits\"", json(" 7")), ("_f_", json(" \"Saved\\u0021\" "))]);
    assert_eq!(state.entries().next().unwrap().json().unwrap().0, "\"hits\"");
    let mut session = session_of(state);
    assert_eq!(session.pop_flash_each::<u8>(""), [Err("Saved!".to_owned())]);
}

#[test]
fn debug_output_of_an_entry_has_no_contents() {
    let mut state = state(&[("cart", Node::Class("secret class"))]);
    state.insert("text", "secret").unwrap();
    let shown: Vec<String> = state.entries().map(|entry| format!("{entry:?}")).collect();
    assert_eq!(shown, [r#"EntryRef { name: "cart", size: 16 }"#, r#"EntryRef { name: "text", size: 16 }"#]);
    let shown: Vec<String> = state.entries().map(|entry| format!("{:?}", entry.value())).collect();
    assert_eq!(shown, ["Foreign(..)", "Json(..)"]);
}
