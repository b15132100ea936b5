//! The serializers for JSON. The JSON text itself is tested in session-core.

use serde::Serialize;
use serde::de::DeserializeOwned;
use session_serde::{CompactJsonSerializer, DumpError, JsonSerializer, LoadError, Serializer};

#[test]
fn value_round_trips() {
    let value = ("Zoë".to_owned(), 1e-5, vec![None, Some(true)]);
    let bytes = JsonSerializer.dumps(&value).unwrap();
    assert_eq!(bytes, br#"["Zo\u00eb", 1e-05, [null, true]]"#);
    assert_eq!(JsonSerializer.loads(&bytes), Ok(value));
}

#[test]
fn record_is_appended_with_its_loaded_spelling() {
    let json = br#"[1700000000, 1699999000.5, {"b": 123456789012345678901234567890, "a": 1.50}]"#;
    let loaded = JsonSerializer.loads_record(json.into()).unwrap();
    let mut out = b"tag".to_vec();
    JsonSerializer.dumps_record(&loaded.record, &mut out).unwrap();
    assert_eq!(out, [b"tag", &json[..]].concat());
}

#[test]
fn malformed_json_is_not_quoted_in_error() {
    let check = |error: LoadError| {
        assert!(error.is_malformed() && !error.is_bad_signature() && !error.is_verified());
        assert!(!error.to_string().contains("secret"), "{error}");
    };
    for json in ["", "secret", "\"secret", "\"secret\"x", "\"secret\"", "[\"secret\", 2, {}]", "[1, 2, 3]"] {
        check(JsonSerializer.loads::<(u8, u8, bool)>(json.as_bytes()).unwrap_err());
        check(JsonSerializer.loads_record(json.as_bytes().into()).unwrap_err());
    }
}

#[test]
fn value_that_json_cannot_represent_is_error() {
    let keys = std::collections::HashMap::from([((1, 2), 3)]);
    assert!(JsonSerializer.dumps(&keys).is_err());
    assert!(JsonSerializer.dumps(&f64::NAN).is_err());
}

/// A serializer with the required methods only.
struct Minimal;

impl Serializer for Minimal {
    fn dumps<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, DumpError> {
        JsonSerializer.dumps(value)
    }

    fn loads<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, LoadError> {
        JsonSerializer.loads(bytes)
    }
}

#[test]
fn record_goes_through_dumps_and_loads_by_default() {
    let json = br#"[1700000000, 1699999000.5, {"a": [1, null]}]"#;
    let loaded = Minimal.loads_record(json.into()).unwrap();
    let mut out = b"tag".to_vec();
    Minimal.dumps_record(&loaded.record, &mut out).unwrap();
    assert_eq!(out, [b"tag", &json[..]].concat());
    assert!(Minimal.loads_record(b"[1, 2]".into()).unwrap_err().is_malformed());
}

#[test]
fn compact_record_keeps_spelling_of_loaded_entries() {
    let json =
        r#"[1700000000, 1699999000.5, {"n\u00e9": 123456789012345678901234567890, "a": [1.50, NaN, " "]}]"#;
    let mut record = CompactJsonSerializer.loads_record(json.as_bytes().into()).unwrap().record;
    record.state.insert("Zoë", ["é", " "]).unwrap();
    let mut out = Vec::new();
    CompactJsonSerializer.dumps_record(&record, &mut out).unwrap();
    let compact = r#"[1700000000,1699999000.5,{"n\u00e9":123456789012345678901234567890,"a":[1.50, NaN, " "],"Zoë":["é"," "]}]"#;
    assert_eq!(str::from_utf8(&out).unwrap(), compact);
    // The serializer writes its own output back unchanged.
    let record = CompactJsonSerializer.loads_record((&*out).into()).unwrap().record;
    let mut again = Vec::new();
    CompactJsonSerializer.dumps_record(&record, &mut again).unwrap();
    assert_eq!(again, out);
}

#[test]
fn compact_dumps_of_nan_is_error() {
    assert!(CompactJsonSerializer.dumps(&[f64::NAN]).is_err());
    assert_eq!(CompactJsonSerializer.dumps(&[1.0, 1e300]).unwrap(), b"[1.0,1e+300]");
}
