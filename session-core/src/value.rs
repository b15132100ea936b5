//! The value of an entry.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeOwned, Deserializer, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::error::EntryError;
use crate::foreign::Foreign;
use crate::json::{self, Json, STATE_DEPTH, Scanner};

/// The value of an entry, borrowed from its state.
#[derive(Clone, Copy)]
pub(crate) enum Value<'s> {
    /// JSON text. It may be invalid, such as Python's `NaN`: the structural scan of a loaded text checks little of a
    /// value.
    Text(&'s str),
    /// A value that was not loaded from JSON: all foreign values of the state, and the number that identifies this one.
    Foreign(&'s dyn Foreign, u32),
}

impl<'s> Value<'s> {
    pub(crate) fn decode<T: Deserialize<'s>>(self, key: &str) -> Result<T, EntryError> {
        let text = self.text().map_err(|what| EntryError::read::<T>(Some(key)).because(contains(what)))?;
        serde_json::from_str(text).or_else(|_| decode_constant(key, text))
    }

    /// Checks the JSON text, and returns it without the white space around it.
    ///
    /// # Errors
    /// Returns the reason if the value has no JSON text, or if the text is invalid JSON.
    pub(crate) fn json(self) -> Result<&'s str, String> {
        let text = self.text().map_err(contains)?;
        // The text of a `Foreign` value may begin or end with white space.
        if is_value(text) { Ok(text.trim_ascii()) } else { Err(not_json(text)) }
    }

    /// Returns the JSON text without checking it.
    ///
    /// # Errors
    /// Returns the reason if the value has no JSON text. Also returns a reason if the text is only a substitute for a
    /// value that JSON cannot hold, such as a date that is read as a string.
    pub(crate) fn exact_json(self) -> Result<&'s str, String> {
        match self {
            Self::Foreign(values, value) if !values.is_json(value) => {
                Err(self.text().map_or_else(contains, |_| "JSON text cannot hold its type".to_owned()))
            }
            _ => self.text().map_err(contains),
        }
    }

    /// Returns the JSON text without checking it, or the reason why the value has none.
    pub(crate) fn text(self) -> Result<&'s str, &'s str> {
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

    /// Returns a text to show for the value: the characters of a string, with replacement characters for lone
    /// surrogates; the JSON text of any other value; or, if there is no JSON text, a description of the part that has
    /// none.
    pub(crate) fn lossy_text(self) -> String {
        match self.text() {
            Ok(text) if is_value(text) => match text.trim_ascii() {
                quoted if quoted.starts_with('"') => json::unquote_lossy(quoted),
                other => other.to_owned(),
            },
            Ok(text) => text.to_owned(),
            Err(what) => what.to_owned(),
        }
    }

    /// Returns whether every type that writes `text` gets the same result from reading this value as from reading
    /// `text`. For a foreign value, the order of keys does not count, although a type may keep this order. If the
    /// order counted, JSON text would replace a value that differs only in the order, and its type could be lost.
    pub(crate) fn reads_like(self, text: &str) -> bool {
        let ordered = matches!(self, Self::Text(_));
        let reads_like = |json| Json::of_valid(json).reads_like(&Json::of_valid(text), ordered);
        is_value(text) && self.json().is_ok_and(reads_like)
    }

    /// Returns the text of this value with its members in the order of `text`, or `None` if the value stays as it is. A
    /// foreign value stays, because JSON text could lose its type. `known` is the text that a type writes after it
    /// reads this value. `known` differs from `text` only in the order of members.
    pub(crate) fn reordered(self, known: &str, text: &str) -> Option<String> {
        match self {
            Self::Foreign(..) => None,
            Self::Text(_) if self.reads_like(text) => None,
            Self::Text(_) => Some(
                self.json()
                    .map_or_else(|_| text.to_owned(), |old| json::reordered(old, known, text).into_owned()),
            ),
        }
    }

    /// Returns whether both values are JSON texts that differ at most in the order of keys and in spelling.
    pub(crate) fn is_reordered(self, old: Value<'_>) -> bool {
        match (self, old) {
            (Self::Text(new), Value::Text(old)) if is_value(new) && is_value(old) => {
                Json::of_valid(old.trim_ascii()).reads_like(&Json::of_valid(new.trim_ascii()), false)
            }
            _ => false,
        }
    }

    /// Returns the [canonical](json::canonical) JSON text, by which values are compared. If the text is invalid JSON,
    /// it is returned unchanged; NaN and the infinities count as valid.
    ///
    /// # Errors
    /// Returns the reason if the value has no JSON text.
    pub(crate) fn canonical(self) -> Result<Cow<'s, str>, &'s str> {
        let text = self.text()?.trim_ascii();
        Ok(if Json::parse_python(text).is_ok() { json::canonical(text) } else { Cow::Borrowed(text) })
    }
}

