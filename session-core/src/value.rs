use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::error::EntryError;
use crate::foreign::Foreign;
use crate::json::{self, AROUND_STATE, Json, Scanner};

/// The value of an entry, wherever it is.
#[derive(Clone, Copy)]
pub(crate) enum Value<'s> {
    /// Text that has the structure of JSON. Python may have written something else in it, such as `NaN`.
    Text(&'s str),
    Foreign(&'s dyn Foreign, u32),
}

impl<'s> Value<'s> {
    pub(crate) fn decode<T: Deserialize<'s>>(self, key: &str) -> Result<T, EntryError> {
        let text = self.text().map_err(|what| EntryError::read::<T>(Some(key)).because(contains(what)))?;
        serde_json::from_str(text).or_else(|_| decode_unlike_json(key, text))
    }

    /// Returns the JSON text.
    ///
    /// # Errors
    /// If there is none: what stands in the way.
    pub(crate) fn json(self) -> Result<&'s str, String> {
        let text = self.text().map_err(contains)?;
        if is_value(text) { Ok(text) } else { Err(not_json(text)) }
    }

    /// Returns the JSON text as it was loaded or written, unchecked.
    ///
    /// # Errors
    /// If there is none, or the text only stands for the value: what stands in the way.
    pub(crate) fn exact_json(self) -> Result<&'s str, String> {
        match self {
            Self::Foreign(values, value) if !values.is_json(value) => {
                Err(self.text().map_or_else(contains, |_| "JSON text cannot hold its type".to_owned()))
            }
            _ => self.text().map_err(contains),
        }
    }

    fn text(self) -> Result<&'s str, &'s str> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Foreign(values, value) => values.json(value),
        }
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Foreign(values, value) => values.size(value),
        }
    }

    /// Returns the elements of a list, or `None` if the value is not a list.
    pub(crate) fn elements(self) -> Option<Vec<Self>> {
        match self {
            Self::Text(text) => Some(json::elements(text)?.into_iter().map(Self::Text).collect()),
            Self::Foreign(values, value) => {
                let elements = values.elements(value)?;
                Some(elements.into_iter().map(|element| Self::Foreign(values, element)).collect())
            }
        }
    }

    /// Returns a text to show for the value: the characters of a string, with a replacement character for each lone
    /// surrogate; else the JSON text; else the name of what has no JSON text.
    pub(crate) fn lossy_text(self) -> String {
        match self.text() {
            Ok(text) if is_value(text) && text.starts_with('"') => json::unquote_lossy(text),
            Ok(text) => text.to_owned(),
            Err(what) => what.to_owned(),
        }
    }

    /// Whether the value is read from this very text.
    pub(crate) fn is_spelled(self, text: &str) -> bool {
        self.text() == Ok(text)
    }

    /// Whether the value means the same as a JSON text that is known to be valid.
    pub(crate) fn means(self, text: &str) -> bool {
        self.json().is_ok_and(|json| Json::of_valid(json).means(&Json::of_valid(text)))
    }
}

/// Returns whether a text is one valid value, no deeper than the value of an entry may be.
pub(crate) fn is_value(text: &str) -> bool {
    is_value_within(AROUND_STATE + 1, text)
}

/// Returns whether a text is one valid value, no deeper than an element of the list of an entry may be.
pub(crate) fn is_element(text: &str) -> bool {
    is_value_within(AROUND_STATE + 2, text)
}

fn is_value_within(depth: usize, text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value_at(depth).and_then(|_| scanner.end()).is_ok()
}

fn contains(what: &str) -> String {
    format!("it contains {what}")
}

fn not_json(text: &str) -> String {
    match constant(text) {
        Some(_) => format!("it is {text}, which can only be read as a float"),
        None => "it contains NaN, an infinity or something else that is not JSON".to_owned(),
    }
}

/// Returns the float that JSON has no text for and Python's `json` writes nevertheless.
pub(crate) fn constant(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cold]
fn decode_unlike_json<'s, T: Deserialize<'s>>(key: &str, text: &'s str) -> Result<T, EntryError> {
    let error = EntryError::read::<T>(Some(key));
    if is_value(text) {
        return Err(error);
    }
    T::deserialize(Unreadable::new(Value::Text(text))).map_err(|_| error.because(not_json(text)))
}

/// Deserializes a value without JSON text: `NaN` and the infinities as floats; anything else is an error.
///
/// A type that leaves the value out ignores it. Serde buffers the entries of a type with `flatten` or `tag` before it
/// knows which of them the type leaves out. The buffer gets a newtype, which JSON never gives and no other type takes.
#[derive(Clone, Copy)]
pub(crate) struct Unreadable {
    constant: Option<f64>,
    /// Number of nested newtypes that are left to give. Serde's buffer takes each one apart.
    newtypes: u8,
}

impl Unreadable {
    pub(crate) fn new(value: Value<'_>) -> Self {
        Self { constant: value.text().ok().and_then(constant), newtypes: 4 }
    }
}

/// Returns whether a visitor is serde's buffer. Any other one may take the newtypes apart as well, and then find a unit.
/// The type is private, so its name has to do. Were serde to rename it, the tests of typed views would fail.
fn is_buffer<V>() -> bool {
    std::any::type_name::<V>().contains("::content::ContentVisitor")
}

/// Whether an error says that a value of [`Unreadable`] was asked for.
pub(crate) fn is_unreadable(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("invalid type: newtype struct")
}

impl<'de> Deserializer<'de> for Unreadable {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let invalid = || de::Error::invalid_type(Unexpected::NewtypeStruct, &visitor);
        match self.newtypes.checked_sub(1) {
            _ if !is_buffer::<V>() => Err(invalid()),
            Some(newtypes) => visitor.visit_newtype_struct(Self { constant: None, newtypes }),
            None => visitor.visit_unit(),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.constant {
            Some(value) => visitor.visit_f64(value),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

/// The value of an entry without the [`State`](crate::State) that has it: for a state that is behind a lock, as the
/// `Serialize` and `Deserialize` of a user's type should run without that lock.
///
/// [`State::encode`](crate::State::encode) makes one of a user's value, and
/// [`State::get_encoded`](crate::State::get_encoded) takes one out. `Debug` shows its size alone.
#[derive(Clone)]
pub struct Encoded(pub(crate) Held);

#[derive(Clone)]
pub(crate) enum Held {
    Text(String),
    Foreign(Arc<dyn Foreign>, u32),
}

impl Encoded {
    pub(crate) fn value(&self) -> Value<'_> {
        match &self.0 {
            Held::Text(text) => Value::Text(text),
            Held::Foreign(values, value) => Value::Foreign(&**values, *value),
        }
    }

    /// Returns the value of the entry `key` as a `T`.
    ///
    /// # Errors
    /// As [`State::get`](crate::State::get).
    pub fn decode<T: DeserializeOwned>(&self, key: &str) -> Result<T, EntryError> {
        self.value().decode(key)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded").field("size", &self.value().size()).finish_non_exhaustive()
    }
}
