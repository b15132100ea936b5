//! Reports of sessions that have no direct JSON form: keys that are not text, shared values and an infinite age.

use serde_json::{Value, json};

use crate::check::signed_value;
use crate::{SECRET, Shell};

const PICKLE: &str = "--secret-file session.secret --serializer pickle --now 1700000000";

/// Returns the pickle of `(1700000000, 1.5, {…})`. `items` contains the pickle opcodes of the dict's items.
fn pickle(items: &[u8]) -> &'static [u8] {
    let accessed = 1_700_000_000_i32.to_le_bytes();
    let created = 1.5_f64.to_be_bytes();
    [b"\x80\x02J", &accessed[..], b"G", &created, b"}(", items, b"u\x87."].concat().leak()
}

#[test]
fn keys_with_same_text_are_distinguished() {
    // The dict is {1: 1, "1": 2}.
    let cookie = signed_value(SECRET, pickle(b"K\x01K\x01X\x01\0\0\x001K\x02"));
    let run = Shell::new().line(&format!("inspect {PICKLE} -- {cookie}"), "");
    let (code, report) = run.report();
    assert_eq!(code, 0);
    let state = report["state"].as_object().unwrap();
    assert_eq!(state.len(), 2, "{}", run.stdout);
    assert_eq!((&state["1"], &state["1 (entry 2)"]), (&1.into(), &2.into()), "{}", run.stdout);
}

#[test]
fn report_of_shared_values_is_bounded() {
    // The dict is {"s": x, "a": [x] * 30, …, "j": [x] * 30}, where x is one string of 1000 characters. The report shows
    // x and two of the ten lists.
    let mut items = b"X\x01\0\0\0sX\xe8\x03\0\0".to_vec();
    items.extend([b'x'; 1000]);
    items.extend(b"q\0");
    for key in b'a'..=b'j' {
        items.extend([b"X\x01\0\0\0", &[key][..], b"](", &b"h\0".repeat(30), b"e"].concat());
    }
    let cookie = signed_value(SECRET, pickle(&items));
    for options in [PICKLE.to_owned(), PICKLE.replace("--secret-file session.secret", "")] {
        let run = Shell::new().line(&format!("inspect {options} -- {cookie}"), "");
        let (_, report) = run.report();
        assert!(run.stdout.len() < 70_000, "{} bytes", run.stdout.len());
        let values: Vec<&Value> = report["state"].as_object().unwrap().values().collect();
        assert_eq!(values.len(), 11);
        let notes =
            values.iter().filter(|value| value.as_str().is_some_and(|text| text.starts_with("(not shown: ")));
        assert_eq!(notes.count(), 8, "{}", run.stdout);
    }
}

/// Regression: instead of a report, the commands printed that the entry `age` cannot be written.
#[test]
fn infinite_age_is_null() {
    let shell = Shell::new();
    let options = "--secret-file session.secret";
    let cookie = shell.line(&format!("sign {options} --created -1e308"), "{}").stdout;
    for command in ["verify", "inspect"] {
        let run = shell.line(&format!("{command} {options} --timeout none --now 1e308"), &cookie);
        let (code, report) = run.report();
        assert_eq!((code, &report["age"], &report["created"]), (0, &Value::Null, &json!(-1e308)));
    }
}
