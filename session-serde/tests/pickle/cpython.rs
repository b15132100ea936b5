//! What CPython itself writes.

use session_core::Record;
use session_serde::{PickleSerializer, Serializer};

use super::{only_value, written};

/// A value as text, and its pickles of protocols 0 to 5.
struct Row {
    label: &'static str,
    pickles: Vec<Vec<u8>>,
}

fn rows(table: &'static str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (start, rest) = line.split_once(' ').expect("two columns");
        if start == "=" {
            rows.push(Row { label: rest, pickles: Vec::new() });
        } else {
            let row = rows.last_mut().expect("a value first");
            assert_eq!(start, row.pickles.len().to_string());
            row.pickles.push(unhex(rest));
        }
    }
    assert!(rows.iter().all(|row| row.pickles.len() == 6));
    rows
}

fn unhex(hex: &str) -> Vec<u8> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    pairs.iter().map(|pair| byte(pair)).collect()
}

/// The pickles of values that a session can hold.
pub(super) fn data() -> Vec<Vec<u8>> {
    rows(include_str!("data.txt")).into_iter().flat_map(|row| row.pickles).collect()
}

#[test]
fn reads_every_protocol() {
    let rows = rows(include_str!("data.txt"));
    assert!(rows.len() > 70);
    for Row { label, pickles } in rows {
        for (protocol, pickle) in pickles.into_iter().enumerate() {
            let loaded = PickleSerializer.loads_record(pickle.clone().into()).expect(label);
            assert!(!loaded.stale);
            assert_eq!(loaded.record.accessed.as_secs(), 1_700_000_000.0);
            assert_eq!(loaded.record.created.as_secs(), 1_699_999_000.5);
            assert_eq!(only_value(pickle), label, "protocol {protocol}");
        }
    }
}

#[test]
fn writes_the_same_values() {
    for Row { label, .. } in rows(include_str!("data.txt")) {
        assert_eq!(only_value(written(label).expect(label)), label);
    }
}

#[test]
fn refuses_what_is_no_data_in_every_protocol() {
    let rows = rows(include_str!("no_data.txt"));
    assert!(rows.len() > 20);
    for Row { label, pickles } in rows {
        for (protocol, pickle) in pickles.into_iter().enumerate() {
            let error = PickleSerializer.loads_record(pickle.into()).expect_err(label);
            assert!(error.is_malformed(), "{label}, protocol {protocol}");
        }
    }
}

/// The payload of a cookie that Pyramid signed.
#[test]
fn pyramid_worked_example() {
    let pickle = unhex("8004951a000000000000004a00f153654741d954fb462000007d948c0161944b017387942e");
    let record = PickleSerializer.loads_record((&*pickle).into()).unwrap().record;
    let mut json = Vec::new();
    record.write_json(&mut json).unwrap();
    assert_eq!(json, br#"[1700000000, 1699999000.5, {"a": 1}]"#);

    let mut ours = Vec::new();
    PickleSerializer.dumps_record(&record, &mut ours).unwrap();
    assert_eq!(ours, pickle, "the same to the byte");
}

/// Without the wrapping of a record.
#[test]
fn reads_any_type() {
    let point: (i32, Option<String>) = PickleSerializer.loads(b"\x80\x02J\xff\xff\xff\xffN\x86q\0.").unwrap();
    assert_eq!(point, (-1, None));
    assert!(PickleSerializer.loads::<String>(b"K\x01.").unwrap_err().is_malformed());
}

#[test]
fn a_record_is_three_values() {
    for pickle in
        [&b")."[..], b"K\0K\0\x86.", b"(K\0K\0}Nt.", b"K\0K\0)\x87.", b"N}}\x87.", b"U\x010K\0}\x87.", b"}."]
    {
        assert!(PickleSerializer.loads_record(pickle.into()).unwrap_err().is_malformed());
    }
    let record = PickleSerializer.loads_record((&b"](G\0\0\0\0\0\0\0\0K\0}e."[..]).into()).unwrap().record;
    assert_eq!(record.accessed, Record::default().accessed);
}
