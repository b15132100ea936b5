//! What an error says, and what becomes of it.

use session_core::{Record, Rejection};
use session_serde::{DumpError, LoadError};

#[test]
fn a_load_error_is_malformed_or_a_bad_signature() {
    let error = LoadError::malformed("too short");
    assert!(error.is_malformed() && !error.is_bad_signature());
    assert_eq!(error.to_string(), "malformed: too short");
    assert_eq!(Rejection::from(error), Rejection::malformed("too short"));

    let error = LoadError::bad_signature();
    assert!(error.is_bad_signature() && !error.is_malformed());
    assert_eq!(error.to_string(), "bad signature");
    assert_eq!(Rejection::from(error), Rejection::bad_signature());
}

#[test]
fn verified_says_nothing_about_the_cause() {
    for error in [LoadError::malformed("too short"), LoadError::bad_signature()] {
        assert!(!error.is_verified());
        let verified = error.clone().verified();
        assert!(verified.is_verified());
        assert_eq!(verified.to_string(), error.to_string());
        assert_eq!(Rejection::from(verified), Rejection::from(error));
    }
}

#[test]
fn a_malformed_record_is_malformed_for_its_own_reason() {
    let why = Record::from_json(b"[1, 2, {}".to_vec()).unwrap_err();
    let error = LoadError::from(why);
    assert!(error.is_malformed() && !error.is_verified());
    assert_eq!(error.to_string(), format!("malformed: {why}"));
}

#[test]
fn a_dump_error_says_why() {
    assert_eq!(DumpError::unsupported("no room for it").to_string(), "no room for it");
}
