//! JSON serializers that change the bytes of untouched entries. `serializer_suite!` need not notice the changes, but
//! `lossless_serializer_suite!` must.

use std::borrow::Cow;

use crate::texts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use session_core::{Record, State, json};
use session_serde::{DumpError, JsonSerializer, LoadError, Loaded, Serializer};
use session_tests::serializer;

flaws! {
    Respells: "each entry is decoded and encoded again";
    Compacts: "white space in an entry is lost";
    SortsMembers: "the members of an object in an entry are sorted, without white space between them";
    DropsDuplicates: "an object with a repeated member keeps only one of them";
    EscapesOtherwise: "the hex digits of Unicode escapes become lowercase";
    ExponentsOtherwise: "the `E` of exponents becomes lowercase";
    BigIntegersAsFloats: "integers of more than 20 characters become floats";
}

struct Json(Flaw);

impl Serializer for Json {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        JsonSerializer.dumps(value)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(bytes)
    }

    fn dumps_record(&self, record: &Record, out: &mut Vec<u8>) -> Result<(), DumpError> {
        let mut state = State::default();
        for (key, text) in texts(&record.state) {
            state.insert_json(&key, respelled(self.0, &text).unwrap_or(text)).unwrap();
        }
        JsonSerializer.dumps_record(&Record::new(record.accessed, record.created, state), out)
    }

    fn loads_record(&self, bytes: Cow<'_, [u8]>) -> Result<Loaded, LoadError> {
        JsonSerializer.loads_record(bytes)
    }
}

fn respelled(flaw: Flaw, text: &str) -> Option<String> {
    let value = || serde_json::from_str::<Value>(text).ok();
    let is_number = !text.contains(['"', 't', 'f', 'n']);
    match flaw {
        Flaw::Respells => json::to_string(&value()?).ok(),
        Flaw::Compacts if !text.contains('"') => Some(text.replace([' ', '\t', '\r', '\n'], "")),
        Flaw::SortsMembers if text.starts_with('{') => {
            let json::Json::Object(members) = json::Json::parse(text).ok()? else { return None };
            let mut members: Vec<_> = members.map(|(key, value)| format!("{key}:{value}")).collect();
            members.sort();
            Some(format!("{{{}}}", members.join(",")))
        }
        Flaw::DropsDuplicates if text.starts_with('{') => {
            let json::Json::Object(members) = json::Json::parse(text).ok()? else { return None };
            let all = members.clone().count();
            let names: std::collections::HashSet<_> = members.map(|(key, _)| json::unquote(key)).collect();
            if names.len() < all { json::to_string(&value()?).ok() } else { None }
        }
        Flaw::EscapesOtherwise if text.contains("\\u") => {
            let mut parts = text.split("\\u");
            let first = parts.next()?.to_owned();
            Some(parts.fold(first, |text, part| {
                let (hex, rest) = part.split_at(part.len().min(4));
                text + "\\u" + &hex.to_lowercase() + rest
            }))
        }
        Flaw::ExponentsOtherwise if is_number => Some(text.replace('E', "e")),
        Flaw::BigIntegersAsFloats if text.len() > 20 && is_number => {
            let float = text.parse::<f64>().ok().filter(|float| float.is_finite() && !text.contains('.'))?;
            json::to_string(&float).ok()
        }
        _ => None,
    }
}

fn check(flaw: Flaw) {
    serializer::check_lossless(&Json(flaw));
}
