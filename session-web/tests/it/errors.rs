//! The texts and predicates of errors, for the log, the browser and the application.

use session_core::EntryError;
use session_web::{CsrfToken, SessionError};

use crate::memory::session;

#[test]
fn entry_error_names_entry_in_log_only() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    let error = session.get::<u8>("user").unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(error.message(), "The session could not be used.");
    assert_eq!(error.to_string(), r#"cannot read the session entry "user" as `u8`"#);
    assert_eq!(error.entry().unwrap().key(), Some("user"));
    assert!(!error.is_no_layer() && !error.is_conflict());
    assert!(!error.is_bad_csrf_origin() && !error.is_bad_csrf_token());
}

#[test]
fn conflict_is_recognized() {
    assert!(SessionError::from(EntryError::conflict()).is_conflict());
}

#[test]
fn token_field_escapes_html_and_debug_hides_it() {
    let session = session();
    session.insert("_csrft_", r#"a"<&>"#).unwrap();
    let token: CsrfToken = CsrfToken::of(&session).unwrap();
    assert_eq!((token.as_str(), &*token.to_string()), (r#"a"<&>"#, r#"a"<&>"#));
    assert!(token.field().ends_with(r#" value="a&quot;&lt;&amp;>">"#), "{}", token.field());
    assert_eq!(format!("{token:?} {session:?}"), "CsrfToken { .. } Session { .. }");
}
