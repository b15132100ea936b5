//! Pickles that CPython wrote, from `data.txt` and `objects.txt`.

use std::collections::HashSet;

use session_core::{Record, State, Timestamp};
use session_serde::{PickleSerializer, Serializer};

use super::table::{self, Row, unhex};
use super::{PROTOCOLS, dump, load, only_value, rewritten, serializer, value};

fn record() -> Record {
    let time = |secs| Timestamp::from_secs(secs).expect("the time is finite");
    Record::new(time(1_700_000_000.0), time(1_699_999_000.5), State::default())
}

#[test]
fn every_protocol_reads_expected_value() {
    for Row { label, read, pickles } in table::all() {
        for (protocol, pickle) in pickles.iter().enumerate() {
            let loaded = PickleSerializer::default().loads_record(pickle.into()).expect(label);
            assert_eq!(loaded.record.accessed, record().accessed);
            assert_eq!(loaded.record.created, record().created);
            let value = value(&loaded.record.state);
            match read.strip_prefix("! ") {
                Some(why) => assert!(value.ends_with(&format!(": it contains {why}")), "{label}: {value}"),
                None => assert_eq!(value, read, "{label}, protocol {protocol}"),
            }
        }
    }
}

#[test]
fn untouched_session_keeps_its_bytes() {
    for Row { label, pickles, .. } in table::all() {
        for (protocol, pickle) in PROTOCOLS.zip(&pickles) {
            assert_eq!(rewritten(pickle, protocol), *pickle, "{label}, protocol {protocol}");
        }
    }
}

/// CPython fills an object in batches of 1000 parts, which are list elements or dict items. If a single part remains
/// after the last full batch, CPython writes this part without a mark. If no part remains, CPython writes no further
/// batch.
#[test]
fn parts_of_object_keep_their_batches() {
    const START: &[u8] = b"\x80\x02K\0G\0\0\0\0\0\0\0\0}q\0X\x01\0\0\0dq\x01ccollections\n";
    let end = |rest: &[u8]| [rest, b"s\x87q\x04."].concat();
    let elements = b"N".repeat(1000);
    let items: Vec<u8> =
        (0..1000_u16).flat_map(|key| [&b"M"[..], &key.to_le_bytes(), b"N"].concat()).collect();
    // Integers below 256 have a shorter opcode.
    let items = [(0..=255).flat_map(|key| [b'K', key, b'N']).collect(), items[256 * 4..].to_vec()].concat();
    for pickle in [
        [START, b"deque\nq\x02)Rq\x03(", &elements, &end(b"eNa")].concat(),
        [START, b"deque\nq\x02)Rq\x03(", &elements, &end(b"e")].concat(),
        [START, b"OrderedDict\nq\x02)Rq\x03(", &items, &end(b"uM\xe8\x03Ns")].concat(),
        [START, b"OrderedDict\nq\x02)Rq\x03(", &items, &end(b"u")].concat(),
    ] {
        assert_eq!(rewritten(&pickle, 2), pickle);
    }
}

/// A conversion does not always give the bytes of CPython: CPython writes an instance of a class in different forms in
/// different protocols, but the writer keeps the form that was read.
#[test]
fn every_protocol_converts_to_every_other() {
    let mut same = 0;
    for Row { label, pickles, .. } in table::all() {
        for (from, pickle) in pickles.iter().enumerate() {
            for to in PROTOCOLS {
                let out = rewritten(pickle, to);
                assert_eq!(only_value(&out), only_value(pickle), "{label}, from {from} to {to}");
                assert_eq!(rewritten(&out, to), out, "{label}, from {from} to {to}");
                same += usize::from(out == pickles[usize::from(to)]);
            }
        }
    }
    assert!(same > 4_000, "more than 4000 conversions must match CPython, but {same} do");
}

/// Bytes and sets have an opcode only in some protocols. The pickle of a date contains bytes.
#[test]
fn converted_bytes_sets_dates_match_cpython() {
    let kinds = ["b'", "bytearray(", "set(", "{1", "frozenset(", "datetime.date(", "decimal.", "bytes("];
    let rows =
        table::objects().into_iter().filter(|row| kinds.iter().any(|kind| row.label.starts_with(kind)));
    let rows: Vec<Row> = rows.filter(|row| !row.read.starts_with('!')).collect();
    assert!(rows.len() > 12);
    for Row { label, pickles, .. } in rows {
        for (from, pickle) in pickles.iter().enumerate() {
            for to in PROTOCOLS {
                assert_eq!(rewritten(pickle, to), pickles[usize::from(to)], "{label}, from {from} to {to}");
            }
        }
    }
}

#[test]
fn json_value_matches_cpython_bytes() {
    let (mut same, mut other) = (HashSet::new(), Vec::new());
    for Row { label, pickles, .. } in table::data() {
        let ours = PROTOCOLS.map(|protocol| {
            let mut record = record();
            record.state.insert_json("v", label.to_owned()).unwrap();
            dump(&record, protocol).unwrap()
        });
        if ours.eq(pickles.iter().cloned()) {
            same.insert(label);
        } else {
            other.push(label);
        }
    }
    other.retain(|label| !same.contains(label));
    assert!(same.len() > 60);
    assert_eq!(
        other,
        [
            // Tuples, which are lists in JSON.
            "[1, 2]",
            "[1, 2, 3, 4]",
            "[[], [[]]]",
            // Shared objects. JSON text does not show the sharing.
            r#"{"": {"": {}}}"#,
            r#"{"k": [{"k": [1]}]}"#,
            "[[1], [1], [1]]",
            r#"{"a": {"k": []}, "b": {"k": []}}"#,
            r#"["shared text", "shared text", {"shared text": "shared text"}]"#,
            "[[[1]], [[1]]]",
        ]
    );
}

