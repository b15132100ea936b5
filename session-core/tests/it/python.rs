//! We write what Python's `json.dumps` writes, byte for byte.

use std::collections::BTreeMap;

use proptest::prelude::*;
use session_core::json;

/// Pairs of a hex string and the JSON that Python wrote.
fn table(text: &str) -> impl Iterator<Item = (Vec<u8>, &str)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (hex, json) = line.split_once(' ').unwrap();
        let digits = if hex == "-" { "" } else { hex };
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        ((0..digits.len()).step_by(2).map(byte).collect(), json)
    })
}

#[test]
fn floats() {
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
fn strings() {
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
fn containers() {
    let value = BTreeMap::from([("a", vec![Some(1), None]), ("b", vec![])]);
    assert_eq!(json::to_string(&value).unwrap(), r#"{"a": [1, null], "b": []}"#);
    assert_eq!(json::to_string(&BTreeMap::from([(1, true)])).unwrap(), r#"{"1": true}"#, "as in Python");
    assert!(json::to_string(&BTreeMap::from([(vec![1], true)])).is_err());
}

#[test]
fn f32_is_as_short_as_it_was() {
    assert_eq!(json::to_string(&0.1_f32).unwrap(), "0.1");
    assert_eq!(json::to_string(&1e-5_f32).unwrap(), "1e-05");
    assert_eq!(json::to_string(&[f32::NAN, f32::MAX]).unwrap(), "[null, 3.4028235e+38]");
}

proptest! {
    #[test]
    fn any_float_comes_back(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let text = json::to_string(&value).unwrap();
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
        prop_assert_eq!(serde_json::from_str::<f64>(&text).unwrap().to_bits(), bits);
    }

    #[test]
    fn any_string_comes_back(value: String) {
        let text = json::to_string(&value).unwrap();
        prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{}", text);
        prop_assert_eq!(json::unquote(&text).unwrap(), value);
    }
}
