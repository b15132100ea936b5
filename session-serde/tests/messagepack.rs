//! MessagePack, in what the property suites do not reach: bytes that another program wrote.
#![cfg(feature = "messagepack")]

use session_core::{Record, json::MAX_DEPTH};
use session_serde::{MessagePackSerializer, Serializer};

fn record(state: &[u8]) -> Option<Record> {
    // [1, 2.5, state]
    let bytes = [&[0x93, 0x01, 0xcb, 0x40, 0x04, 0, 0, 0, 0, 0, 0], state].concat();
    MessagePackSerializer.loads_record(bytes.into()).ok().map(|loaded| loaded.record)
}

/// {"a": value}
fn entry(value: &[u8]) -> Option<String> {
    record(&[&[0x81, 0xa1, b'a'], value].concat()).map(|record| record.state.to_json().unwrap())
}

#[test]
fn what_json_can_hold_is_taken() {
    for (value, json) in [
        (&[0xc0][..], "null"),
        (&[0xc3], "true"),
        (&[0xff], "-1"),
        (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        (&[0xca, 0x3f, 0xc0, 0, 0], "1.5"),
        (&[0xa2, 0xc3, 0xa9], r#""\u00e9""#),
        (&[0x92, 0x01, 0x90], "[1, []]"),
        (&[0x82, 0xa1, b'z', 0x01, 0xa1, b'y', 0x80], r#"{"z": 1, "y": {}}"#),
    ] {
        assert_eq!(entry(value), Some(format!("{{\"a\": {json}}}")));
    }
}

#[test]
fn what_json_cannot_hold_is_malformed() {
    for (value, what) in [
        (&[0xc4, 0x01, 0x00][..], "binary data"),
        (&[0xd4, 0x01, 0x00], "an extension type"),
        (&[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], "NaN"),
        (&[0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0], "infinity"),
        (&[0x81, 0x01, 0x02], "a key that is a number"),
        (&[0xa1, 0xff], "a string that is not UTF-8"),
        (&[0xc1], "a byte that is never used"),
        (&[0xdd, 0xff, 0xff, 0xff, 0xff], "a length beyond the end"),
        (&[0x01, 0x01], "bytes after the value"),
    ] {
        assert_eq!(entry(value), None, "{what}");
    }
    assert!(record(&[0x90]).is_none(), "a state that is no map");
    assert!(MessagePackSerializer.loads_record(vec![0x92, 0x01, 0x02].into()).is_err(), "a list of two");
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| [vec![0x91; depth], vec![0x90]].concat();
    assert!(entry(&nested(100)).is_some());
    // The record and the state are around it. With something in the innermost list, as that counts for the reader.
    let full = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
    assert!(entry(&full(MAX_DEPTH - 2)).is_some());
    assert!(entry(&full(MAX_DEPTH - 1)).is_none());
    assert!(entry(&nested(200)).is_none());
    assert!(entry(&nested(1_000_000)).is_none());
}

#[test]
fn an_integer_of_over_64_bits_is_an_error_and_no_float() {
    let record = Record::from_json(b"[1, 2, {\"a\": 123456789012345678901234567890}]".to_vec()).unwrap();
    assert!(MessagePackSerializer.dumps_record(&record, &mut Vec::new()).is_err());
}

#[test]
fn a_session_takes_less_room_than_in_json() {
    let json = br#"[1700000000, 1700000000.0, {"user": "zoe", "hits": 12, "roles": ["a", "b"]}]"#;
    let record = Record::from_json(json.to_vec()).unwrap();
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    assert!(out.len() < json.len() * 2 / 3, "{} bytes", out.len());
    let read = MessagePackSerializer.loads_record(out.into()).unwrap();
    assert!(!read.stale);
    let mut again = Vec::new();
    read.record.write_json(&mut again).unwrap();
    assert_eq!(again, json);
}
