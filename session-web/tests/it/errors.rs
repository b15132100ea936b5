//! The texts and predicates of errors, for the log, the browser and the application; the texts of a `CsrfToken`.

use std::error::Error;

use axum::extract::FromRequestParts;
use session_core::EntryError;
use session_web::{CsrfToken, Session, SessionError};

use crate::log::Log;
use crate::memory::{block_on, session};

#[test]
fn entry_error_names_entry_in_log_only() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    let error = session.get::<u8>("user").unwrap_err();
    assert_eq!(error.status(), 500);
    assert_eq!(error.message(), "The session could not be used.");
    assert_eq!(error.to_string(), r#"cannot read the session entry "user" as `u8`"#);
    assert_eq!(error.entry().unwrap().key(), Some("user"));
    assert!(error.source().is_none());
    assert!(!error.is_no_layer() && !error.is_conflict());
    assert!(!error.is_bad_csrf_origin() && !error.is_bad_csrf_token());
}

/// Regression: the source was the `EntryError`, so a report of all sources showed its text twice.
#[test]
fn source_of_session_error_is_source_of_entry_error() {
    let cause = std::io::Error::from(std::io::ErrorKind::Unsupported);
    let text = cause.to_string();
    let error = SessionError::from(EntryError::random(cause));
    assert_eq!(error.to_string(), error.entry().unwrap().to_string());
    assert_eq!(error.source().map(ToString::to_string), Some(text));
}

/// Returns the error of the extractor `Session<N>` for a request that has passed no `SessionLayer`.
async fn no_layer<N: 'static>() -> SessionError {
    let (mut parts, ()) = http::Request::new(()).into_parts();
    <Session<N> as FromRequestParts<()>>::from_request_parts(&mut parts, &()).await.unwrap_err()
}

#[test]
fn missing_layer_error_names_layer() {
    struct Shop;
    let unnamed = block_on(no_layer::<()>());
    let expected = "no SessionLayer is around the handler or the CsrfLayer; \
                    the SessionLayer has to be outermost: add it last, or first in a ServiceBuilder";
    assert_eq!(unnamed.to_string(), expected);
    let named = block_on(no_layer::<Shop>()).to_string();
    assert!(named.starts_with("no SessionLayer named `") && named.contains("Shop`"), "{named}");
}

#[test]
fn missing_layer_is_logged_when_error_becomes_response() {
    let log = Log::default();
    let _guard = log.collect();
    let error = block_on(no_layer::<()>());
    assert_eq!(log.lines(), [""; 0]);
    for _ in 0..2 {
        let response: http::Response<String> = error.clone().into();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    }
    let lines = log.lines();
    assert!(
        lines.len() == 2 && lines[0].contains("ERROR") && lines[0].contains("no SessionLayer"),
        "{lines:?}"
    );
}

#[test]
fn session_error_from_entry_conflict_is_conflict() {
    assert!(SessionError::from(EntryError::conflict()).is_conflict());
}

#[test]
fn token_field_escapes_html_and_debug_hides_token() {
    let session = session();
    session.insert("_csrft_", r#"a"<&>"#).unwrap();
    let token: CsrfToken = CsrfToken::of(&session).unwrap();
    assert_eq!((token.as_str(), &*token.to_string()), (r#"a"<&>"#, r#"a"<&>"#));
    assert!(token.field().ends_with(r#" value="a&quot;&lt;&amp;>">"#), "{}", token.field());
    assert_eq!(format!("{token:?} {session:?}"), "CsrfToken { .. } Session { .. }");
}

#[test]
fn token_and_its_clone_serialize_as_text() {
    let session = session();
    session.insert("_csrft_", "c5a1").unwrap();
    let token: CsrfToken = CsrfToken::of(&session).unwrap();
    assert_eq!(serde_json::to_string(&[token.clone(), token]).unwrap(), r#"["c5a1","c5a1"]"#);
}
