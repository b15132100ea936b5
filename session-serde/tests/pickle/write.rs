//! The bytes that the serializer writes, compared with bytes that CPython wrote.

use std::collections::HashMap;

use num_bigint::BigInt;
use serde_json::json;
use session_serde::{PickleSerializer, Serializer};

use super::{only_value, record_of, rewritten, written};

fn dumps(value: &serde_json::Value) -> Vec<u8> {
    PickleSerializer::default().dumps(value).unwrap()
}

fn assert_writes(json: &str, opcodes: &[u8]) {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    let size = opcodes.len() as u8 + 1;
    let frame = [0x95, size, 0, 0, 0, 0, 0, 0, 0];
    let frame = if size < 4 { &[][..] } else { &frame };
    assert_eq!(
        dumps(&value).escape_ascii().to_string(),
        [b"\x80\x04", frame, opcodes, b"."].concat().escape_ascii().to_string()
    );
}

#[test]
fn opcodes_match_cpython() {
    assert_writes("null", b"N");
    assert_writes("true", b"\x88");
    assert_writes("false", b"\x89");
    assert_writes("0", b"K\0");
    assert_writes("255", b"K\xff");
    assert_writes("256", b"M\0\x01");
    assert_writes("65535", b"M\xff\xff");
    assert_writes("65536", b"J\0\0\x01\0");
    assert_writes("-1", b"J\xff\xff\xff\xff");
    assert_writes("-2147483648", b"J\0\0\0\x80");
    assert_writes("2147483647", b"J\xff\xff\xff\x7f");
    assert_writes("2147483648", b"\x8a\x05\0\0\0\x80\0");
    assert_writes("-2147483649", b"\x8a\x05\xff\xff\xff\x7f\xff");
    assert_writes("18446744073709551615", b"\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\0");
    assert_writes("1.5", b"G\x3f\xf8\0\0\0\0\0\0");
    assert_writes("-0.0", b"G\x80\0\0\0\0\0\0\0");
    assert_writes(r#""""#, b"\x8c\0\x94");
    assert_writes(r#""Zo\u00eb""#, b"\x8c\x04Zo\xc3\xab\x94");
    assert_writes(r#""\ud83c\udf6a""#, b"\x8c\x04\xf0\x9f\x8d\xaa\x94");
    assert_writes("[]", b"]\x94");
    assert_writes("[1]", b"]\x94K\x01a");
    assert_writes("{}", b"}\x94");
    assert_writes("[1, []]", b"]\x94(K\x01]\x94e");
    assert_writes(r#"{"a": {}}"#, b"}\x94\x8c\x01a\x94}\x94s");
    assert_writes(r#"{"a": 1, "b": 2}"#, b"}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94K\x02u");
}

#[test]
fn opcode_depends_on_length() {
    assert!(dumps(&json!("x".repeat(255))).starts_with(b"\x80\x04\x95\x03\x01\0\0\0\0\0\0\x8c\xffx"));
    assert!(dumps(&json!("x".repeat(256))).starts_with(b"\x80\x04\x95\x07\x01\0\0\0\0\0\0X\0\x01\0\0x"));

    // Integers that take 255 and 256 bytes in two's complement.
    let power: BigInt = BigInt::from(1) << 2039;
    let (short, long) = ((&power - 1_u8).to_string(), power.to_string());
    let after_key = |json: &str| {
        written(json).unwrap().split_off(b"\x80\x04\x95________K\0G\0\0\0\0\0\0\0\0}\x94\x8c\x01v\x94".len())
    };
    assert!(after_key(&short).starts_with(b"\x8a\xff\xff"));
    assert!(after_key(&long).starts_with(b"\x8b\0\x01\0\0\0"));
    assert_eq!(only_value(&written(&short).unwrap()), short);
    assert_eq!(only_value(&written(&long).unwrap()), long);
}

/// Regression: an integer of more than 64 bits was stored in the memo if the loaded pickle had another protocol than
/// the written one.
#[test]
fn large_integer_is_not_memoized_in_other_protocol() {
    let pickle = record_of(b"\x8a\x09\0\0\0\0\0\0\0\0\x01");
    assert!(rewritten(&pickle, 2).ends_with(b"\x8a\x09\0\0\0\0\0\0\0\0\x01s\x87q\x02."));
    assert!(rewritten(&pickle, 0).ends_with(b"L18446744073709551616L\nstp2\n."));
    // Both elements of this list are the same integer object, so the integer stays in the memo.
    let shared = record_of(b"]\x94(\x8a\x09\0\0\0\0\0\0\0\0\x01\x94h\x01e");
    let out = rewritten(&shared, 2);
    assert_eq!(out.windows(2).filter(|bytes| bytes == b"\x8a\x09").count(), 1);
}

#[test]
fn batches_match_cpython() {
    // len(pickle.dumps([None] * n, 4)) in CPython 3.11: one MARK and one APPENDS for each batch of 1000.
    for (n, bytes) in [(2, 18), (999, 1015), (1000, 1016), (1001, 1019), (2000, 2018), (2001, 2021)] {
        assert_eq!(dumps(&json!(vec![(); n])).len(), bytes, "{n}");
    }
    // As in CPython, a dict ends with an empty batch if the last batch is full.
    let dict = |n: usize| dumps(&json!((0..n).map(|i| (i.to_string(), ())).collect::<HashMap<_, _>>()));
    assert!(dict(999).ends_with(b"Nu."));
    assert!(dict(1000).ends_with(b"Nu(u."));
    assert!(dict(2000).ends_with(b"Nu(u."));
}

#[test]
fn frames_match_cpython() {
    // These frames are those of `pickle.dumps([None] * 70_000, 4)` in CPython.
    let frame = |size: u32| [b"\x95".as_slice(), &u64::from(size).to_le_bytes()].concat();
    let nones = dumps(&json!(vec![(); 70_000]));
    assert!(nones.starts_with(&[b"\x80\x04".as_slice(), &frame(0x1_0000), b"]\x94(NNN"].concat()));
    assert_eq!(&nones[2 + 9 + 0x1_0000..][..9], frame(0x11ff));

    // A string as large as a frame is written between two frames.
    let large = "x".repeat(0x1_0000);
    let out = dumps(&json!([1, large, 2]));
    assert!(out.starts_with(&[b"\x80\x04".as_slice(), &frame(5), b"]\x94(K\x01X\0\0\x01\0x"].concat()));
    assert!(out.ends_with(&[b"x".as_slice(), &frame(5), b"\x94K\x02e."].concat()));
}

/// JSON from other programs may differ from Python's in escapes, white space and the form of numbers.
#[test]
fn json_formatted_unlike_python_keeps_value() {
    for (json, same) in [
        ("1E2", "100.0"),
        ("1.50", "1.5"),
        ("-0", "0"),
        (r#""\/\u0041ë""#, r#""/A\u00eb""#),
        ("[1,2 , {\"a\":\n3}]", r#"[1, 2, {"a": 3}]"#),
        (r#"{"b": 1, "a": 2, "\u0062": 3}"#, r#"{"b": 3, "a": 2}"#),
    ] {
        assert_eq!(only_value(&written(json).unwrap()), same);
    }
}

#[test]
fn unsupported_value_is_error() {
    for (json, why) in [
        (r#""\ud800""#, "surrogate"),
        (r#"{"\udc00": 1}"#, "surrogate"),
        ("1e309", "out of range"),
        ("[-1.0e999]", "out of range"),
    ] {
        assert!(written(json).unwrap_err().to_string().contains(why), "{json}");
    }
    let keys = HashMap::from([((1, 2), 3)]);
    assert!(PickleSerializer::default().dumps(&keys).is_err());
}
