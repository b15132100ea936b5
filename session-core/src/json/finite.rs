//! Detects NaN and the infinities, for which serde_json would write `null`, and converts them to and from Python's
//! spelling.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Serializer};

use crate::serializer_error::SerializerError;

/// Returns the text that Python's `json` writes for NaN or an infinity: `NaN`, `Infinity` or `-Infinity`. Returns
/// `None` for a finite float. These texts are not valid JSON.
pub(super) fn constant(value: f64) -> Option<&'static str> {
    match value {
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => value.is_nan().then_some("NaN"),
    }
}

/// Returns NaN or the infinity that Python's `json` writes as `text`: `NaN`, `Infinity` or `-Infinity`. Returns `None`
/// for any other text.
pub fn parse_constant(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// Returns whether every float in a value is finite.
pub(super) fn is_finite<T: Serialize + ?Sized>(value: &T) -> bool {
    value.serialize(FiniteCheck).is_ok()
}

/// Returns the text that Python's `json` writes for a value that is NaN or an infinity. Returns `None` for any other
/// value, even if it contains such a float.
pub(crate) fn constant_of<T: Serialize + ?Sized>(value: &T) -> Option<&'static str> {
    value.serialize(FiniteCheck).err()?.0.and_then(constant)
}

/// A serializer that writes nothing, and fails if it finds a float that is not finite.
#[derive(Clone, Copy)]
struct FiniteCheck;

/// Error returned when a float is not finite. It holds the float if the float is the whole value.
type NotFinite = SerializerError<f64>;

macro_rules! pass {
    ($($method:ident($($argument:ty),*))*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<(), NotFinite> {
            Ok(())
        }
    )*};
}

macro_rules! compound {
    ($($method:ident($($argument:ty),*) -> $compound:ident)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$compound, NotFinite> {
            Ok(self)
        }
    )*};
}

impl Serializer for FiniteCheck {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn serialize_f32(self, value: f32) -> Result<(), NotFinite> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), NotFinite> {
        if value.is_finite() { Ok(()) } else { Err(SerializerError(Some(value))) }
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), NotFinite> {
        value.serialize(self).map_err(|_| SerializerError(None))
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), NotFinite> {
        Ok(())
    }

    pass! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_none() serialize_unit() serialize_unit_struct(&'static str)
        serialize_unit_variant(&'static str, u32, &'static str)
    }

    compound! {
        serialize_seq(Option<usize>) -> SerializeSeq
        serialize_tuple(usize) -> SerializeTuple
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant
        serialize_map(Option<usize>) -> SerializeMap
        serialize_struct(&'static str, usize) -> SerializeStruct
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant
    }
}

macro_rules! check_parts {
    ($($compound:ident { $($method:ident($($name:ty)?))* })*) => {$(
        impl ser::$compound for FiniteCheck {
            type Ok = ();
            type Error = NotFinite;

            $(fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? part: &T) -> Result<(), NotFinite> {
                part.serialize(*self).map_err(|_| SerializerError(None))
            })*

            fn end(self) -> Result<(), NotFinite> {
                Ok(())
            }
        }
    )*};
}

check_parts! {
    SerializeSeq { serialize_element() }
    SerializeTuple { serialize_element() }
    SerializeTupleStruct { serialize_field() }
    SerializeTupleVariant { serialize_field() }
    SerializeMap { serialize_key() serialize_value() }
    SerializeStruct { serialize_field(&'static str) }
    SerializeStructVariant { serialize_field(&'static str) }
}
