//! Property tests with arbitrary bytes, changed pickles of CPython, arbitrary sequences of opcodes and arbitrary JSON
//! values.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use session_core::{Record, json};
use session_serde::{PickleSerializer, Serializer};

use super::{PROTOCOLS, dump, load, only_value, record_of, rewritten, serializer, table, written_in};

fn float() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE
}

fn value(integer: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        integer,
        float().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..8).prop_map(Value::from_iter),
        ]
    })
}

fn integer_of_64_bits() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>(), any::<i16>().prop_map(i64::from)].prop_map(Value::from)
}

fn integer_of_any_sign() -> impl Strategy<Value = Value> {
    prop_oneof![integer_of_64_bits(), any::<u64>().prop_map(Value::from)]
}

/// Returns the JSON text of a value. Unlike a comparison of `Value`s, the text distinguishes 0.0 from -0.0.
fn text(value: &Value) -> String {
    json::to_string(value).unwrap()
}

/// Generates opcodes from pieces that often fit together. The pieces do not contain `DUP`, because serde-pickle copies
/// the value where Python shares it. They store each value under a new memo key, because serde-pickle changes earlier
/// references to a key that is used again.
fn program() -> impl Strategy<Value = Vec<u8>> {
    #[rustfmt::skip]
    const PIECES: &[&[u8]] = &[
        b"(", b"(", b"0", b"1", b"N", b"\x88", b"I01\n", b"K\x07", b"\x8a\x01\xff", b"F1.5\n", b"]",
        b"]", b")", b"}", b"}", b"l", b"t", b"d", b"a", b"a", b"e", b"s", b"u", b"\x85", b"\x86", b"\x94",
        b"h\0", b"h\0", b"h\x01", b"\x8c\x01a", b"\x8c\x01b", b"Va\n", b"\x8c\x01aN",
        b"}\x8c\x01a", b"R", b".",
    ];
    let piece = select(PIECES);
    vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Generates opcodes for objects, and for containers that contain themselves.
fn objects() -> impl Strategy<Value = Vec<u8>> {
    #[rustfmt::skip]
    const PIECES: &[&[u8]] = &[
        b"(", b"(", b"0", b"1", b"2", b"N", b"K\x07", b"]", b"]", b")", b")", b"}", b"}", b"t", b"a", b"e",
        b"s", b"u", b"\x85", b"\x86", b"\x94", b"\x94", b"h\0", b"h\0", b"h\x01", b"h\x02", b"\x8c\x01a",
        b"U\x01a", b"C\x01a", b"\x8f", b"\x90", b"\x91", b"R", b"R", b"b", b"b", b"\x81", b"\x92", b"o",
        b"capp\nCart\n", b"cbuiltins\nset\n", b"\x8c\x03app\x94\x8c\x06Cart.I\x94\x93", b"(iapp\nCart\n",
        b"c_codecs\nencode\n(Vz\nVlatin1\nt", b"]\x94h\0a", b"capp\nCart\n)\x81\x94}\x8c\x01ah\0sb",
        b"]\x94capp\nCart\n)\x81}\x94\x8c\x01ah\0sba", b"\x8f\x94(capp\nCart\n]\x94h\0a\x85R\x90",
        b"cbuiltins\nset\n]h\0a\x85R", b"cbuiltins\nset\n](h\0h\x01e\x85R\x94",
    ];
    vec(select(PIECES), 0..16).prop_map(|pieces| pieces.concat())
}

fn cpython() -> Vec<Vec<u8>> {
    table::all().into_iter().flat_map(|row| row.pickles).collect()
}

/// Checks that nothing panics. If the record loads, also checks the output in each protocol that can represent it: the
/// output has a bounded size, keeps the times, the keys and the JSON text of the entry `v`, and is the same after a
/// second write.
fn check(pickle: &[u8]) -> Result<(), TestCaseError> {
    let _ = PickleSerializer::default().loads::<Value>(pickle);
    match load(pickle) {
        Ok(record) => check_written(&record, pickle),
        Err(_) => Ok(()),
    }
}

fn check_written(record: &Record, pickle: &[u8]) -> Result<(), TestCaseError> {
    for protocol in PROTOCOLS {
        let Ok(out) = dump(record, protocol) else { continue };
        prop_assert!(out.len() <= 64 * 1024 + 128 * pickle.len());
        let again = load(&out).unwrap();
        prop_assert_eq!((again.accessed, again.created), (record.accessed, record.created));
        prop_assert!(again.state.keys().eq(record.state.keys()));
        if record.state.contains_key("v") {
            let json = |record: &Record| record.state.get_json("v").ok().flatten().map(str::to_owned);
            prop_assert_eq!(json(&again), json(record));
        }
        prop_assert_eq!(dump(&again, protocol).unwrap(), out, "a second write must give the same bytes");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes_cause_no_panic(bytes in vec(any::<u8>(), 0..64)) {
        check(&bytes)?;
        check(&record_of(&bytes))?;
    }

    #[test]
    fn changed_pickle_causes_no_panic(
        pickle in select(cpython()),
        changes in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let mut pickle = pickle;
        for (at, byte, how) in changes {
            let at = at.index(pickle.len());
            match how {
                0 => pickle[at] = byte,
                1 => pickle.insert(at, byte),
                _ => drop(pickle.splice(at..=at, [byte, byte])),
            }
        }
        check(&pickle)?;
    }

    #[test]
    fn truncated_pickle_is_malformed(pickle in select(cpython()), at in any::<Index>()) {
        let error = load(&pickle[..at.index(pickle.len())]).unwrap_err();
        prop_assert!(error.is_malformed(), "{}", error);
    }

    #[test]
    fn json_value_round_trips(value in value(integer_of_any_sign()), protocol in PROTOCOLS) {
        let pickle = serializer(protocol).dumps(&value).unwrap();
        prop_assert_eq!(text(&serializer(protocol).loads(&pickle).unwrap()), text(&value));
        let record = written_in(&text(&value), protocol).unwrap();
        prop_assert_eq!(only_value(&record), text(&value));
        prop_assert_eq!(rewritten(&record, protocol), record);
    }

    #[test]
    fn integer_round_trips(digits in "-?[1-9][0-9]{0,80}", protocol in PROTOCOLS) {
        let record = written_in(&digits, protocol).unwrap();
        prop_assert_eq!(only_value(&record), digits);
        prop_assert_eq!(rewritten(&record, protocol), record);
    }

    #[test]
    fn serde_pickle_reads_our_output(value in value(integer_of_64_bits()), protocol in PROTOCOLS) {
        let pickle = serializer(protocol).dumps(&value).unwrap();
        let read: Value = serde_pickle::from_slice(&pickle, serde_pickle::DeOptions::new()).unwrap();
        prop_assert_eq!(text(&read), text(&value));
    }

    #[test]
    fn serde_pickle_output_is_read(value in value(integer_of_any_sign())) {
        for options in [serde_pickle::SerOptions::new(), serde_pickle::SerOptions::new().proto_v2()] {
            let pickle = serde_pickle::to_vec(&value, options).unwrap();
            let read: Value = PickleSerializer::default().loads(&pickle).unwrap();
            prop_assert_eq!(text(&read), text(&value));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// If this crate and serde-pickle can both read the opcodes, they read the same value.
    #[test]
    fn any_program_matches_serde_pickle(program in program()) {
        check(&record_of(&program))?;
        // serde-pickle forgets a change to a value that is stored under two memo keys.
        let count = |opcode| program.iter().filter(|&&byte| byte == opcode).count();
        let is_comparable = count(0x94) < 2 || count(b'h') == 0;
        let pickle = [&program[..], b"."].concat();
        let oracle = serde_pickle::from_slice::<Value>(&pickle, serde_pickle::DeOptions::new());
        if let (true, Ok(value), Ok(oracle)) =
            (is_comparable, PickleSerializer::default().loads::<Value>(&pickle), oracle)
        {
            prop_assert_eq!(value, oracle);
        }
    }

    #[test]
    fn any_objects_round_trip(program in objects()) {
        check(&record_of(&program))?;
    }

    /// The values of a removed entry may be needed for the other entry.
    #[test]
    fn any_objects_round_trip_after_removal(removed in objects(), kept in objects(), protocol in PROTOCOLS) {
        let pickle = record_of(&[b"0(\x8c\x01k", &removed[..], b"\x8c\x01v", &kept, b"u"].concat());
        let pickle = [&[0x80, protocol], &pickle[2..pickle.len() - 3], b"\x87."].concat();
        let Ok(mut record) = load(&pickle) else { return Ok(()) };
        record.state.discard("k");
        if !record.state.is_empty() {
            check_written(&record, &pickle)?;
        }
    }
}
