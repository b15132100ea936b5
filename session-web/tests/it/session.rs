//! The methods of `Session`.

use std::future::ready;

use http::header::{COOKIE, SET_COOKIE};
use http::{Request, Response};
use session_core::Timestamp;
use session_web::{Session, SessionLayer};
use tower::{Layer, service_fn};

use crate::memory::{Factory, Full, send, session, session_of};

/// Sends a request with a cookie to a handler that uses the session.
fn sent(cookie: &'static str, use_session: fn(&Session)) -> Response<String> {
    let handler = service_fn(move |request: Request<()>| {
        use_session(&session_of(&request));
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    let request = Request::builder().header(COOKIE, cookie).body(()).unwrap();
    send(SessionLayer::new(Factory::default()).layer(handler), request)
}

#[test]
fn discard_returns_whether_it_removed_an_entry() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    assert!(session.contains("user") && !session.contains("other"));
    assert!(!session.discard("other"));
    assert!(session.discard("user"));
    assert!(!session.contains("user"));
}

#[test]
fn clear_removes_all_entries() {
    let session = session();
    session.insert("user", "zoe").unwrap();
    session.flash("saved", "").unwrap();
    session.clear();
    assert!(session.is_empty(), "{:?}", session.keys());
}

#[test]
fn created_and_is_new_come_from_factory() {
    let session = session();
    assert_eq!(session.created(), Timestamp::from_secs(1_700_000_000.0).unwrap());
    assert!(session.is_new());
    sent("session=accepted", |session| {
        assert!(!session.is_new());
        assert_eq!(session.rejection(), None);
    });
}

#[test]
fn calling_changed_saves_session_without_entries() {
    let response = sent("session=accepted", Session::changed);
    assert!(response.headers().contains_key(SET_COOKIE));
}

#[test]
fn peek_flash_keeps_messages() {
    let session = session();
    session.flash("one", "news").unwrap();
    session.flash("two", "news").unwrap();
    for _ in 0..2 {
        assert_eq!(session.peek_flash::<String>("news").unwrap(), ["one", "two"]);
    }
    assert_eq!(session.peek_flash::<String>("").unwrap(), [""; 0]);
}

#[test]
fn new_csrf_token_replaces_token() {
    let session = session();
    let first = session.csrf_token().unwrap();
    assert_eq!(session.csrf_token().unwrap(), first);
    let second = session.new_csrf_token().unwrap();
    assert_eq!((first.len(), second.len()), (40, 40));
    assert_ne!(second, first);
    assert!(session.check_csrf_token(&second) && !session.check_csrf_token(&first));
}

#[test]
fn empty_or_unreadable_csrf_token_is_replaced() {
    let session = session();
    session.insert("_csrft_", "").unwrap();
    assert_eq!(session.csrf_token().unwrap().len(), 40);
    session.insert("_csrft_", 7).unwrap();
    assert_eq!(session.csrf_token().unwrap().len(), 40);
}