/// The payload of a cookie that Pyramid signed.
#[test]
fn pyramid_example_round_trips() {
    let pickle = unhex("8004951a000000000000004a00f153654741d954fb462000007d948c0161944b017387942e");
    let mut json = Vec::new();
    load(&pickle).unwrap().write_json(&mut json).unwrap();
    assert_eq!(json, br#"[1700000000, 1699999000.5, {"a": 1}]"#);

    let mut ours = record();
    ours.state.insert("a", 1).unwrap();
    assert_eq!(dump(&ours, 4).unwrap(), pickle, "the serializer must write the bytes that Pyramid wrote");
}

/// Values without a record around them.
#[test]
fn loads_reads_any_type() {
    let pickle = PickleSerializer::default();
    let point: (i32, Option<String>) = pickle.loads(b"\x80\x02J\xff\xff\xff\xffN\x86q\0.").unwrap();
    assert_eq!(point, (-1, None));
    let day: String =
        pickle.loads(b"cdatetime\ndate\n(c_codecs\nencode\n(V\x07\xe8\x02\x1d\nVlatin1\ntRtR.").unwrap();
    assert_eq!(day, "2024-02-29");
    assert!(pickle.loads::<String>(b"K\x01.").unwrap_err().is_malformed());
    let error = pickle.loads::<String>(b"cos\nsystem\n)R.").unwrap_err();
    assert!(error.is_malformed());
    assert!(error.to_string().ends_with("the pickle contains the Python class `os.system`"));
}

#[test]
fn dumps_writes_each_protocol() {
    let dumps = |pickle: PickleSerializer| pickle.dumps(&(true, 7, "a")).unwrap().escape_ascii().to_string();
    let pickles: Vec<String> = PROTOCOLS.map(|protocol| dumps(serializer(protocol))).collect();
    assert_eq!(dumps(PickleSerializer::default()), pickles[4]);
    assert_eq!(
        pickles,
        [
            r"(lp0\nI01\naI7\naVa\np1\na.",
            r"]q\x00(I01\nK\x07X\x01\x00\x00\x00aq\x01e.",
            r"\x80\x02]q\x00(\x88K\x07X\x01\x00\x00\x00aq\x01e.",
            r"\x80\x03]q\x00(\x88K\x07X\x01\x00\x00\x00aq\x01e.",
            r"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00]\x94(\x88K\x07\x8c\x01a\x94e.",
            r"\x80\x05\x95\x0c\x00\x00\x00\x00\x00\x00\x00]\x94(\x88K\x07\x8c\x01a\x94e.",
        ]
    );
}

#[test]
fn protocol_above_5_is_error() {
    for protocol in [6, 255] {
        let error = PickleSerializer::new(protocol).unwrap_err().to_string();
        assert_eq!(error, format!("pickle has no protocol {protocol}; choose one from 0 to 5"));
    }
}

#[test]
fn record_of_other_shape_is_malformed() {
    for pickle in [
        &b")."[..],                                  // ()
        b"K\0K\0\x86.",                              // (0, 0)
        b"(K\0K\0}Nt.",                              // (0, 0, {}, None)
        b"K\0K\0)\x87.",                             // (0, 0, ())
        b"N}}\x87.",                                 // (None, {}, {})
        b"\x88K\0}\x87.",                            // (True, 0, {})
        b"U\x010K\0}\x87.",                          // ("0", 0, {})
        b"}.",                                       // {}
        b"K\0G\x7f\xf8\0\0\0\0\0\0}\x87.",           // (0, nan, {})
        b"K\0G\xff\xf0\0\0\0\0\0\0}\x87.",           // (0, -inf, {})
        b"cos\nsystem\n)R.",                         // os.system()
        b"K\0K\0ccollections\nOrderedDict\n)R\x87.", // (0, 0, collections.OrderedDict())
    ] {
        assert!(load(pickle).unwrap_err().is_malformed(), "{}", pickle.escape_ascii());
    }
    // A list is accepted in place of the tuple: [0.0, 0, {}]
    let record = load(b"](G\0\0\0\0\0\0\0\0K\0}e.").unwrap();
    assert_eq!(record.accessed, Record::default().accessed);
    let beyond_64_bits = load(b"\x8a\x09\0\0\0\0\0\0\0\0\x01K\0}\x87.").unwrap();
    assert_eq!(beyond_64_bits.accessed.as_secs(), 18_446_744_073_709_551_616.0);
    let too_large = [b"\x8b\0\x02\0\0".as_slice(), &[0x7f; 512], b"K\0}\x87."].concat();
    assert!(load(&too_large).unwrap_err().is_malformed());
}
