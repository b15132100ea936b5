//! [`MessagePackSerializer`] with values and bytes that the property suites do not generate.
#![cfg(feature = "messagepack")]

use session_core::json::MAX_DEPTH;
use session_core::{Record, SessionExt, Timestamp};
use session_serde::{MessagePackSerializer, Serializer};

mod in_memory;
use in_memory::InMemory;

fn record(state: &[u8]) -> Option<Record> {
    // [1, 2.5, state]
    let bytes = [&[0x93, 0x01, 0xcb, 0x40, 0x04, 0, 0, 0, 0, 0, 0], state].concat();
    MessagePackSerializer.loads_record(bytes.into()).ok().map(|loaded| loaded.record)
}

/// Returns the JSON text of the state {"a": value}.
fn entry(value: &[u8]) -> Option<String> {
    record(&[&[0x81, 0xa1, b'a'], value].concat()).and_then(|record| record.state.to_json().ok())
}

#[test]
fn json_compatible_value_is_read() {
    for (value, json) in [
        (&[0xc0][..], "null"),
        (&[0xc3], "true"),
        (&[0xff], "-1"),
        (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
        (&[0xca, 0x3f, 0xc0, 0, 0], "1.5"),
        // A float of four bytes cannot represent 0.1 as exactly as a float of eight bytes.
        (&[0xca, 0x3d, 0xcc, 0xcc, 0xcd], "0.10000000149011612"),
        (&[0xa2, 0xc3, 0xa9], r#""\u00e9""#),
        (&[0x92, 0x01, 0x90], "[1, []]"),
        (&[0x82, 0xa1, b'z', 0x01, 0xa1, b'y', 0x80], r#"{"z": 1, "y": {}}"#),
    ] {
        assert_eq!(entry(value), Some(format!("{{\"a\": {json}}}")));
    }
}

const NAN: [u8; 9] = [0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0];
const INFINITY: [u8; 9] = [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0];

#[test]
fn malformed_bytes_are_error() {
    for (value, what) in [
        (&[0xdd, 0xff, 0xff, 0xff, 0xff][..], "a list length beyond the end"),
        (&[0x01, 0x01], "bytes after the value"),
        (&[], "a key without a value"),
    ] {
        assert_eq!(entry(value), None, "an error is expected for {what}");
    }
    assert!(record(&[0x90]).is_none(), "an error is expected for a state that is not a map");
    assert!(
        MessagePackSerializer.loads_record(vec![0x92, 0x01, 0x02].into()).is_err(),
        "an error is expected for a list of two"
    );
    let error = MessagePackSerializer.loads_record(b"\x93\x01\x02\x81\xa1a".into()).unwrap_err().to_string();
    assert!(error.ends_with("truncated or nested too deeply"), "{error}");
    for (time, reason) in
        [(&[0xa1, b'1'][..], "not a number"), (&[0xc3], "not a number"), (&NAN, "not finite")]
    {
        let bytes = [&[0x93], time, &[0x01, 0x80]].concat();
        let error = MessagePackSerializer.loads_record(bytes.into()).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

/// Loads {"hits": 1, "v": value}, sets `hits` to 2, and returns the record and its bytes.
fn after_a_change(value: &[u8]) -> (Record, Vec<u8>) {
    let before = [b"\x82\xa4hits\x01\xa1v", value].concat();
    let mut record = record(&before).expect("the value loads");
    record.state.insert("hits", 2).unwrap();
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    (record, out)
}

#[test]
fn untouched_entry_keeps_its_bytes() {
    for value in [
        &[0xc4, 0x02, 0x00, 0xff][..], // binary data
        &[0xd4, 0x01, 0x00],           // an extension type
        &[0xc7, 0x03, 0xff, 1, 2, 3],  // a longer extension type
        &NAN,
        &INFINITY,
        &[0x82, 0x01, 0x02, 0xa1, b'a', 0x93, 1, 2, 3], // a map with a number as key
        &[0xa1, 0xff],                                  // a string that is not UTF-8
        &[0xcf, 0, 0, 0, 0, 0, 0, 0, 1],                // 1 in eight bytes
        &[0xca, 0x3f, 0xc0, 0, 0],                      // a float in four bytes
        &[0xdc, 0, 1, 0xc4, 0x01, 0x00],                // a list that contains binary data
    ] {
        let (record, out) = after_a_change(value);
        assert!(out.ends_with(&[b"\xa4hits\x02\xa1v", value].concat()), "{value:x?}");
        assert_eq!(record.state.keys().collect::<Vec<_>>(), ["hits", "v"]);
        let again = MessagePackSerializer.loads_record(out.into()).unwrap().record;
        assert!(again.state.contains_key("v") && again.state.len() == 2);
    }
}

#[test]
fn error_for_value_without_json_names_its_kind() {
    for (value, what) in [
        (&[0xd4, 0x01, 0x00][..], "a MessagePack extension type"),
        (&[0x81, 0x01, 0x02], "a MessagePack map whose keys are not strings"),
        (&[0xa1, 0xff], "a string that is not UTF-8"),
        (&[0x91, 0xd4, 0x01, 0x00], "a MessagePack extension type"),
    ] {
        let mut record = after_a_change(value).0;
        let error = record.state.get::<serde_json::Value>("v").unwrap_err();
        assert!(error.is_read() && error.key() == Some("v") && error.to_string().ends_with(what), "{error}");
        assert!(record.state.to_json().is_err());
        assert!(record.state.discard("v"));
        assert_eq!(record.state.to_json().unwrap(), r#"{"hits": 2}"#);
    }
}

/// A value that JSON cannot represent can be copied to another key.
#[test]
fn value_without_json_keeps_its_bytes_under_new_key() {
    let mut record = record(b"\x81\xa1v\xd4\x01\x00").unwrap();
    let value = record.state.get_encoded("v").unwrap();
    record.state.insert_encoded("w", value).unwrap();
    assert!(record.state.discard("v"));
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    assert!(out.ends_with(b"\x81\xa1w\xd4\x01\x00"), "{out:x?}");
}

/// Regression: the byte 0xc1, which MessagePack does not use, was read as null. When a flash message was added to a
/// queue with this byte, the byte was also written as null.
#[test]
fn unused_byte_is_error_not_null() {
    for value in [
        &[0xc1][..],
        &[0x92, 0xc1, 0x01],
        &[0x91, 0x81, 0xa1, b'a', 0xc1],
        // The unused byte beside other values that JSON cannot represent.
        &[0x93, 0xd4, 0x01, 0x00, 0x81, 0x01, 0xa1, b'b', 0xc1],
    ] {
        let (record, out) = after_a_change(value);
        assert!(out.ends_with(value), "{out:x?}");
        let error = record.state.get::<Option<serde_json::Value>>("v").unwrap_err();
        assert!(error.to_string().ends_with("a byte that MessagePack does not use"), "{error}");
        assert!(record.state.to_json().is_err());
    }
    // A byte 0xc1 is not an unused marker if it is part of a number, binary data or a string.
    assert_eq!(
        after_a_change(&[0x93, 0xcc, 0xc1, 0xd9, 0x00, 0xc0]).0.state.get_json("v").unwrap(),
        Some(r#"[193, "", null]"#)
    );
    assert_eq!(after_a_change(&[0xc4, 0x01, 0xc1]).0.state.get_json("v").unwrap(), Some("[193]"));
    let error = after_a_change(&[0xa2, 0xc3, 0xc1]).0.state.get_json("v").unwrap_err();
    assert!(error.to_string().ends_with("a string that is not UTF-8"), "{error}");
    let depth = MAX_DEPTH - 3;
    let deep = [vec![0x91; depth], vec![0xcc, 0xc1]].concat();
    assert!(after_a_change(&deep).0.state.get_json("v").unwrap().is_some());

    let mut session = InMemory(record(b"\x81\xa3_f_\x91\xc1").unwrap().state);
    assert!(session.flash("new", "").unwrap_err().is_write());
    assert_eq!(
        session.pop_flash_each::<String>(""),
        [Err("a byte that MessagePack does not use".to_owned())]
    );
}

#[test]
fn binary_data_is_read_but_not_json() {
    let (record, _) = after_a_change(&[0xc4, 0x02, 0x00, 0xff]);
    assert_eq!(record.state.get::<Vec<u8>>("v").unwrap(), Some(vec![0, 255]));
    assert!(record.state.to_json().is_err(), "a list in JSON would lose the type of the binary data");
}

#[test]
fn nan_is_read_only_as_float() {
    let (record, _) = after_a_change(&NAN);
    assert!(record.state.get::<f64>("v").unwrap().unwrap().is_nan());
    assert!(record.state.get::<serde_json::Value>("v").is_err());
    let (record, _) = after_a_change(&INFINITY);
    assert_eq!(record.state.get::<Option<f32>>("v").unwrap(), Some(Some(f32::INFINITY)));
}

#[test]
fn value_is_written_and_read_whole() {
    let bytes = MessagePackSerializer.dumps(&[1, 2]).unwrap();
    assert_eq!(bytes, [0x92, 1, 2]);
    assert_eq!(MessagePackSerializer.loads(&bytes), Ok([1, 2]));
    let error = MessagePackSerializer.loads::<[u8; 2]>(&[0x92, 1, 2, 3]).unwrap_err();
    assert!(error.is_malformed() && error.to_string().contains("bytes follow"), "{error}");
}

#[test]
fn dumped_integer_of_128_bits_is_binary_data() {
    for value in [5, u128::MAX] {
        let bytes = MessagePackSerializer.dumps(&value).unwrap();
        assert_eq!(bytes, [&[0xc4, 16][..], &value.to_be_bytes()].concat());
        assert_eq!(MessagePackSerializer.loads(&bytes), Ok(value));
    }
    let bytes = MessagePackSerializer.dumps(&i128::MIN).unwrap();
    assert_eq!(MessagePackSerializer.loads(&bytes), Ok(i128::MIN));
}

#[test]
fn non_minimal_list_or_map_length_is_accepted() {
    let loads = |bytes: &[&[u8]]| {
        let loaded = MessagePackSerializer.loads_record(bytes.concat().into()).ok()?;
        loaded.record.state.to_json().ok()
    };
    let times = [1, 2].as_slice();
    let entry = b"\xa1a\xc0".as_slice();
    for list in [&[0x93][..], &[0xdc, 0, 3], &[0xdd, 0, 0, 0, 3]] {
        for map in [&[0x81][..], &[0xde, 0, 1], &[0xdf, 0, 0, 0, 1]] {
            assert_eq!(loads(&[list, times, map, entry]).as_deref(), Some(r#"{"a": null}"#));
        }
        // A list in place of the map.
        for other in [&[0x90][..], &[0xdc, 0, 0], &[0xdd, 0, 0, 0, 0]] {
            assert_eq!(loads(&[list, times, other]), None);
        }
    }
    // A map in place of the list.
    for map in [&[0x83][..], &[0xde, 0, 3], &[0xdf, 0, 0, 0, 3]] {
        assert_eq!(loads(&[map, times, &[0x80]]), None);
    }
}

#[test]
fn time_may_be_a_float_of_four_bytes() {
    let bytes = b"\x93\xca\x3f\xc0\0\0\x01\x80".as_slice();
    let record = MessagePackSerializer.loads_record(bytes.into()).unwrap().record;
    assert_eq!(record.accessed.as_secs(), 1.5);
}

#[test]
fn entry_size_is_its_messagepack_size() {
    let record = record(b"\x81\xa1a\xc4\x02\x00\xff").unwrap();
    // The separator between key and value counts as two bytes, as in JSON.
    assert_eq!(record.state.entries().next().unwrap().size(), 2 + 2 + 4);
}

#[test]
fn depth_of_maps_is_bounded() {
    let in_values = |depth: usize| [b"\x81\xa1a".repeat(depth), vec![0xc0]].concat();
    let in_keys = |depth: usize| [vec![0x81; depth], vec![0xc0], vec![0xc0; depth]].concat();
    let is_taken = |value: Vec<u8>| record(&[b"\x81\xa1a".as_slice(), &value].concat()).is_some();
    assert!(is_taken(in_values(MAX_DEPTH - 2)) && is_taken(in_keys(MAX_DEPTH - 2)));
    assert!(!is_taken(in_values(MAX_DEPTH - 1)) && !is_taken(in_keys(MAX_DEPTH - 1)));
}

#[test]
fn negative_infinity_is_read_as_a_float() {
    let (record, _) = after_a_change(&[0xcb, 0xff, 0xf0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(record.state.get("v").unwrap(), Some(f64::NEG_INFINITY));
}

/// Regression: a map was read as a number if its first key was a private key of serde_json. The whole session was lost,
/// or every later save failed.
#[test]
fn map_with_private_number_key_stays_a_map() {
    for value in [
        r#"{"$serde_json::private::Number": "1"}"#,
        r#"{"$serde_json::private::Number": "1", "a": 1}"#,
        r#"{"$serde_json::private::Number": "1e999"}"#,
        r#"{"$serde_json::private::RawValue": "1"}"#,
    ] {
        let mut record = Record::default();
        record.state.insert_json("v", value.to_owned()).unwrap();
        let mut out = Vec::new();
        MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
        let read = MessagePackSerializer.loads_record(out.into()).unwrap().record;
        assert_eq!(read.state.get_json("v").unwrap(), Some(value));
    }
}

#[test]
fn non_string_key_is_kept() {
    // {1: 2, h'00': 3, "a": 4, "a": 5}
    let mut record = record(b"\x84\x01\x02\xc4\x01\x00\x03\xa1a\x04\xa1a\x05").unwrap();
    assert_eq!(record.state.len(), 3);
    assert_eq!(record.state.keys().last(), Some("a"));
    assert_eq!(record.state.get("a").unwrap(), Some(5));
    assert!(!record.state.contains_key("a key that is not a string"));
    record.state.insert("b", 6).unwrap();
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    assert!(out.ends_with(b"\x84\x01\x02\xc4\x01\x00\x03\xa1a\x05\xa1b\x06"));
}

/// Regression: the error said that the queue is not a list.
#[test]
fn unsupported_flash_message_is_write_error() {
    let mut session = InMemory(record(b"\x81\xa3_f_\x91\x01").unwrap().state);
    let error = session.flash(u128::MAX, "").unwrap_err();
    assert!(error.is_write() && !error.is_read(), "{error}");
    assert_eq!(session.peek_flash::<u8>("").unwrap(), [1]);
}

#[test]
fn flash_keeps_queued_messages() {
    // {"_f_": [h'00', "a"]}
    let mut state = record(b"\x81\xa3_f_\x92\xc4\x01\x00\xa1a").unwrap().state;
    let mut session = InMemory(std::mem::take(&mut state));
    session.flash("b", "").unwrap();
    session.flash_unless_queued("a", "").unwrap();
    let record = Record::new(Timestamp::default(), Timestamp::default(), session.0.clone());
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    assert!(out.ends_with(b"\x81\xa3_f_\x93\xc4\x01\x00\xa1a\xa1b"));
    assert_eq!(session.pop_flash_each::<String>(""), [Err("[0]".to_owned()), Ok("a".into()), Ok("b".into())]);
}

#[test]
fn nesting_beyond_max_depth_is_error() {
    let nested = |depth: usize| [vec![0x91; depth], vec![0x90]].concat();
    assert!(entry(&nested(100)).is_some());
    // The record and the state are two levels. rmpv counts an element in the innermost list as a
    // further level. So `full` has such an element, to check that our limit is reached before that of rmpv.
    let full = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
    assert!(entry(&full(MAX_DEPTH - 2)).is_some());
    assert!(entry(&full(MAX_DEPTH - 1)).is_none());
    assert!(entry(&nested(200)).is_none());
    assert!(record(&[b"\x81\xa1a", &nested(1_000_000)[..]].concat()).is_none());

    let is_loaded = |depth| MessagePackSerializer.loads::<serde::de::IgnoredAny>(&full(depth)).is_ok();
    assert!(is_loaded(MAX_DEPTH) && !is_loaded(MAX_DEPTH + 1));
}

#[test]
fn integer_beyond_64_bits_is_error() {
    let record = Record::from_json(b"[1, 2, {\"a\": 123456789012345678901234567890}]".to_vec()).unwrap();
    assert!(MessagePackSerializer.dumps_record(&record, &mut Vec::new()).is_err());
}

#[test]
fn record_is_shorter_than_json() {
    let json = br#"[1700000000, 1700000000.0, {"user": "zoe", "hits": 12, "roles": ["a", "b"]}]"#;
    let record = Record::from_json(json.to_vec()).unwrap();
    let mut out = Vec::new();
    MessagePackSerializer.dumps_record(&record, &mut out).unwrap();
    assert!(out.len() < json.len() * 2 / 3, "{} bytes", out.len());
    let read = MessagePackSerializer.loads_record(out.into()).unwrap();
    let mut again = Vec::new();
    read.record.write_json(&mut again).unwrap();
    assert_eq!(again, json);
}
