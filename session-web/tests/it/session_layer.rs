//! The headers that the session layer adds to a response.

use std::future::Ready;

use http::header::{CACHE_CONTROL, HeaderMap, SET_COOKIE, VARY};
use http::{Request, Response, StatusCode};
use session_web::{Session, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::memory::{Factory, Full, send, session_of};

type Outcome = Ready<Result<Response<String>, Full>>;

/// A service that uses the session and returns "done".
fn handler(
    use_session: fn(&Session),
) -> impl Service<Request<()>, Response = Response<String>, Error = Full> {
    service_fn(move |request: Request<()>| -> Outcome {
        use_session(&session_of(&request));
        std::future::ready(Ok(Response::new("done".to_owned())))
    })
}

pub(crate) fn headers_after(use_session: fn(&Session)) -> HeaderMap {
    let service = SessionLayer::new(Factory::default()).layer(handler(use_session));
    send(service, Request::new(())).headers().clone()
}

#[test]
fn unused_session_adds_no_header() {
    assert_eq!(headers_after(|_| ()), HeaderMap::new());
}

#[test]
fn read_session_adds_vary_only() {
    let headers = headers_after(|session| assert!(session.is_empty()));
    assert_eq!((headers.len(), &headers[VARY]), (1, &"Cookie".parse().unwrap()));
}

#[test]
fn changed_session_adds_cookie_and_cache_control() {
    let headers = headers_after(|session| session.insert("user", "zoe").unwrap());
    assert!(headers[SET_COOKIE].to_str().unwrap().starts_with("session=;"));
    assert!(headers[SET_COOKIE].is_sensitive());
    assert_eq!(headers[VARY], "Cookie");
    assert_eq!(headers[CACHE_CONTROL], r#"no-cache="Set-Cookie", private"#);
    assert_eq!(headers.len(), 3);
}

/// Returns the response to a request that changes the session, when the factory also removes the cookie `old`. The
/// application itself sets `application_cookie`.
fn moved(application_cookie: &'static str) -> Response<String> {
    let service = service_fn(move |request: Request<()>| -> Outcome {
        session_of(&request).insert("user", "zoe").unwrap();
        let response = Response::builder().header(SET_COOKIE, application_cookie);
        std::future::ready(Ok(response.body(String::new()).unwrap()))
    });
    let factory = Factory { removes_old: true, ..Factory::default() };
    send(SessionLayer::new(factory).layer(service), Request::new(()))
}

fn set_cookie_names(response: &Response<String>) -> Vec<&str> {
    let lines = response.headers().get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap().split_once('=').unwrap().0).collect()
}

#[test]
fn save_with_two_cookies_sends_both() {
    let response = moved("lang=en");
    assert_eq!(set_cookie_names(&response), ["lang", "old", "session"]);
    assert!(response.headers().get_all(SET_COOKIE).iter().skip(1).all(|line| line.is_sensitive()));
    assert_eq!(response.headers().get_all(CACHE_CONTROL).iter().count(), 1);
    assert_eq!(response.headers()[CACHE_CONTROL], r#"no-cache="Set-Cookie", private"#);
}

#[test]
fn application_cookie_replaces_only_cookie_of_same_name() {
    let response = moved("old=mine; Path=/");
    assert_eq!(set_cookie_names(&response), ["old", "session"]);
    assert_eq!(response.headers()[SET_COOKIE], "old=mine; Path=/");
    let response = moved("session=mine; Path=/");
    assert_eq!(set_cookie_names(&response), ["session", "old"]);
    assert_eq!(response.headers()[SET_COOKIE], "session=mine; Path=/");
}

#[test]
fn unsaved_change_returns_500_or_on_save_error_response() {
    let layer = SessionLayer::new(Factory { fails: true, ..Factory::default() });
    let change = |session: &Session| session.insert("user", "zoe").unwrap();
    let response = send(layer.layer(handler(change)), Request::new(()));
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, ""));
    assert_eq!(response.headers()[VARY], "Cookie");

    let layer = layer.on_save_error(|error: Full, response: Response<String>| {
        response.map(|body| format!("{body}, but {error}"))
    });
    let response = send(layer.layer(handler(change)), Request::new(()));
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "done, but full"));
}

#[test]
fn failed_reissue_keeps_the_response() {
    let layer = SessionLayer::new(Factory { fails: true, ..Factory::default() });
    let read = |session: &Session| assert!(session.is_empty());
    let response = send(layer.layer(handler(read)), Request::new(()));
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "done"));
    assert!(!response.headers().contains_key(SET_COOKIE));
}

#[test]
fn handler_vary_and_cache_control_are_merged() {
    for (vary, merged) in [
        ("Accept", "Accept, Cookie"),
        ("", "Cookie"),
        ("Accept, cookie", "Accept, cookie"),
        ("Cookies", "Cookies, Cookie"),
        ("*", "*"),
    ] {
        let service = service_fn(move |request: Request<()>| -> Outcome {
            session_of(&request).insert("user", "zoe").unwrap();
            let response = Response::builder().header(VARY, vary).header(CACHE_CONTROL, "public");
            std::future::ready(Ok(response.body(String::new()).unwrap()))
        });
        let response = send(SessionLayer::new(Factory::default()).layer(service), Request::new(()));
        assert_eq!(response.headers()[VARY], merged, "{vary}");
        assert_eq!(response.headers().get_all(VARY).iter().count(), 1);
        assert_eq!(response.headers()[CACHE_CONTROL], r#"no-cache="Set-Cookie", private, public"#);
    }
}
