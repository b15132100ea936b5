//! JSON text with the same bytes as Python's `json.dumps`.

use std::collections::BTreeMap;

use proptest::prelude::*;
use session_core::json;

/// Returns the cases in `text`: the bytes that a line gives in hex, and the JSON text that Python wrote for them.
fn table(text: &str) -> impl Iterator<Item = (Vec<u8>, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (hex, json) = line.split_once(' ').unwrap();
        let digits = if hex == "-" { "" } else { hex };
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        ((0..digits.len()).step_by(2).map(byte).collect(), json)
    })
}

#[test]
fn floats_match_python() {
    let mut seen = 0;
    for (bits, expected) in table(include_str!("floats.txt")) {
        let value = f64::from_be_bytes(bits.try_into().unwrap());
        assert_eq!(json::to_string(&value).unwrap(), expected);
        assert_eq!(serde_json::from_str::<f64>(expected).unwrap().to_bits(), value.to_bits(), "{expected}");
        seen += 1;
    }
    assert!(seen > 100);
}

#[test]
fn strings_match_python() {
    let mut seen = 0;
    for (utf8, expected) in table(include_str!("strings.txt")) {
        let value = String::from_utf8(utf8).unwrap();
        assert_eq!(json::to_string(&value).unwrap(), expected);
        assert_eq!(json::unquote(expected).unwrap(), value);
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn containers_match_python() {
    let value = BTreeMap::from([("a", vec![Some(1), None]), ("b", vec![])]);
    assert_eq!(json::to_string(&value).unwrap(), r#"{"a": [1, null], "b": []}"#);
    assert_eq!(
        json::to_string(&BTreeMap::from([(1, true)])).unwrap(),
        r#"{"1": true}"#,
        "as in Python, a number becomes text"
    );
    assert!(json::to_string(&BTreeMap::from([(vec![1], true)])).is_err());
}

#[test]
fn f32_has_shortest_digits() {
    assert_eq!(json::to_string(&0.1_f32).unwrap(), "0.1");
    assert_eq!(json::to_string(&1e-5_f32).unwrap(), "1e-05");
    assert_eq!(json::to_string(&f32::MAX).unwrap(), "3.4028235e+38");
}

#[test]
fn nan_or_infinity_at_any_depth_is_an_error() {
    #[derive(serde::Serialize)]
    enum Any<T> {
        Newtype(T),
        Tuple(u8, T),
        Struct { field: T },
    }
    #[derive(serde::Serialize)]
    struct Wrapped<T>(T);
    #[derive(serde::Serialize)]
    struct Pair<T>(u8, T);

    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::from(f32::NAN)] {
        assert!(json::to_string(&float).is_err());
        assert!(json::to_string(&(float as f32)).is_err());
        assert!(json::to_string(&Some(vec![float])).is_err());
        assert!(json::to_string(&("null", float)).is_err());
        assert!(json::to_string(&BTreeMap::from([("a", float)])).is_err());
        assert!(json::to_string(&Any::Newtype(float)).is_err());
        assert!(json::to_string(&Any::Tuple(1, float)).is_err());
        assert!(json::to_string(&Any::Struct { field: float }).is_err());
        assert!(json::to_string(&Wrapped(Pair(1, float))).is_err());
    }
    // `None` and a string that contains `null` are not errors.
    assert_eq!(json::to_string(&(None::<f64>, (), "null", 1.5)).unwrap(), r#"[null, null, "null", 1.5]"#);
}

proptest! {
    #[test]
    fn any_float_round_trips(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = json::to_string(&value).unwrap();
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
        prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), bits);
    }

    #[test]
    fn any_string_round_trips(value: String) {
        let text = json::to_string(&value).unwrap();
        prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{}", text);
        prop_assert_eq!(json::unquote(&text).unwrap(), value);
    }
}
