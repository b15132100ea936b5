//! The requests that the CSRF layer lets pass, and its responses to requests that it refuses.

use std::error::Error;
use std::future::ready;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::FromRequest;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::Limited;
use session_web::{CSRF_HEADER, CsrfForm, CsrfLayer, CsrfPolicy, RequestHead, SessionError, SessionLayer};
use tower::{Layer, service_fn};

use crate::log::Log;
use crate::memory::{Factory, Full, block_on, send, session_of};

/// Sends a POST request whose session has a CSRF token. `fill` gets the token and can change the request. The handler
/// returns "passed".
fn sent_with(policy: CsrfPolicy, fill: impl Fn(&str, &mut Request<Body>)) -> Response<String> {
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Full>(Response::new("passed".to_owned()))));
    let explain = |error: SessionError, _: RequestHead<'_>| {
        let body = format!("origin {} token {}", error.is_bad_csrf_origin(), error.is_bad_csrf_token());
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(error.status()).unwrap();
        response
    };
    let csrf = CsrfLayer::new(policy).on_refusal(explain).layer(handler);
    // Runs between the session layer and the CSRF layer: creates the token and prepares the request.
    let prepare = tower::util::MapRequest::new(csrf, |mut request: Request<Body>| {
        let session = session_of(&request);
        fill(&session.csrf_token().unwrap(), &mut request);
        request
    });
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    request.headers_mut().insert("host", HeaderValue::from_static("shop.test"));
    send(SessionLayer::new(Factory::default()).layer(prepare), request)
}

fn sent(fill: impl Fn(&str, &mut Request<Body>)) -> Response<String> {
    sent_with(CsrfPolicy::default(), fill)
}

fn set(request: &mut Request<Body>, name: impl TryInto<HeaderName, Error: std::fmt::Debug>, value: &str) {
    request.headers_mut().insert(name.try_into().unwrap(), value.parse().unwrap());
}

fn set_form(request: &mut Request<Body>, form: String) {
    set(request, CONTENT_TYPE, "application/x-www-form-urlencoded");
    *request.body_mut() = form.into();
}

fn refusal(response: &Response<String>) -> (u16, &str) {
    (response.status().as_u16(), response.body())
}

#[test]
fn token_in_header_passes() {
    assert_eq!(sent(|token, request| set(request, CSRF_HEADER, token)).body(), "passed");
}

#[test]
fn token_in_form_passes() {
    assert_eq!(sent(|token, request| set_form(request, format!("a=b&csrf_token={token}"))).body(), "passed");
}

#[test]
fn safe_method_needs_no_token() {
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        assert_eq!(sent(|_, request| *request.method_mut() = method.clone()).body(), "passed", "{method}");
    }
}

#[test]
fn missing_or_wrong_token_is_bad_csrf_token() {
    for response in [
        sent(|_, _| ()),
        sent(|token, request| set(request, CSRF_HEADER, &token[1..])),
        sent(|token, request| set_form(request, format!("csrf_token={}", &token[1..]))),
        sent(|_, request| set_form(request, "a=b".to_owned())),
        sent(|token, request| *request.body_mut() = format!("csrf_token={token}").into()),
    ] {
        assert_eq!(refusal(&response), (403, "origin false token true"));
    }
}

#[test]
fn log_names_reason_of_missing_token() {
    let reasons = |fill: fn(&str, &mut Request<Body>)| {
        let log = Log::default();
        let _guard = log.collect();
        sent(fill);
        log.lines().join("\n")
    };
    let no_form = reasons(|_, _| ());
    assert!(
        no_form.contains("token: none in the header, and the body is not application/x-www-form-urlencoded"),
        "{no_form}"
    );
    let no_token = reasons(|_, request| {
        session_of(request).clear();
        set_form(request, "a=b".to_owned());
    });
    assert!(no_token.contains("token: the session has no CSRF token"), "{no_token}");
}

#[test]
fn foreign_origin_is_bad_csrf_origin() {
    let response = sent(|token, request| {
        set(request, CSRF_HEADER, token);
        set(request, "origin", "https://evil.test");
    });
    assert_eq!(refusal(&response), (403, "origin true token false"));
}

#[test]
fn form_over_limit_returns_413() {
    let policy = || CsrfPolicy::builder().max_form_len(100).build().unwrap();
    let form = |token: &str, len: usize| format!("{:a<len$}", format!("csrf_token={token}&a="));
    let response = sent_with(policy(), |token, request| set_form(request, form(token, 100)));
    assert_eq!(response.body(), "passed");
    let log = Log::default();
    let guard = log.collect_all();
    let response = sent_with(policy(), |token, request| set_form(request, form(token, 101)));
    drop(guard);
    assert_eq!(refusal(&response), (413, "origin false token false"));
    let reason = r#"status=413 reason=longer than the max_form_len of 100 bytes method="POST" path="/""#;
    log.assert_has_line(&["DEBUG", reason]);
}

/// A body that fails with an error that quotes the form.
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        Poll::Ready(Some(Err("invalid byte in password=hunter2")))
    }
}

