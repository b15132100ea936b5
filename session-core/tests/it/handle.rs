//! The text form of session handles, and sessions without a handle.

use session_core::{Session as _, SessionHandle};

use crate::in_memory::InMemory;

#[test]
fn handle_text_round_trips() {
    let handle = SessionHandle::from_bytes(std::array::from_fn(|at| (at as u8).wrapping_mul(9)));
    let text = handle.to_string();
    assert!(text.starts_with("0009121b") && text.len() == 64, "{text}");
    assert_eq!(text.parse(), Ok(handle));
    assert_eq!(handle.as_bytes()[2], 18);
    assert_eq!(format!("{handle:?}"), format!("SessionHandle({text})"));
}

#[test]
fn malformed_handle_text_is_an_error() {
    let text = SessionHandle::from_bytes([0xab; 32]).to_string();
    for other in [
        "".to_owned(),
        text[1..].to_owned(),
        format!("{text}0"),
        text.to_uppercase(),
        text.replacen('a', "g", 1),
        text.replacen('a', "+", 1),
        text.replacen("ab", "é", 1),
        format!(" {}", &text[1..]),
    ] {
        let error = other.parse::<SessionHandle>().unwrap_err();
        assert_eq!(error.to_string(), "a session handle is 64 lowercase hex digits", "{other}");
    }
}

#[test]
fn handle_is_serialized_as_its_text() {
    let handle = SessionHandle::from_bytes([0xab; 32]);
    let json = serde_json::to_string(&handle).unwrap();
    assert_eq!(json, format!("\"{handle}\""));
    assert_eq!(serde_json::from_str::<SessionHandle>(&json).unwrap(), handle);
    let error = serde_json::from_str::<SessionHandle>("\"ab\"").unwrap_err();
    assert!(error.to_string().starts_with("a session handle is 64 lowercase hex digits"), "{error}");
}

#[test]
fn session_without_store_has_no_handle_or_owner() {
    let mut session = InMemory::default();
    assert_eq!(session.handle(), None);
    for error in [session.set_owner("zoe").unwrap_err(), session.set_label("laptop").unwrap_err()] {
        assert!(error.is_unsupported_owner() && !error.is_unsupported_lifetime() && !error.is_write());
        assert_eq!(
            error.to_string(),
            "the session cannot have an owner or a label, because its factory has no store; \
             use sessions in a store, or call `revocable` on the builder"
        );
        assert_eq!(error.key(), None);
    }
    assert_eq!(session.writes, 0);
    let lifetime = session.set_timeout(std::time::Duration::from_secs(60)).unwrap_err();
    assert!(!lifetime.is_unsupported_owner());
}
