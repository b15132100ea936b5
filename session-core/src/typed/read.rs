//! Deserializes a whole state as one value of the user's type.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::EntryError;
use crate::own_keys::is_reserved;
use crate::state::State;
use crate::value::{Unreadable, Value, is_unreadable};

/// Returns the state as a `T`. The `T` sees neither the library's own entries nor entries whose keys are not Unicode
/// text.
pub(crate) fn read<T: DeserializeOwned>(state: &State) -> Result<T, EntryError> {
    read_with(state, &Notes::default())
}

pub(super) fn read_with<'de, T: DeserializeOwned>(
    state: &'de State,
    notes: &Notes<'de>,
) -> Result<T, EntryError> {
    let visible = state.named().filter(|(key, _)| !is_reserved(key));
    let entries = EntryAccess { entries: visible, last: None, notes };
    T::deserialize(entries).map_err(|error| match notes.unreadable.take() {
        Some((key, reason)) if is_unreadable(&error) => EntryError::read::<T>(Some(key)).because(reason),
        _ => EntryError::read_all::<T>(&error),
    })
}

/// Deserializes a state as a map. Holds the remaining entries, and the one whose key was deserialized last.
struct EntryAccess<'de, 'n, I> {
    entries: I,
    last: Option<(&'de str, Value<'de>)>,
    notes: &'n Notes<'de>,
}

/// Notes that are taken while a `T` is read from a state.
#[derive(Default)]
pub(super) struct Notes<'de> {
    /// The key of the last requested value that has no valid JSON text, and the reason why it has none.
    pub(super) unreadable: Cell<Option<(&'de str, String)>>,
    /// The keys of the values that the `T` ignored. `None` if these keys are not needed.
    pub(super) ignored: Option<RefCell<HashSet<&'de str>>>,
}

impl<'de, I: Iterator<Item = (&'de str, Value<'de>)>> Deserializer<'de> for EntryAccess<'de, '_, I> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(self)
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

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        MapAccessDeserializer::new(self).deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de, I: Iterator<Item = (&'de str, Value<'de>)>> MapAccess<'de> for EntryAccess<'de, '_, I> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        self.last = self.entries.next();
        self.last.map(|(key, _)| seed.deserialize(BorrowedStrDeserializer::new(key))).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        let (key, value) =
            self.last.take().ok_or_else(|| de::Error::custom("value requested before its key"))?;
        seed.deserialize(ValueDeserializer { key, value, notes: self.notes })
    }
}

/// Deserializes the value of an entry. `deserialize_ignored_any` neither creates nor checks the JSON text.
struct ValueDeserializer<'de, 'n> {
    key: &'de str,
    value: Value<'de>,
    notes: &'n Notes<'de>,
}

macro_rules! read {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            match self.value.json() {
                Ok(text) => serde_json::Deserializer::from_str(text).$method($($argument,)* visitor),
                Err(reason) => {
                    self.notes.unreadable.set(Some((self.key, reason)));
                    Unreadable::new(self.value).$method($($argument,)* visitor)
                }
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for ValueDeserializer<'de, '_> {
    type Error = serde_json::Error;

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if let Some(ignored) = &self.notes.ignored {
            ignored.borrow_mut().insert(self.key);
        }
        visitor.visit_unit()
    }

    read! {
        deserialize_any() deserialize_bool() deserialize_char() deserialize_str() deserialize_string()
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_bytes() deserialize_byte_buf() deserialize_option()
        deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_unit_struct(name: &'static str) deserialize_newtype_struct(name: &'static str)
        deserialize_tuple(len: usize) deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}
