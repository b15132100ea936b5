//! The log and the hook `on_rejection`, for rejected and accepted cookies; the error for two layers with the same name.

use std::future::ready;
use std::sync::{Arc, Mutex};

use http::header::{COOKIE, HeaderMap};
use http::{Request, Response};
use session_web::{Session, SessionLayer};
use tower::{Layer, service_fn};

use crate::log::Log;
use crate::memory::{Factory, Full, send, session_of};

/// Returns the headers of the response to a request with a `Cookie` header.
pub(crate) fn headers_after(
    layer: &SessionLayer<Factory>,
    cookie: Option<&str>,
    use_session: fn(&Session),
) -> HeaderMap {
    let service = service_fn(move |request: Request<()>| {
        use_session(&session_of(&request));
        ready(Ok::<_, Full>(Response::new(String::new())))
    });
    let mut request = Request::new(());
    if let Some(cookie) = cookie {
        request.headers_mut().insert(COOKIE, cookie.parse().unwrap());
    }
    send(layer.layer(service), request).headers().clone()
}

fn layer() -> SessionLayer<Factory> {
    SessionLayer::new(Factory::default())
}

#[test]
fn reading_rejection_adds_no_vary() {
    let headers = headers_after(&layer(), Some("session=forged"), |session| {
        assert!(session.rejection().unwrap().is_bad_signature());
    });
    assert_eq!(headers, HeaderMap::new());
}

#[test]
fn forged_cookie_is_logged_once_per_request() {
    let log = Log::default();
    let _guard = log.collect();
    headers_after(&layer(), Some("session=forged"), |session| {
        session.rejection();
        session.invalidate();
        session.insert("user", "zoe").unwrap();
        session.clone().rejection();
    });
    assert_eq!(
        log.lines(),
        [r#" WARN session_web::session: session cookie rejected kind="bad_signature" reason=bad signature"#]
    );
}

#[test]
fn key_of_accepted_cookie_is_logged_at_debug_level() {
    let log = Log::default();
    let _guard = log.collect_all();
    let headers = headers_after(&layer(), Some("session=accepted"), |session| {
        assert_eq!(session.cookie_key().unwrap().retired(), Some(1));
    });
    assert!(!headers.contains_key("vary"));
    assert_eq!(log.lines(), ["DEBUG session_web::session: session cookie accepted key=retired:1"]);
}

/// Regression: during an outage of the store, each request logged a warning, although the factory logs at most one
/// failure a second.
#[test]
fn expired_cookie_and_unavailable_store_are_logged_at_debug_level() {
    for kind in ["expired", "unavailable"] {
        let log = Log::default();
        let _guard = log.collect_all();
        headers_after(&layer(), Some(&format!("session={kind}")), |session| assert!(session.is_empty()));
        let lines = log.lines();
        let start = format!(r#"DEBUG session_web::session: session cookie rejected kind="{kind}" reason="#);
        assert!(lines.len() == 1 && lines[0].starts_with(&start), "{lines:?}");
    }
}

#[test]
fn missing_or_unread_cookie_is_not_logged() {
    let log = Log::default();
    let _guard = log.collect_all();
    for cookie in [None, Some("other=1")] {
        headers_after(&layer(), cookie, |session| assert!(session.is_empty()));
    }
    for cookie in ["session=expired", "session=forged", "session=accepted"] {
        headers_after(&layer(), Some(cookie), |_| ());
    }
    assert_eq!(log.lines(), [""; 0]);
}

#[test]
fn on_rejection_sees_each_rejected_cookie_once() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&seen);
    let layer = layer().on_rejection(move |rejection, head| {
        hook.lock().unwrap().push(format!("{} at {}", rejection.kind(), head.path()));
    });
    let uses: [fn(&Session); 2] = [|_| (), |session| assert!(session.is_empty())];
    for use_session in uses {
        for cookie in [None, Some("other=1"), Some("session=expired"), Some("session=forged")] {
            headers_after(&layer, cookie, use_session);
        }
    }
    assert_eq!(*seen.lock().unwrap(), ["expired at /", "bad_signature at /"].repeat(2));
    assert_eq!(headers_after(&layer, Some("session=forged"), |_| ()), HeaderMap::new());
}

#[test]
fn two_layers_with_same_name_log_error() {
    let log = Log::default();
    let _guard = log.collect();
    struct Shop;
    let handler = || service_fn(|_: Request<()>| ready(Ok::<_, Full>(Response::new(String::new()))));
    send(layer().layer(layer().named::<Shop>().layer(handler())), Request::new(()));
    assert_eq!(log.lines(), [""; 0]);
    send(layer().layer(layer().layer(handler())), Request::new(()));
    let lines = log.lines();
    assert!(
        lines.len() == 1 && lines[0].contains("ERROR") && lines[0].contains("SessionLayer::named"),
        "{lines:?}"
    );
}
