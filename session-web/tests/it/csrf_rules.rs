//! The rules of a `CsrfPolicy`: exempt paths, https requests and trusted origins.

use std::future::ready;

use axum::body::Body;
use http::{Request, Response};
use session_web::{CSRF_HEADER, CsrfLayer, CsrfPolicy, CsrfPolicyBuilder, SessionLayer};
use tower::{Layer, service_fn};

use crate::memory::{Factory, Full, send, session_of};

/// Sends a POST with `headers` and, if `has_token`, with the CSRF token of its session. Returns the status.
fn status(policy: CsrfPolicyBuilder, path: &str, has_token: bool, headers: &[(&'static str, &str)]) -> u16 {
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Full>(Response::new(String::new()))));
    let csrf = CsrfLayer::new(policy.build().unwrap()).layer(handler);
    let prepare = tower::util::MapRequest::new(csrf, |mut request: Request<Body>| {
        let session = session_of(&request);
        let token = session.csrf_token().unwrap().parse().unwrap();
        if has_token {
            request.headers_mut().insert(CSRF_HEADER, token);
        }
        request
    });
    let request = Request::post(path).header("host", "shop.test");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let service = SessionLayer::new(Factory::default()).layer(prepare);
    send(service, request.body(Body::empty()).unwrap()).status().as_u16()
}

#[test]
fn only_exempt_path_needs_no_token() {
    let policy = || CsrfPolicy::builder().exempt("/hooks/").exempt("/ping");
    for path in ["/hooks/x", "/hooks/x/y", "/ping", "/hooks/a.b"] {
        assert_eq!(status(policy(), path, false, &[]), 200, "{path}");
    }
    for path in ["/", "/hooks", "/hooks/", "/hooksx/y", "/ping/x", "/pin", "/x/hooks/y"] {
        assert_eq!(status(policy(), path, false, &[]), 403, "{path}");
    }
    for path in ["/hooks/../x", "/hooks//x", "/hooks/%2e%2e/x", "/hooks/./x", "/hooks/..;a/x", "/hooks/a%5cx"]
    {
        assert_eq!(status(policy(), path, false, &[]), 403, "{path}");
    }
}

/// Over HTTP/2, the handshake of a WebSocket is a CONNECT, to which browsers add no token.
#[test]
fn connect_needs_token_unless_path_is_exempt() {
    for (path, expected) in [("/socket", 200), ("/chat", 403)] {
        let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Full>(Response::new(String::new()))));
        let csrf = CsrfLayer::new(CsrfPolicy::builder().exempt("/socket").build().unwrap()).layer(handler);
        let request =
            Request::connect(path).header("host", "shop.test").header("origin", "https://shop.test");
        let service = SessionLayer::new(Factory::default()).layer(csrf);
        assert_eq!(send(service, request.body(Body::empty()).unwrap()).status(), expected, "{path}");
    }
}

#[test]
fn https_request_needs_origin() {
    let status_of = |policy, headers: &[(&'static str, &str)]| status(policy, "/", true, headers);
    let default = CsrfPolicy::builder;
    assert_eq!(status_of(default(), &[]), 200, "an http request should need no origin");
    assert_eq!(status_of(default(), &[("x-forwarded-proto", "http")]), 200);
    for proto in ["https", "HTTPS", "http, https"] {
        assert_eq!(status_of(default(), &[("x-forwarded-proto", proto)]), 403, "{proto}");
    }
    // Regression: the handshake of a WebSocket counted as http behind Traefik, which sends `wss` for it.
    assert_eq!(status_of(default(), &[("x-forwarded-proto", "wss")]), 403);
    assert_eq!(status_of(default(), &[("x-forwarded-proto", "ws")]), 200);
    let two_lines = [("x-forwarded-proto", "http"), ("x-forwarded-proto", "https")];
    assert_eq!(status_of(default(), &two_lines), 403);
    let https_target = status(default(), "https://shop.test/", true, &[]);
    assert_eq!(https_target, 403, "a request with an https target should need an origin");
    assert_eq!(status_of(default().assume_https(true), &[]), 403);
    assert_eq!(status_of(default().assume_https(true).allow_no_origin(true), &[]), 200);
    assert_eq!(status_of(default().assume_https(true), &[("origin", "https://shop.test")]), 200);
    assert_eq!(status_of(default().assume_https(true), &[("referer", "https://shop.test/cart")]), 200);
    assert_eq!(status_of(default().assume_https(true), &[("origin", "http://shop.test")]), 403);
}

#[test]
fn foreign_origin_passes_only_if_trusted() {
    let policy = || CsrfPolicy::builder().trusted_origin(".Example.com").trusted_origin("pay.test:443");
    let status_of = |headers: &[(&'static str, &str)]| status(policy(), "/", true, headers);
    for trusted in ["https://example.com", "https://a.example.com", "https://pay.test", "https://shop.test"] {
        assert_eq!(status_of(&[("origin", trusted)]), 200, "{trusted}");
    }
    for other in ["https://evil.test", "https://badexample.com", "https://pay.test:8443", "null"] {
        assert_eq!(status_of(&[("origin", other)]), 403, "{other}");
    }
    for site in ["cross-site", "same-site"] {
        assert_eq!(status_of(&[("sec-fetch-site", site)]), 403, "{site}");
        let trusted = [("sec-fetch-site", site), ("origin", "https://a.example.com")];
        assert_eq!(status_of(&trusted), 200, "{site}");
    }
    assert_eq!(status_of(&[("sec-fetch-site", "same-origin")]), 200);
}

/// Regression: the trusted origin `pay.test:80` matched no page, because port 80 was removed from the page's host, but
/// not from the trusted origin.
#[test]
fn default_port_of_trusted_origin_does_not_matter() {
    for host in ["pay.test", "pay.test:80", "pay.test:443", ".pay.test:80"] {
        let status_of =
            |origin| status(CsrfPolicy::builder().trusted_origin(host), "/", true, &[("origin", origin)]);
        for trusted in ["http://pay.test", "http://pay.test:80", "https://pay.test", "https://pay.test:443"] {
            assert_eq!(status_of(trusted), 200, "{host}: {trusted}");
        }
        for other in ["http://pay.test:8080", "http://pay.test:443", "https://pay.test:80"] {
            assert_eq!(status_of(other), 403, "{host}: {other}");
        }
    }
}
