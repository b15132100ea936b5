//! Renewal, age and lifetimes of a handler's session.

use std::time::Duration;

use http::header::{SET_COOKIE, VARY};
use session_web::Session;

use crate::memory::{AGE, session};
use crate::session_layer::headers_after;

#[test]
fn renew_keeps_data_and_replaces_csrf_token() {
    let session = session();
    session.insert("cart", [1]).unwrap();
    session.flash("saved", "").unwrap();
    session.set_timeout(Duration::from_secs(60)).unwrap();
    let old = session.csrf_token().unwrap();
    session.renew();
    assert_eq!(session.keys(), ["cart", "_f_"]);
    assert!(!session.check_csrf_token(&old));
    assert_ne!(session.csrf_token().unwrap(), old);
    assert_eq!(session.expires_at(), None);
}

#[test]
fn set_timeout_stores_whole_seconds() {
    let session = session();
    assert_eq!((session.age(), session.expires_at()), (AGE, None));
    session.set_timeout(Duration::from_millis(60_500)).unwrap();
    assert_eq!(session.expires_at(), Some(session.created() + Duration::from_secs(1060)));
    assert!(session.set_timeout(Duration::from_millis(500)).unwrap_err().entry().unwrap().is_write());
    assert_eq!(
        session.expires_at(),
        Some(session.created() + Duration::from_secs(1060)),
        "a refused timeout should change nothing"
    );
}

#[test]
fn unsupported_lifetime_is_an_entry_error() {
    let error = session().set_lifetime(Duration::from_secs(60)).unwrap_err();
    assert!(error.entry().unwrap().is_unsupported_lifetime());
    assert_eq!((error.status(), error.message()), (500, "The session could not be used."));
}

#[test]
fn reading_age_or_expiry_adds_vary_only() {
    let reads: [fn(&Session); 2] = [|session| _ = session.age(), |session| _ = session.expires_at()];
    for read in reads {
        let headers = headers_after(read);
        assert_eq!((headers.len(), &headers[VARY]), (1, &"Cookie".parse().unwrap()));
    }
}

#[test]
fn renewed_session_is_saved() {
    assert!(headers_after(|session| session.renew()).contains_key(SET_COOKIE));
}
