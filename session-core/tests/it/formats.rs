//! States and times from formats that have more kinds of values than JSON.

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use session_core::{State, Timestamp};

/// A value of a format other than JSON.
#[derive(Clone)]
enum Value {
    None,
    Some(u64),
    Newtype(i64),
    I128(i128),
    U128(u128),
    Float(f64),
    Bytes(&'static [u8]),
    /// A list that contains itself.
    Endless,
}

impl<'de> Deserializer<'de> for Value {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::None => visitor.visit_none(),
            Self::Some(value) => visitor.visit_some(value.into_deserializer()),
            Self::Newtype(value) => visitor.visit_newtype_struct(value.into_deserializer()),
            Self::I128(value) => visitor.visit_i128(value),
            Self::U128(value) => visitor.visit_u128(value),
            Self::Float(value) => visitor.visit_f64(value),
            Self::Bytes(bytes) => visitor.visit_bytes(bytes),
            Self::Endless => visitor.visit_seq(SeqDeserializer::new([Self::Endless].into_iter())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Error> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn state(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Result<State, Error> {
    State::deserialize(MapDeserializer::new(entries.into_iter()))
}

#[test]
fn options_and_newtypes_are_unwrapped() {
    let state = state([("a", Value::None), ("b", Value::Some(1)), ("c", Value::Newtype(-2))]).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"a": null, "b": 1, "c": -2}"#);
}

#[test]
fn value_that_json_cannot_hold_is_an_error() {
    let error = state([("a", Value::Bytes(b"binary"))]).unwrap_err();
    assert!(error.to_string().ends_with("expected a value that JSON can hold"), "{error}");
    for float in [f64::NAN, f64::INFINITY] {
        assert!(state([("a", Value::Float(float))]).is_err());
    }
    assert_eq!(state([("a", Value::Float(1e-5))]).unwrap().to_json().unwrap(), r#"{"a": 1e-05}"#);
}

/// `State` limits the nesting itself, so a value of a format without such a limit cannot overflow the stack.
#[test]
fn endless_value_is_an_error() {
    let error = state([("a", Value::Endless)]).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

/// Regression: with a serializer for CBOR, which writes whole seconds as integers, every session was rejected as
/// malformed.
#[test]
fn integer_time_is_accepted() {
    let time = |value: Value| Timestamp::deserialize(value).map(Timestamp::as_secs);
    assert_eq!(time(Value::Newtype(-1)), Ok(-1.0));
    assert_eq!(time(Value::Some(1_700_000_000)), Ok(1_700_000_000.0));
    assert_eq!(time(Value::Float(1.5)), Ok(1.5));
    for other in [Value::None, Value::Bytes(b"1"), Value::Float(f64::NAN), Value::Endless] {
        assert!(time(other).is_err());
    }
}

/// Regression: an integer of 128 bits was an error, even as a time, which can be any finite number.
#[test]
fn integer_of_128_bits_is_accepted() {
    let state = state([("a", Value::I128(i128::MIN)), ("b", Value::U128(u128::MAX))]).unwrap();
    assert_eq!(state.to_json().unwrap(), format!(r#"{{"a": {}, "b": {}}}"#, i128::MIN, u128::MAX));
    let time = |value: Value| Timestamp::deserialize(value).map(Timestamp::as_secs);
    assert_eq!(time(Value::I128(-1)), Ok(-1.0));
    assert_eq!(time(Value::U128(1 << 100)), Ok(2_f64.powi(100)));
}
