//! The entries of a struct or a map that has NaN or an infinity in it.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Impossible, SerializeMap, SerializeStruct, Serializer};

use crate::json;
use crate::state::State;

/// Error returned when a value cannot be taken apart.
#[derive(Debug)]
pub(crate) struct NoParts {
    /// The key of the entry that cannot be written. `None` if the value is not a struct or a map, or if its own
    /// `Serialize` fails.
    pub(crate) key: Option<String>,
}

impl fmt::Display for NoParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a struct or a map that JSON can hold")
    }
}

impl std::error::Error for NoParts {}

impl ser::Error for NoParts {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self { key: None }
    }
}

/// Returns the entries that a struct or a map writes. An entry that is NaN or an infinity has the text that Python's
/// `json` gives it, so that it can be compared. Such a float within a list or an object is an error.
pub(crate) fn parts<T: Serialize + ?Sized>(value: &T) -> Result<State, NoParts> {
    value.serialize(Parts)
}

struct Parts;

/// The entries so far, and the key of the next one.
#[derive(Default)]
struct Entries {
    state: State,
    key: String,
}

impl Entries {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoParts> {
        let text = json::to_string(value).ok().or_else(|| json::constant_of(value).map(str::to_owned));
        match text.and_then(|text| self.state.set_text(&self.key, text).ok()) {
            Some(()) => Ok(()),
            None => Err(NoParts { key: Some(self.key.clone()) }),
        }
    }
}

impl SerializeStruct for Entries {
    type Ok = State;
    type Error = NoParts;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NoParts> {
        key.clone_into(&mut self.key);
        self.push(value)
    }

    fn end(self) -> Result<State, NoParts> {
        Ok(self.state)
    }
}

impl SerializeMap for Entries {
    type Ok = State;
    type Error = NoParts;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NoParts> {
        // The only key of a map, as serde_json spells it: a number becomes a string.
        let map = json::to_string(&Single(key)).map_err(ser::Error::custom)?;
        let only = State::from_json(map).map_err(ser::Error::custom)?;
        self.key = only.keys().collect();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoParts> {
        self.push(value)
    }

    fn end(self) -> Result<State, NoParts> {
        Ok(self.state)
    }
}

/// A map of one key.
struct Single<'k, K: ?Sized>(&'k K);

impl<K: Serialize + ?Sized> Serialize for Single<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &())?;
        map.end()
    }
}

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, NoParts> {
            Err(NoParts { key: None })
        }
    )*};
}

type No = Impossible<State, NoParts>;

impl Serializer for Parts {
    type Ok = State;
    type Error = NoParts;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = Entries;
    type SerializeStruct = Entries;
    type SerializeStructVariant = No;

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, NoParts> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries, NoParts> {
        Ok(Entries::default())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<State, NoParts> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<State, NoParts> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<State, NoParts> {
        Err(NoParts { key: None })
    }

    refuse! {
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
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }
}
