//! Rejections, errors and their texts.

use session_core::{EntryError, Record, Rejection, Session as _, State};

#[test]
fn rejection_has_one_reason() {
    let rejections = [
        (Rejection::missing(), "missing", "no session in the request"),
        (Rejection::malformed("why"), "malformed", "malformed: why"),
        (Rejection::bad_signature(), "bad_signature", "bad signature"),
        (Rejection::revoked(), "revoked", "revoked: the store does not have the session"),
        (Rejection::unavailable(), "unavailable", "unavailable: the session store cannot be used"),
        (Rejection::expired(), "expired", "expired: not accessed within the timeout"),
        (Rejection::lifetime_exceeded(), "lifetime_exceeded", "expired: lifetime exceeded"),
    ];
    let reasons = [
        Rejection::is_missing,
        Rejection::is_malformed,
        Rejection::is_bad_signature,
        Rejection::is_revoked,
        Rejection::is_unavailable,
        Rejection::is_expired,
    ];
    for (i, (rejection, kind, text)) in rejections.iter().enumerate() {
        let expected: [bool; 6] = std::array::from_fn(|reason| reason == i.min(5));
        assert_eq!(reasons.map(|has_reason| has_reason(rejection)), expected, "{rejection}");
        assert_eq!((rejection.to_string().as_str(), rejection.kind()), (*text, *kind));
        assert_eq!(rejection.is_lifetime_exceeded(), i == 6);
    }
}

#[test]
fn entry_error_is_read_or_write() {
    let mut state = State::from_json(r#"{"a": "text"}"#.into()).unwrap();
    let read = state.get::<u8>("a").unwrap_err();
    assert!(read.is_read() && !read.is_write() && !read.is_random());
    let write = state.insert("b", f64::NAN).unwrap_err();
    assert!(write.is_write() && !write.is_read() && !write.is_random());
    assert_eq!((read.key(), write.key()), (Some("a"), Some("b")));
}

#[test]
fn conflict_error_is_only_conflict() {
    let error = EntryError::conflict();
    assert!(error.is_conflict() && !error.is_read() && !error.is_write() && !error.is_random());
    assert_eq!(error.key(), None);
    assert_eq!(
        error.to_string(),
        "another clone of the session changed it in the meantime; read it again and retry"
    );
    assert!(!State::default().insert("a", f64::NAN).unwrap_err().is_conflict());
}

#[test]
fn missing_field_error_names_field() {
    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only deserialized")]
    struct Visit {
        hits: u32,
    }
    let session = crate::in_memory::InMemory::default();
    assert!(session.is_empty());
    let error = session_core::SessionExt::read::<Visit>(&session).unwrap_err();
    assert_eq!(error.key(), None);
    assert!(error.to_string().contains("there is no `hits`"), "{error}");
}

#[test]
fn malformed_record_error_names_fault() {
    let error_text = |text: &[u8]| Record::from_json(text.to_vec()).unwrap_err().to_string();
    let deep = ["[1, 2, {\"a\": ", &"[".repeat(200), &"]".repeat(200), "}]"].concat();
    for (text, expected) in [
        (&b"[1, 2, {\"a\": \"\xff\"}]"[..], "not UTF-8"),
        (b"[1, 2, {]", "invalid JSON"),
        (deep.as_bytes(), "nested too deeply"),
        (b"[1, 2, 3]", "the state is not an object"),
        (b"[1e999, 2, {}]", "a time is not finite"),
        (b"[NaN, 2, {}]", "a time is not finite"),
        (b"[ Infinity , 2, {}]", "a time is not finite"),
        (b"[1, -Infinity, {}]", "a time is not finite"),
        (b"[\"1\", 2, {}]", "a time is not a number"),
        (b"[1, true, {}]", "a time is not a number"),
        (b"[1, null, {}]", "a time is not a number"),
        (b"[1, [2], {}]", "a time is not a number"),
        (b"[1, {} , {}]", "a time is not a number"),
        (b"[+1, 2, {}]", "invalid JSON"),
        (b"[1, truth, {}]", "invalid JSON"),
        (b"[1, \"\\x\", {}]", "invalid JSON"),
        (b"[1, , {}]", "invalid JSON"),
        (b"[1", "invalid JSON"),
        (b"[1, ", "invalid JSON"),
        (b"[1, 2, {}, 3", "invalid JSON"),
    ] {
        assert_eq!(error_text(text), expected);
    }
}

/// Regression: valid JSON that is not a list of three elements was reported as invalid JSON.
#[test]
fn valid_json_of_wrong_shape_is_not_reported_as_invalid() {
    for text in
        ["{}", "null", "\"text\"", "1", "[]", "[1]", "[1, 2]", "[1, 2, {}, 3]", " [1, 2, {\"a\": 1}, []] "]
    {
        let error = Record::from_json(text.into()).unwrap_err().to_string();
        assert_eq!(error, "not a list of three elements", "{text}");
    }
}

#[test]
fn rejection_is_none_by_default() {
    assert_eq!(crate::in_memory::InMemory::default().rejection(), None);
}

#[test]
fn nan_error_says_that_json_cannot_hold_it() {
    let error = session_core::json::to_string(&f64::NAN).unwrap_err();
    assert_eq!(error.to_string(), "JSON cannot hold the value");
}
