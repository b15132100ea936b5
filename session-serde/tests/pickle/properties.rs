//! Whatever the bytes, and whatever the value.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use session_core::json;
use session_serde::{PickleSerializer, Serializer};

use super::{cpython, only_value, record_of, written};

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

fn of_64_bits() -> impl Strategy<Value = Value> {
    prop_oneof![any::<i64>(), any::<i16>().prop_map(i64::from)].prop_map(Value::from)
}

fn of_any_sign() -> impl Strategy<Value = Value> {
    prop_oneof![of_64_bits(), any::<u64>().prop_map(Value::from)]
}

/// A `Value` takes 0.0 for equal to -0.0.
fn text(value: &Value) -> String {
    json::to_string(value).unwrap()
}

/// Pieces that fit together often enough. Without DUP, which is a copy in serde-pickle rather than the same value,
/// and without a memo key that is used again, which changes there what was read before.
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

/// Nothing panics, and what was read can be written and read again.
fn check(pickle: Vec<u8>) -> Result<(), TestCaseError> {
    let _ = PickleSerializer.loads::<Value>(&pickle);
    if let Ok(loaded) = PickleSerializer.loads_record(pickle.into()) {
        let mut out = Vec::new();
        PickleSerializer.dumps_record(&loaded.record, &mut out).unwrap();
        let again = PickleSerializer.loads_record(out.into()).unwrap().record;
        prop_assert_eq!(again.state.to_json().unwrap(), loaded.record.state.to_json().unwrap());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..64)) {
        check(bytes.clone())?;
        check(record_of(&bytes))?;
    }

    #[test]
    fn changed_pickles(
        pickle in select(cpython::data()),
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
        check(pickle)?;
    }

    #[test]
    fn truncated_pickles(pickle in select(cpython::data()), at in any::<Index>()) {
        let short = &pickle[..at.index(pickle.len())];
        prop_assert!(PickleSerializer.loads_record(short.into()).is_err());
    }

    #[test]
    fn round_trip(value in value(of_any_sign())) {
        let pickle = PickleSerializer.dumps(&value).unwrap();
        prop_assert_eq!(text(&PickleSerializer.loads(&pickle).unwrap()), text(&value));
        prop_assert_eq!(only_value(written(&text(&value)).unwrap()), text(&value));
    }

    #[test]
    fn any_integer(digits in "-?[1-9][0-9]{0,80}") {
        prop_assert_eq!(only_value(written(&digits).unwrap()), digits);
    }

    #[test]
    fn serde_pickle_reads_what_we_write(value in value(of_64_bits())) {
        let pickle = PickleSerializer.dumps(&value).unwrap();
        let read: Value = serde_pickle::from_slice(&pickle, serde_pickle::DeOptions::new()).unwrap();
        prop_assert_eq!(text(&read), text(&value));
    }

    #[test]
    fn we_read_what_serde_pickle_writes(value in value(of_any_sign())) {
        for options in [serde_pickle::SerOptions::new(), serde_pickle::SerOptions::new().proto_v2()] {
            let pickle = serde_pickle::to_vec(&value, options).unwrap();
            let read: Value = PickleSerializer.loads(&pickle).unwrap();
            prop_assert_eq!(text(&read), text(&value));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Where serde-pickle reads it too, it is the same.
    #[test]
    fn any_program(program in program()) {
        check(record_of(&program))?;
        let pickle = [&program[..], b"."].concat();
        let oracle = serde_pickle::from_slice::<Value>(&pickle, serde_pickle::DeOptions::new());
        if let (Ok(value), Ok(oracle)) = (PickleSerializer.loads::<Value>(&pickle), oracle) {
            prop_assert_eq!(value, oracle);
        }
    }
}
