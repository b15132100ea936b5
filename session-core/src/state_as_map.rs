//! Serializes a state in any serde format, and deserializes it from any self-describing one.

use serde::de::{self, DeserializeSeed};
use serde::ser::{self, SerializeMap};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{AnyToJson, Json, STATE_DEPTH};
use crate::state::State;

/// Serializes the state as a map from strings to JSON values.
impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for entry in self.entries() {
            let key = entry.unicode_key();
            let key = key.ok_or_else(|| ser::Error::custom("a key of the session is not Unicode text"))?;
            let (_, value) = entry.json().map_err(ser::Error::custom)?;
            let value = Json::parse(value).map_err(ser::Error::custom)?;
            map.serialize_entry(key, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = Vec::new();
        AnyToJson { out: &mut text, depth: STATE_DEPTH }.deserialize(deserializer)?;
        let text = String::from_utf8(text).map_err(de::Error::custom)?;
        Self::from_json(text).map_err(de::Error::custom)
    }
}
