//! The texts and predicates of the errors.

use std::error::Error;

use session_core::{Record, Rejection};
use session_serde::{DumpError, LoadError};

#[test]
fn load_error_is_malformed_or_bad_signature() {
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
fn verified_keeps_cause_and_text() {
    for error in [LoadError::malformed("too short"), LoadError::bad_signature()] {
        assert!(!error.is_verified());
        let verified = error.clone().verified();
        assert!(verified.is_verified());
        assert_eq!(verified.to_string(), error.to_string());
        assert_eq!(Rejection::from(verified), Rejection::from(error));
    }
}

#[test]
fn malformed_record_error_keeps_reason() {
    let why = Record::from_json(b"[1, 2, {}".to_vec()).unwrap_err();
    let error = LoadError::from(why);
    assert!(error.is_malformed() && !error.is_verified());
    assert_eq!(error.to_string(), format!("malformed: {why}"));
}

#[test]
fn dump_error_displays_reason() {
    let error = DumpError::unsupported("a float is NaN");
    assert_eq!(error.to_string(), "a float is NaN");
    assert!(error.source().is_none());
}

#[test]
fn dump_error_keeps_source() {
    let cause = Record::from_json(b"{}".to_vec()).unwrap_err();
    let error = DumpError::caused_by(cause);
    assert_eq!(error.to_string(), cause.to_string());
    assert_eq!(error.source().unwrap().downcast_ref(), Some(&cause));
    assert_eq!(error, DumpError::unsupported(cause.to_string()));
    assert_ne!(error, DumpError::unsupported("a float is NaN"));
}