/// Returns whether a text is one valid JSON value, nested no deeper than the value of an entry may be.
pub(crate) fn is_value(text: &str) -> bool {
    is_value_within(STATE_DEPTH + 1, text)
}

/// Returns whether a text is one valid JSON value, nested no deeper than an element of an entry's list may be.
pub(crate) fn is_element(text: &str) -> bool {
    is_value_within(STATE_DEPTH + 2, text)
}

fn is_value_within(depth: usize, text: &str) -> bool {
    let mut scanner = Scanner::new(text);
    scanner.value_at(depth).and_then(|_| scanner.end()).is_ok()
}

/// Returns whether a text has so many brackets that it may be nested too deeply to be the value of an entry, or an
/// element of an entry's list. Brackets in strings count, too, so the text may still be valid.
pub(crate) fn may_be_too_deep(text: &str) -> bool {
    const DEEPEST: usize = json::MAX_VALUE_DEPTH - 1;
    memchr::memchr2_iter(b'[', b'{', text.as_bytes()).nth(DEEPEST).is_some()
}

fn contains(what: &str) -> String {
    format!("it contains {what}")
}

fn not_json(text: &str) -> String {
    match json::parse_constant(text) {
        Some(_) => format!("it is {text}, which can only be read as a float"),
        None => "it contains NaN, an infinity or other invalid JSON".to_owned(),
    }
}

/// Decodes NaN and the infinities, which serde_json rejects, as floats. Any other text is an error, unless `T` ignores
/// it.
#[cold]
fn decode_constant<'s, T: Deserialize<'s>>(key: &str, text: &'s str) -> Result<T, EntryError> {
    let error = EntryError::read::<T>(Some(key));
    if is_value(text) {
        return Err(error);
    }
    T::deserialize(Unreadable::new(Value::Text(text))).map_err(|_| error.because(not_json(text)))
}

/// Deserializes a value without valid JSON text. NaN and the infinities can be read as floats. Reading anything else is
/// an error.
///
/// A type may ignore the value. But for a type with `flatten` or `tag`, serde buffers all entries before it knows which
/// of them the type ignores. The buffer gets a newtype in place of the value. serde_json never puts a newtype there, so
/// types do not expect one: a type that reads the entry fails, and a type that ignores the entry does not notice.
#[derive(Clone, Copy)]
pub(crate) struct Unreadable {
    constant: Option<f64>,
    /// Number of nested newtypes that the visitor still gets. The innermost one contains a unit. Serde's buffer keeps
    /// each newtype and deserializes its contents. Several newtypes are needed, because each newtype struct of the
    /// user's type removes one.
    newtypes: u8,
}

impl Unreadable {
    pub(crate) fn new(value: Value<'_>) -> Self {
        Self { constant: value.text().ok().and_then(json::parse_constant), newtypes: 4 }
    }
}

/// Returns whether the visitor belongs to serde's buffer. Other visitors may unwrap the newtypes as well, and would
/// then read a unit. The visitor's type is private, so its name is compared. If serde renames it, the tests of typed
/// views fail.
fn is_buffer<V>() -> bool {
    std::any::type_name::<V>().contains("::content::ContentVisitor")
}

/// Returns whether a type failed because it requested an [`Unreadable`] value.
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

/// An encoded value of an entry, independent of its [`State`](crate::State).
///
/// It is for a state behind a lock: `Serialize` and `Deserialize` of a user's type should run without the lock.
/// [`State::encode`](crate::State::encode) creates it from a user's value, and
/// [`State::get_encoded`](crate::State::get_encoded) copies it from a state. `Debug` shows only its size.
#[derive(Clone)]
pub struct Encoded(pub(crate) OwnedValue);

#[derive(Clone)]
pub(crate) enum OwnedValue {
    Text(String),
    Foreign(Arc<dyn Foreign>, u32),
}

impl Encoded {
    pub(crate) fn value(&self) -> Value<'_> {
        match &self.0 {
            OwnedValue::Text(text) => Value::Text(text),
            OwnedValue::Foreign(values, value) => Value::Foreign(&**values, *value),
        }
    }

    /// Returns the value as a `T`. An error names `key`.
    ///
    /// # Errors
    /// Returns the same errors as [`State::get`](crate::State::get).
    pub fn decode<T: DeserializeOwned>(&self, key: &str) -> Result<T, EntryError> {
        self.value().decode(key)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded").field("size", &self.value().size()).finish_non_exhaustive()
    }
}