#[test]
fn unreadable_form_returns_400() {
    let log = Log::default();
    let _guard = log.collect_all();
    let response = sent(|_, request| {
        set_form(request, String::new());
        *request.body_mut() = Body::new(Broken);
    });
    assert_eq!(refusal(&response), (400, "origin false token false"));
    log.assert_has_line(&["DEBUG", "status=400", "the body or the framework returned an error"]);
    assert!(log.lines().iter().all(|line| !line.contains("hunter2")), "{:?}", log.lines());
}

#[test]
fn csrf_layer_without_session_layer_returns_500() {
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Full>(Response::new(String::new()))));
    let response = send(CsrfLayer::default().layer(handler), Request::new(Body::empty()));
    assert_eq!(refusal(&response), (500, "There is no SessionLayer for this route."));
}

/// Regression: a form type with `deny_unknown_fields` was refused, because the form still had the token's field.
#[test]
fn csrf_layer_removes_token_from_form() {
    let handler = service_fn(|request: Request<Body>| async {
        let len = request.headers()[CONTENT_LENGTH].to_str().unwrap().to_owned();
        let form = axum::body::to_bytes(request.into_body(), 100).await.unwrap();
        Ok::<_, Full>(Response::new(format!("{len}: {}", str::from_utf8(&form).unwrap())))
    });
    // With two CSRF layers, the outer one checks the token and removes it, so the inner one must not require it.
    let csrf = CsrfLayer::default().layer(CsrfLayer::default().layer(handler));
    let prepare = tower::util::MapRequest::new(csrf, |mut request: Request<Body>| {
        let session = session_of(&request);
        set_form(&mut request, format!("a=%C3%A9&csrf_token={}&b=1+2", session.csrf_token().unwrap()));
        set(&mut request, CONTENT_LENGTH, "66");
        request
    });
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    let response: Response<String> = send(SessionLayer::new(Factory::default()).layer(prepare), request);
    assert_eq!(response.body(), "14: a=%C3%A9&b=1+2");
}

/// Over HTTP/1.1, the handshake of a WebSocket is a GET, which the layer does not check.
#[test]
fn check_origin_refuses_foreign_origin_of_get() {
    let check = |origin: &str| {
        let request = Request::get("/socket").header("host", "shop.test").header("origin", origin);
        CsrfPolicy::default().check_origin(&request.body(()).unwrap().into_parts().0)
    };
    assert_eq!(check("https://shop.test"), Ok(()));
    let error = check("https://evil.test").unwrap_err();
    assert!(error.is_bad_csrf_origin() && !error.is_bad_csrf_token());
    assert_eq!(error.status(), 403);
    assert!(error.to_string().starts_with("cross-site request refused: origin: "), "{error}");
    assert!(error.source().is_some_and(|source| error.to_string().ends_with(&source.to_string())));
}

/// Regression: two session layers had the same name, and the outer CSRF layer checked the token of the outer session.
/// The inner CSRF layer then passed the request, although the token of the inner session was not checked.
#[test]
fn csrf_check_of_outer_session_does_not_count_for_inner_session() {
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Full>(Response::new("passed".to_owned()))));
    let refusal_by = |layer: &'static str| {
        CsrfLayer::default().on_refusal(move |error, _| Response::new(format!("{layer}: {}", error.status())))
    };
    let inner = SessionLayer::new(Factory::default()).layer(refusal_by("inner").layer(handler));
    let csrf = refusal_by("outer").layer(inner);
    let prepare = tower::util::MapRequest::new(csrf, |mut request: Request<Body>| {
        let session = session_of(&request);
        set(&mut request, CSRF_HEADER, &session.csrf_token().unwrap());
        request
    });
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    let response: Response<String> = send(SessionLayer::new(Factory::default()).layer(prepare), request);
    assert_eq!(response.body(), "inner: 403");
}

/// Regression: `CsrfForm` checked no token if a CSRF layer had checked the token of another session with the same name.
#[test]
fn csrf_check_of_outer_session_does_not_count_for_form_extractor() {
    let handler = service_fn(|request: Request<Body>| {
        let form = block_on(<CsrfForm<Vec<(String, String)>> as FromRequest<()>>::from_request(request, &()));
        ready(Ok::<_, Full>(Response::new(form.err().map_or(200, |error| error.status()).to_string())))
    });
    let inner = SessionLayer::new(Factory::default()).layer(handler);
    let csrf = CsrfLayer::default().on_refusal(|_, _| Response::new("refused".to_owned())).layer(inner);
    let prepare = tower::util::MapRequest::new(csrf, |mut request: Request<Body>| {
        let token = session_of(&request).csrf_token().unwrap();
        set_form(&mut request, format!("csrf_token={token}"));
        request
    });
    let request = Request::post("/").header("host", "shop.test").body(Body::empty()).unwrap();
    let response: Response<String> = send(SessionLayer::new(Factory::default()).layer(prepare), request);
    assert_eq!(response.body(), "403");
}

/// Regression: the status was 400, because the framework had wrapped the `LengthLimitError` in an error of its own.
#[test]
fn form_over_limit_of_outer_layer_returns_413() {
    let response = sent(|token, request| {
        set_form(request, String::new());
        let form = Body::from(format!("csrf_token={token}"));
        *request.body_mut() = Body::new(Limited::new(form, 10));
    });
    assert_eq!(refusal(&response), (413, "origin false token false"));
}
