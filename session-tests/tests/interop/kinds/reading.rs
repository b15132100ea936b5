//! Reads, lists and removes entries that Python wrote.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::peer::{Loaded, Peer, Sessions};
use super::{Failures, field};
use crate::ours::{self, DEFAULT_PROTOCOL};
use crate::python::Version;

/// The key of the entry that holds the value of the tested kind.
const KEY: &str = "k";

/// Checks that `k` is read as `readings.py` expects.
fn check(session: &Loaded, reading: &Value) -> Result<(), String> {
    let text = |name| field(reading, name).as_str().expect("a string");
    match text("as") {
        "json" => {
            let expected: Value = serde_json::from_str(text("json")).expect("JSON");
            same(session.get::<Value>(KEY).map_err(|error| error.to_string())?, Some(expected))?;
            if let Ok(expected) = serde_json::from_str::<String>(text("json")) {
                same(session.get::<String>(KEY).map_err(|error| error.to_string())?, Some(expected))?;
            }
        }
        "float" => {
            let read = session.get::<f64>(KEY).map_err(|error| error.to_string())?;
            let expected =
                u64::from_str_radix(text("bits"), 16).map(f64::from_bits).expect("hexadecimal digits");
            // Pickle protocol 0 writes each NaN as `nan`, without its bits.
            let bits = |float: f64| if float.is_nan() { None } else { Some(float.to_bits()) };
            same(read.map(bits), Some(bits(expected)))?;
            is_error::<String>(session, &[])?;
        }
        "seconds" => {
            let expected: f64 = text("json").parse().expect("a number");
            same(session.get::<f64>(KEY).map_err(|error| error.to_string())?, Some(expected))?;
        }
        "bytes" => {
            let read = session.get::<Vec<u8>>(KEY).map_err(|error| error.to_string())?;
            let hex = |read: Vec<u8>| read.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            same(read.map(hex), Some(text("hex").to_owned()))?;
        }
        "error" => {
            let names: Vec<&str> = field(reading, "names")
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(Value::as_str)
                .collect();
            is_error::<Value>(session, &names)?;
            is_error::<String>(session, &names)?;
            is_error::<Vec<Value>>(session, &names)?;
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

/// Checks that reading the entry as `T` returns an error, and that the error names the key. Unless `names` is empty,
/// the error must also contain one of `names`.
fn is_error<T: DeserializeOwned>(session: &Loaded, names: &[&str]) -> Result<(), String> {
    match session.get::<T>(KEY) {
        Ok(_) => Err(format!("reading it as {} returns no error", std::any::type_name::<T>())),
        Err(error) => {
            let text = error.to_string();
            let is_named = names.is_empty() || names.iter().any(|name| text.contains(name));
            let is_good =
                error.is_read() && error.key() == Some(KEY) && text.contains("`k`") | text.contains("\"k\"");
            if is_good && is_named {
                Ok(())
            } else {
                Err(format!("the error does not name the key and one of {names:?}: {text:?}"))
            }
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(read: T, expected: T) -> Result<(), String> {
    if read == expected { Ok(()) } else { Err(format!("read as {read:?}, not {expected:?}")) }
}

#[test]
fn each_kind_of_python_value_is_read_as_expected() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(ours::pickle(DEFAULT_PROTOCOL));
    let names = peer.names();
    let mut failures = Failures::default();
    for kind in &names.kinds {
        for arrangement in ["alone", "in a list", "in a dict"] {
            let reading = peer.reading(kind, arrangement);
            if reading.is_null() {
                continue;
            }
            for protocol in 0..=5 {
                let Some(session) = peer.mint(kind, arrangement, Some(protocol)) else { continue };
                let what = format!("{kind}, {arrangement}, protocol {protocol}");
                failures.note(&what, check(&sessions.load(&session.cookie), &reading));
            }
        }
    }
    failures.end(2000);
}

#[test]
fn entry_of_any_kind_is_listed_and_removed() {
    let Some(mut peer) = Peer::start(Version::Current) else { return };
    let sessions = Sessions::of(ours::pickle(DEFAULT_PROTOCOL));
    let names = peer.names();
    let mut failures = Failures::default();
    for kind in &names.kinds {
        let minted = peer.mint(kind, "alone", Some(4)).expect("every kind can be an entry");
        let mut session = sessions.load(&minted.cookie);
        let listed = session.keys().map(str::to_owned).collect::<Vec<_>>();
        let was = (listed.join(" "), session.len(), session.contains(KEY));
        let is_removed = session.discard(KEY);
        let is = (is_removed, session.len(), session.contains(KEY), session.discard(KEY));
        let expected = (("k hits gone".to_owned(), 3, true), (true, 2, false, false));
        failures.note(kind, same((was, is), expected));
    }
    failures.end(100);
}
