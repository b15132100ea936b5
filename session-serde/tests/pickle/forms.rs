//! Dates, UUIDs, numbers and classes, mostly in forms that CPython rarely or never writes.

use super::{dump, load, load_error, read, record_of};

const DATE: &[u8] = b"cdatetime\ndate\nC\x04\x07\xe8\x02\x1d";
const DATETIME: &[u8] = b"cdatetime\ndatetime\nC\x0a\x07\xe8\x02\x1d\x0a\x1e\0\0\0\0";

fn assert_reads(parts: &[&[u8]], json: &str) {
    assert_eq!(read(&parts.concat()), json);
}

fn assert_unreadable(parts: &[&[u8]], class: &str) {
    let read = read(&parts.concat());
    assert!(read.ends_with(&format!("`{class}`")), "{read}");
}

/// A state that `BUILD` sets after the call could change the value of the object.
#[test]
fn call_with_a_state_is_not_read() {
    assert_reads(&[DATE, b"\x85R"], r#""2024-02-29""#);
    assert_unreadable(&[DATE, b"\x85R}b"], "datetime.date");
}

#[test]
fn uuid_made_with_arguments_is_not_read() {
    // The attributes, {"int": 1}
    let state = b"}\x8c\x03intK\x01sb";
    assert_reads(&[b"cuuid\nUUID\n)\x81", state], r#""00000000-0000-0000-0000-000000000001""#);
    assert_unreadable(&[b"cuuid\nUUID\nN\x85\x81", state], "uuid.UUID");
}

/// Before 3.8, CPython wrote a `bytearray` as `bytearray(text, "latin-1")` in protocols below 3, which have no opcode
/// for `bytes`.
#[test]
fn bytearray_of_latin1_text_is_read() {
    assert_reads(&[b"cbuiltins\nbytearray\n\x8c\x03a\xc3\xab\x8c\x07latin-1\x86R"], "[97, 235]");
    assert_unreadable(&[b"cbuiltins\nbytearray\n\x8c\x01a\x8c\x05utf-8\x86R"], "bytearray");
}

#[test]
fn datetime_with_time_zone_none_is_naive() {
    assert_reads(&[DATETIME, b"N\x86R"], r#""2024-02-29T10:30:00""#);
    assert_unreadable(&[DATE, b"N\x86R"], "datetime.date");
}

#[test]
fn time_zone_is_less_than_a_day_from_utc() {
    let zoned = |delta: &str| {
        let class = b"cdatetime\ntimezone\ncdatetime\ntimedelta\n(".as_slice();
        read(&[DATETIME, class, delta.as_bytes(), b"tR\x85R\x86R"].concat())
    };
    assert_eq!(zoned("I0\nI86399\nI999999\n"), r#""2024-02-29T10:30:00+23:59:59.999999""#);
    assert!(zoned("I1\nI0\nI0\n").ends_with("`datetime.timezone`"));
    assert!(zoned("I-1\nI0\nI0\n").ends_with("`datetime.timezone`"));
}

/// Regression: the error for an unreadable `datetime` with a time zone always named the class of the zone.
#[test]
fn error_names_time_zone_only_if_its_offset_is_unknown() {
    let month_13 = [&DATETIME[..DATETIME.len() - 8], b"\x0d\x1d\x0a\x1e\0\0\0\0"].concat();
    let utc = b"cdatetime\ntimezone\ncdatetime\ntimedelta\n(I0\nI0\nI0\ntR\x85R\x86R".as_slice();
    assert_reads(&[DATETIME, utc], r#""2024-02-29T10:30:00+00:00""#);
    assert_unreadable(&[&month_13, utc], "datetime.datetime");
    assert_unreadable(&[&month_13, b"N\x86R"], "datetime.datetime");
    assert_unreadable(&[DATETIME, b"capp\nZone\n)R\x86R"], "app.Zone");
}

#[test]
fn date_out_of_range_is_not_read() {
    let date = |bytes: [u8; 4]| read(&[b"cdatetime\ndate\nC\x04", &bytes[..], b"\x85R"].concat());
    assert_eq!(date([0, 1, 1, 1]), r#""0001-01-01""#);
    assert_eq!(date([0x27, 0x0f, 12, 31]), r#""9999-12-31""#);
    for bytes in [
        [0, 0, 1, 1],
        [0x27, 0x10, 1, 1],
        [7, 0xe8, 0, 1],
        [7, 0xe8, 13, 1],
        [7, 0xe8, 1, 0],
        [7, 0xe8, 1, 32],
    ] {
        assert!(date(bytes).ends_with("`datetime.date`"), "{bytes:?}");
    }
}

#[test]
fn time_out_of_range_is_not_read() {
    let time = |bytes: [u8; 6]| read(&[b"cdatetime\ntime\nC\x06", &bytes[..], b"\x85R"].concat());
    assert_eq!(time([23, 59, 59, 0x0f, 0x42, 0x3f]), r#""23:59:59.999999""#);
    for bytes in [[24, 0, 0, 0, 0, 0], [0, 60, 0, 0, 0, 0], [0, 0, 60, 0, 0, 0], [0, 0, 0, 0x0f, 0x42, 0x40]]
    {
        assert!(time(bytes).ends_with("`datetime.time`"), "{bytes:?}");
    }
}

#[test]
fn class_nested_over_100_deep_is_shown_as_getattr() {
    let nested = |depth: usize| {
        let getattrs = b"cbuiltins\ngetattr\n".repeat(depth);
        read(&[&getattrs[..], b"capp\nA\n", &b"\x8c\x01B\x86R".repeat(depth)].concat())
    };
    assert!(nested(100).contains("`app.A.B.B.B"));
    assert!(nested(101).ends_with("`getattr`"));
}

/// After the opcode `INT`, `00` and `01` are booleans. After `LONG`, `00` is the integer 0, and `01` is malformed, as
/// in Python's `int(text, 0)`.
#[test]
fn long_opcode_reads_no_boolean() {
    assert_eq!(read(b"L00\n"), "0");
    assert!(load_error(b"L01\n").contains("the text of an integer is not a number"));
}

#[test]
fn infinity_keeps_its_sign() {
    for (opcodes, expected) in [(b"Finf\n".as_slice(), f64::INFINITY), (b"F-inf\n", f64::NEG_INFINITY)] {
        let record = load(&record_of(opcodes)).unwrap();
        assert_eq!(record.state.get("v").unwrap(), Some(expected));
        let line = opcodes.strip_suffix(b"\n").unwrap();
        assert!(dump(&record, 0).unwrap().windows(line.len()).any(|window| window == line));
    }
}
