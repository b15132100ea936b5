//! Serializes a struct or a map into the entries of a state. The value of an entry can be NaN or an infinity.

use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeStruct, Serializer};

use crate::entry::{Entry, Part};
use crate::json;
use crate::serializer_error::SerializerError;
use crate::state::State;

/// Error returned when a value cannot be serialized into entries. It holds the key of the entry that cannot be written.
/// It holds no key if the value is not a struct or a map, if the `Serialize` of the whole value fails, or if a key is
/// not valid in JSON.
pub(crate) type EntriesError = SerializerError<String>;

/// Returns the entries of a struct or a map. NaN and the infinities are written as Python's `json` writes them, so that
/// they can be compared with loaded values.
///
/// # Errors
/// Returns an error if `value` is not a struct or a map, or if an entry cannot be written. The value of an
/// entry can be NaN or an infinity, but not a list or an object that contains such a float.
pub(crate) fn serialize_entries<T: Serialize + ?Sized>(value: &T) -> Result<State, EntriesError> {
    value.serialize(EntriesSerializer)
}

struct EntriesSerializer;

/// The serialized entries, and the key of the next entry.
#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    key: String,
}

impl Entries {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EntriesError> {
        let text = json::to_string(value).ok().or_else(|| json::constant_of(value).map(str::to_owned));
        match (text, json::to_string(&self.key)) {
            (Some(text), Ok(quoted)) => {
                self.entries.push(Entry::written(&self.key, quoted, Part::Written(text)));
                Ok(())
            }
            _ => Err(SerializerError(Some(self.key.clone()))),
        }
    }

    fn into_state(self) -> State {
        State::from_parts(String::new(), Entry::unique(self.entries, ""))
    }
}

impl SerializeStruct for Entries {
    type Ok = State;
    type Error = EntriesError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EntriesError> {
        key.clone_into(&mut self.key);
        self.push(value)
    }

    fn end(self) -> Result<State, EntriesError> {
        Ok(self.into_state())
    }
}

impl SerializeMap for Entries {
    type Ok = State;
    type Error = EntriesError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EntriesError> {
        // Serialize the key in a map of its own, so that serde_json turns a number into a string.
        let map = json::to_string(&SingleKey(key)).map_err(ser::Error::custom)?;
        let only = State::from_json(map).map_err(ser::Error::custom)?;
        self.key = only.keys().collect();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EntriesError> {
        self.push(value)
    }

    fn end(self) -> Result<State, EntriesError> {
        Ok(self.into_state())
    }
}

/// A map with one key.
struct SingleKey<'k, K: ?Sized>(&'k K);

impl<K: Serialize + ?Sized> Serialize for SingleKey<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &())?;
        map.end()
    }
}

/// Defines the `Serializer` methods for types that are neither a struct nor a map. They return an error.
macro_rules! unsupported {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, EntriesError> {
            Err(SerializerError(None))
        }
    )*};
}

type Unsupported = Impossible<State, EntriesError>;

impl Serializer for EntriesSerializer {
    type Ok = State;
    type Error = EntriesError;
    type SerializeSeq = Unsupported;
    type SerializeTuple = Unsupported;
    type SerializeTupleStruct = Unsupported;
    type SerializeTupleVariant = Unsupported;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = Unsupported;

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, EntriesError> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, EntriesError> {
        Ok(Entries::default())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<State, EntriesError> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<State, EntriesError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<State, EntriesError> {
        Err(SerializerError(None))
    }

    unsupported! {
        serialize_bool(bool) -> State;
        serialize_i8(i8) -> State;
        serialize_i16(i16) -> State;
        serialize_i32(i32) -> State;
        serialize_i64(i64) -> State;
        serialize_u8(u8) -> State;
        serialize_u16(u16) -> State;
        serialize_u32(u32) -> State;
        serialize_u64(u64) -> State;
        serialize_f32(f32) -> State;
        serialize_f64(f64) -> State;
        serialize_char(char) -> State;
        serialize_str(&str) -> State;
        serialize_bytes(&[u8]) -> State;
        serialize_none() -> State;
        serialize_unit() -> State;
        serialize_unit_struct(&'static str) -> State;
        serialize_unit_variant(&'static str, u32, &'static str) -> State;
        serialize_seq(Option<usize>) -> Unsupported;
        serialize_tuple(usize) -> Unsupported;
        serialize_tuple_struct(&'static str, usize) -> Unsupported;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Unsupported;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Unsupported;
    }
}
