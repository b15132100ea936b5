//! Reading and writing records.

use proptest::prelude::*;
use session_core::{Record, State, Timestamp};

fn read(text: &str) -> Option<Record> {
    Record::from_json(text.as_bytes().to_vec()).ok()
}

fn write(record: &Record) -> String {
    let mut out = Vec::new();
    record.write_json(&mut out).unwrap();
    assert!(out.len() <= record.json_capacity(), "`json_capacity` is an upper bound");
    String::from_utf8(out).unwrap()
}

#[test]
fn python_record_round_trips_byte_for_byte() {
    for text in [
        r#"[1700000000, 1699999000.5, {"a": 1}]"#,
        r#"[0, -0.25, {}]"#,
        r#"[1700000000, 1700000000.0, {"b": {"z": [1e-05, -0.0, 1E+2], "a": null}, "a": 123456789012345678901234567890}]"#,
        r#"[1700000000, 1e+22, {"\u00e9\"\\": "\ud83c\udf89", "": [[]]}]"#,
    ] {
        assert_eq!(write(&read(text).unwrap()), text);
    }
}

#[test]
fn white_space_is_accepted() {
    let record = read(" [ 1 ,\n2.5\t, { \"a\" :\r[ 1 , 2 ] } ] ").unwrap();
    assert_eq!((record.accessed.as_secs(), record.created.as_secs()), (1.0, 2.5));
    assert_eq!(write(&record), r#"[1, 2.5, {"a": [ 1 , 2 ]}]"#);
}

#[test]
fn times_are_written_as_pyramid_does() {
    let at = |secs| Timestamp::from_secs(secs).unwrap();
    let record = |accessed, created| Record::new(at(accessed), at(created), State::default());
    assert_eq!(write(&record(1.7e9, 1.7e9)), "[1700000000, 1700000000.0, {}]");
    assert_eq!(write(&record(1.5, -1.5)), "[1.5, -1.5, {}]");
    assert_eq!(write(&record(1e300, f64::MAX)), "[1e+300, 1.7976931348623157e+308, {}]");
    assert_eq!(write(&record(-f64::MAX, -2.2250738585072014e-308)).len(), "[, , {}]".len() + 24 + 24);
}

#[test]
fn non_record_text_is_malformed() {
    for text in [
        "",
        "null",
        "{}",
        "[]",
        "[1, 2]",
        "[1, 2, {}, 3]",
        "[1, 2, {}] x",
        "[1, 2, {}",
        "1, 2, {}]",
        "[1, 2, []]",
        "[1, 2, null]",
        "[1, 2, \"a\"]",
        "[1, 2, 3]",
        "[\"1\", 2, {}]",
        "[1, null, {}]",
        "[1, true, {}]",
        "[NaN, 2, {}]",
        "[1, Infinity, {}]",
        "[1, -Infinity, {}]",
        "[1e400, 2, {}]",
        "[1, -1e400, {}]",
        "[1, 2, {a: 1}]",
        "[1, 2, {'a': 1}]",
        "[1, 2, {\"a\": 'b'}]",
        "[1, 2, {\"\n\": 1}]",
        "[1, 2, {\"\\x\": 1}]",
        "[1, 2, {\"a\": \"b}]",
        "[1, 2, {\"a\": [}]",
        "[1, 2, {\"a\": 1,}]",
        "[1, 2, {\"a\"}]",
        "[1, 2, {\"a\": }]",
        "[1 2, {}]",
        "[1,, 2, {}]",
        "[+1, 2, {}]",
        "[.5, 2, {}]",
        "[1., 2, {}]",
    ] {
        assert!(read(text).is_none(), "{text}");
    }
    assert!(Record::from_json(b"[1, 2, {\"a\": \"\xff\"}]".to_vec()).is_err(), "not UTF-8");
    let deep = format!("[1, 2, {{\"a\": {}{}}}]", "[".repeat(5000), "]".repeat(5000));
    assert!(read(&deep).is_none(), "nested too deeply");
}

#[test]
fn invalid_value_keeps_its_bytes() {
    let text = r#"[1, 2.0, {"nan": NaN, "list": [Infinity, -Infinity], "word": x, "a": 01, "text": "\x", "b": [1 2,], "c": 1}]"#;
    let record = read(text).unwrap();
    assert_eq!(write(&record), text);
    for key in ["list", "word", "a", "text", "b"] {
        let error = record.state.get::<serde_json::Value>(key).unwrap_err();
        assert!(error.is_read() && error.key() == Some(key), "{error}");
    }
    assert_eq!(record.state.get("c").unwrap(), Some(1));
}

/// Regression: a single invalid value, such as a `NaN` that Python wrote, made the whole session malformed.
#[test]
fn invalid_value_fails_only_its_own_entry() {
    for value in ["NaN", "[1, -Infinity]", "01", "1.", "word", r#""\x41""#, "\"\n\"", "[1,, 2]", "{1: 2}"] {
        let text = format!(r#"[1, 2.0, {{"a": {value}, "b": 1}}]"#);
        let mut record = read(&text).unwrap_or_else(|| panic!("{text}"));
        assert!(record.state.get::<serde_json::Value>("a").unwrap_err().is_read(), "{text}");
        assert!(record.state.get_json("a").is_err());
        assert_eq!((record.state.get::<u8>("b").unwrap(), record.state.len()), (Some(1), 2));
        record.state.insert("b", 2).unwrap();
        assert_eq!(write(&record), text.replace("\"b\": 1", "\"b\": 2"));
        assert!(
            serde_json::to_string(&record).is_err(),
            "the value is not JSON, so serde cannot serialize it"
        );
    }
}

#[test]
fn record_round_trips_through_another_format() {
    let text =
        r#"[1700000000, 1699999000.5, {"b": [1, -2.5, null, true, "\u00e9"], "a": {"z": {}, "y": []}}]"#;
    let record = read(text).unwrap();
    // serde_json stands in for any self-describing serde format.
    let through = serde_json::to_string(&record).unwrap();
    assert_eq!(through, r#"[1700000000,1699999000.5,{"b":[1,-2.5,null,true,"é"],"a":{"z":{},"y":[]}}]"#);
    assert_eq!(write(&serde_json::from_str::<Record>(&through).unwrap()), text);
    for malformed in ["[1, 2]", "[1, 2, {}, 3]", "[1, \"2\", {}]", "[1, 2, []]", "{}"] {
        assert!(serde_json::from_str::<Record>(malformed).is_err(), "{malformed}");
    }
}

/// Any crate in a build can enable serde_json's feature `arbitrary_precision`. With the feature, serde_json passes
/// numbers to a visitor as maps. `cargo xtask ci` also runs these tests with the feature.
#[test]
fn arbitrary_precision_number_is_a_number() {
    let state: State = serde_json::from_str(r#"{"a": 1.5, "b": [-7, 1e3]}"#).unwrap();
    assert_eq!(state.get::<f64>("a").unwrap(), Some(1.5));
    assert_eq!(state.get::<(i8, f64)>("b").unwrap(), Some((-7, 1000.0)));
    let record: Record = serde_json::from_str("[1700000000, 1699999000.5, {}]").unwrap();
    assert_eq!(write(&record), "[1700000000, 1699999000.5, {}]");
}

/// Regression: a user's map whose first key was serde_json's `$serde_json::private::Number` was read as a number. The
/// rest of the map was then read as entries of the session.
#[test]
fn map_with_private_number_key_stays_a_map() {
    for key in ["$serde_json::private::Number", "$serde_json::private::RawValue"] {
        for value in [r#""1""#, r#""1e999""#, r#""1, \"user\": \"admin\"""#, "[]", "1"] {
            for more in ["", r#", "a": 1"#] {
                let text = format!(r#"{{"x": {{"{key}": {value}{more}}}, "{key}": {value}{more}}}"#);
                let state: State = serde_json::from_str(&text).unwrap();
                assert_eq!(state.to_json().unwrap(), text);
                assert_eq!(read(&format!("[1, 2, {text}]")).unwrap().state.to_json().unwrap(), text);
            }
        }
    }
}

#[test]
fn number_out_of_range_or_lone_surrogate_cannot_be_serialized() {
    for value in ["123456789012345678901234567890", "1e400", "\"\\ud800\""] {
        let record = read(&format!("[1, 2, {{\"a\": {value}}}]")).unwrap();
        assert!(serde_json::to_string(&record).is_err(), "{value}");
    }
    let record = read(r#"[1, 2, {"\ud800": 1}]"#).unwrap();
    assert!(serde_json::to_string(&record).is_err(), "a key that is not Unicode is an error");
}

#[test]
fn non_record_error_names_expected_form() {
    let error = serde_json::from_str::<Record>("true").unwrap_err().to_string();
    assert!(error.contains("expected [accessed, created, state]"), "{error}");
}

proptest! {
    #[test]
    fn no_payload_panics(payload: Vec<u8>) {
        let _ = Record::from_json(payload);
    }

    #[test]
    fn any_times_round_trip(accessed: f64, created: f64) {
        prop_assume!(accessed.is_finite() && created.is_finite());
        let at = |secs| Timestamp::from_secs(secs).unwrap();
        let text = write(&Record::new(at(accessed), at(created), State::default()));
        let back = read(&text).unwrap();
        prop_assert_eq!((back.accessed.as_secs(), back.created.as_secs()), (accessed, created));
    }
}
