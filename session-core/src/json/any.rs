//! Converts between JSON text and other serde formats, for serializers without a conversion of their own.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, SerializeMap, SerializeSeq};
use serde::{Deserializer, Serialize, Serializer};

use super::{Json, MAX_DEPTH, parse_constant, python, unquote};

/// Serializes the value into any format. An integer of more than 64 bits, a float beyond the range of an `f64` and a
/// lone surrogate are errors. NaN and the infinities are serialized as floats.
impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(text) => serialize_number(text, serializer),
            Json::String(quoted) => serializer.serialize_str(&unquote_or_fail(quoted)?),
            Json::Array(elements) => {
                let mut seq = serializer.serialize_seq(Some(elements.clone().count()))?;
                for element in elements.clone().values() {
                    seq.serialize_element(&element)?;
                }
                seq.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.clone().count()))?;
                for (key, value) in members.clone().values() {
                    map.serialize_entry(&*unquote_or_fail(key)?, &value)?;
                }
                map.end()
            }
        }
    }
}

fn unquote_or_fail<E: ser::Error>(quoted: &str) -> Result<std::borrow::Cow<'_, str>, E> {
    unquote(quoted).ok_or_else(|| E::custom("a string has a lone surrogate"))
}

fn serialize_number<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    if let Some(value) = parse_constant(text) {
        return serializer.serialize_f64(value);
    }
    if text.contains(['.', 'e', 'E']) {
        return match text.parse::<f64>() {
            Ok(value) if value.is_finite() => serializer.serialize_f64(value),
            _ => Err(ser::Error::custom("a float is out of range")),
        };
    }
    if let Ok(value) = text.parse() {
        serializer.serialize_i64(value)
    } else if let Ok(value) = text.parse() {
        serializer.serialize_u64(value)
    } else {
        // Don't serialize it as a float, which would be inexact, or as 128 bits, which some formats write as bytes.
        Err(ser::Error::custom("an integer has more than 64 bits"))
    }
}

/// The key of the map that serde_json passes to a visitor instead of a number, if a crate in the build enables
/// serde_json's feature `arbitrary_precision`. The value is the text of the number.
const ARBITRARY_PRECISION: &str = "$serde_json::private::Number";

/// Returns whether a map of the type `A` is serde_json's form of a number. It compares the name of the type, not the
/// key in the map, because a user's map may have the same key. If serde_json renames the type, the tests with
/// `arbitrary_precision` fail.
fn is_number<A>() -> bool {
    std::any::type_name::<A>().contains("serde_json::number::NumberDeserializer")
}

/// Deserializes a value of any format and appends its JSON text to `out`. A value that JSON cannot hold is an error. It
/// is never replaced by a similar value.
pub(crate) struct AnyToJson<'o> {
    pub(crate) out: &'o mut Vec<u8>,
    pub(crate) depth: usize,
}

impl AnyToJson<'_> {
    fn append<E>(self, text: impl AsRef<[u8]>) -> Result<(), E> {
        self.out.extend_from_slice(text.as_ref());
        Ok(())
    }

    fn number<E: de::Error>(self, text: &str) -> Result<(), E> {
        match Json::parse(text) {
            Ok(Json::Number(number)) => self.append(number),
            _ => Err(E::invalid_value(de::Unexpected::Str(text), &"a number")),
        }
    }

    fn depth_inside<E: de::Error>(&self) -> Result<usize, E> {
        if self.depth >= MAX_DEPTH { Err(E::custom("nested too deeply")) } else { Ok(self.depth + 1) }
    }
}

impl<'de> DeserializeSeed<'de> for AnyToJson<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyToJson<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON can hold")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.append(if value { "true" } else { "false" })
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.append(value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.append(value.to_string())
    }

    fn visit_i128<E>(self, value: i128) -> Result<(), E> {
        self.append(value.to_string())
    }

    fn visit_u128<E>(self, value: u128) -> Result<(), E> {
        self.append(value.to_string())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        if !value.is_finite() {
            return Err(E::invalid_value(de::Unexpected::Other("NaN or an infinity"), &self));
        }
        python::write_f64(self.out, value);
        Ok(())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        python::write(self.out, value).map_err(E::custom)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.append("null")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        self.append("null")
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let depth = self.depth_inside()?;
        self.out.push(b'[');
        let first = self.out.len();
        loop {
            let end = self.out.len();
            if end > first {
                self.out.extend_from_slice(b", ");
            }
            if seq.next_element_seed(AnyToJson { out: &mut *self.out, depth })?.is_none() {
                self.out.truncate(end);
                break;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if is_number::<A>() {
            return match map.next_entry::<String, String>()? {
                Some((key, number)) if key == ARBITRARY_PRECISION => self.number(&number),
                _ => Err(de::Error::custom("serde_json passes a number in an unknown form")),
            };
        }
        let depth = self.depth_inside()?;
        self.out.push(b'{');
        let start = self.out.len();
        while let Some(key) = map.next_key::<String>()? {
            if self.out.len() > start {
                self.out.extend_from_slice(b", ");
            }
            python::write(self.out, &key).map_err(de::Error::custom)?;
            self.out.extend_from_slice(b": ");
            map.next_value_seed(AnyToJson { out: &mut *self.out, depth })?;
        }
        self.out.push(b'}');
        Ok(())
    }
}
