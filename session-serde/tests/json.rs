//! [`JsonSerializer`]: text is session-core's concern, this is what the serializer makes of it.

use session_serde::{JsonSerializer, LoadError, Serializer};

#[test]
fn what_is_written_is_read() {
    let value = ("Zoë".to_owned(), 1e-5, vec![None, Some(true)]);
    let bytes = JsonSerializer.dumps(&value).unwrap();
    assert_eq!(bytes, br#"["Zo\u00eb", 1e-05, [null, true]]"#);
    assert_eq!(JsonSerializer.loads(&bytes), Ok(value));
}

#[test]
fn a_record_keeps_its_spelling_and_is_appended() {
    let json = br#"[1700000000, 1699999000.5, {"b": 123456789012345678901234567890, "a": 1.50}]"#;
    let loaded = JsonSerializer.loads_record(json.into()).unwrap();
    assert!(!loaded.stale);
    let mut out = b"tag".to_vec();
    JsonSerializer.dumps_record(&loaded.record, &mut out).unwrap();
    assert_eq!(out, [b"tag", &json[..]].concat());
}

#[test]
fn what_is_no_json_or_no_record_is_malformed_and_not_quoted() {
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
fn what_json_cannot_hold_is_an_error() {
    let keys = std::collections::HashMap::from([((1, 2), 3)]);
    assert!(JsonSerializer.dumps(&keys).is_err());
    assert!(JsonSerializer.dumps(&f64::NAN).is_err());
}
