//! The CSRF check of requests whose sessions are not loaded at once.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use axum::body::Body;
use http::request::Builder;
use http::{Request, Response};
use session_web::{CSRF_HEADER, CsrfLayer, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::log::Log;
use crate::sites::{HOOK_CALLED, Hooks, Site, plain_sites, sites};
use crate::stored::{Stored, TOKEN, Task};

/// Returns the site on one framework: axum for 0, actix-web for 1. A load waits until the test opens the gate
/// `factory.load`. A save ends at once.
fn site(framework: usize) -> (Stored, Site) {
    let factory = Stored::closed();
    factory.save.open();
    let site = plain_sites(&factory).into_iter().nth(framework).unwrap();
    (factory, site)
}

fn request(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("cookie", "session=accepted")
}

fn form(path: &str) -> Builder {
    request("POST", path).header("content-type", "application/x-www-form-urlencoded")
}

#[test]
fn token_in_header_is_checked_after_load() {
    for framework in 0..2 {
        for (token, status) in [(TOKEN, 200), ("nonsense", 403)] {
            let (factory, site) = site(framework);
            let task = site.send(request("POST", "/csrf/body").header(CSRF_HEADER, token), "tea");
            let answer = task.output_after(|| factory.load.open());
            assert_eq!((answer.status, answer.body == "tea"), (status, status == 200), "{token}");
            assert_eq!(answer.header("vary"), Some("Cookie"));
        }
    }
}

#[test]
fn token_in_form_is_checked_after_load() {
    for framework in 0..2 {
        for (token, status) in [(TOKEN, 200), ("nonsense", 403)] {
            for path in ["/csrf/body", "/csrf/checked", "/checked"] {
                let (factory, site) = site(framework);
                let task = site.send(form(path), &format!("item=tea&csrf_token={token}"));
                let answer = task.output_after(|| factory.load.open());
                assert_eq!(answer.status, status, "{path}: {}", answer.body);
                if status == 200 {
                    assert_eq!(answer.body, if path == "/csrf/body" { "item=tea" } else { "tea" });
                }
            }
        }
    }
}

#[test]
fn form_without_token_is_refused_after_load() {
    for framework in 0..2 {
        for path in ["/csrf/change", "/csrf/checked", "/checked"] {
            let (factory, site) = site(framework);
            let answer = site.send(form(path), "item=tea").output_after(|| factory.load.open());
            assert_eq!((answer.status, answer.header("set-cookie")), (403, None), "{path}");
        }
    }
}

#[test]
fn handler_shares_session_that_csrf_layer_loaded() {
    for framework in 0..2 {
        let (factory, site) = site(framework);
        let task = site.send(request("POST", "/csrf/two").header(CSRF_HEADER, TOKEN), "");
        assert_eq!(task.output_after(|| factory.load.open()).body, "1");
        assert_eq!(factory.load.polls(), 2, "expected one poll before the load ends, and one after");
    }
}

/// A load may need the runtime that polls the layer's future, so `call` must not start the load.
#[test]
fn csrf_future_does_not_load_before_first_poll() {
    let factory = Stored::closed();
    let handler = service_fn(|_: Request<Body>| ready(Ok::<_, Infallible>(Response::new(String::new()))));
    let mut service = SessionLayer::new(factory.clone()).layer(CsrfLayer::default().layer(handler));
    let request = request("POST", "/").header(CSRF_HEADER, TOKEN).body(Body::empty()).unwrap();
    let mut task = Task::new(service.call(request));
    assert_eq!(factory.load.polls(), 0);
    assert!(task.poll().is_pending());
    assert_eq!(factory.load.polls(), 1);
}

#[test]
fn request_that_needs_no_token_does_not_load_session() {
    for framework in 0..2 {
        let (factory, site) = site(framework);
        for method in ["GET", "HEAD", "OPTIONS", "TRACE"] {
            assert_eq!(site.send(request(method, "/csrf/ignore"), "").output().status, 200, "{method}");
        }
        assert_eq!(site.send(request("POST", "/csrf/hook"), "").output().body, "hook");
        assert_eq!(factory.load.polls(), 0);
    }
}

#[test]
fn request_that_cannot_pass_is_refused_without_load() {
    for framework in 0..2 {
        let (factory, site) = site(framework);
        for path in ["/csrf/change", "/checked"] {
            let no_token = site.send(request("POST", path), "").output();
            assert_eq!(no_token.status, 403, "a POST should need a token in the header or a form");
            let foreign = request("POST", path).header("sec-fetch-site", "cross-site");
            assert_eq!(site.send(foreign.header(CSRF_HEADER, TOKEN), "").output().status, 403, "{path}");
        }
        assert_eq!(factory.load.polls(), 0);
    }
}

/// Sends requests whose session cannot be loaded, two to the site of each framework. The load fails in its first poll
/// for one request, and in its second poll for the other. Calls `test` with the status, the body and the `Retry-After`
/// of each response.
fn failed(retry_after: Option<Duration>, hooks: Hooks, test: impl Fn(u16, &str, Option<&str>)) {
    for framework in 0..2 {
        for is_late in [false, true] {
            let factory = Stored::closed();
            let site = &sites(&SessionLayer::new(factory.clone()), hooks)[framework];
            let task = site.send(request("POST", "/csrf/ignore").header(CSRF_HEADER, TOKEN), "");
            let answer = if is_late {
                task.output_after(|| factory.load.fail(retry_after))
            } else {
                factory.load.fail(retry_after);
                task.output()
            };
            test(answer.status, &answer.body, answer.header("retry-after"));
        }
    }
}

const MESSAGE: &str = "The session could not be loaded. Try again later.";

#[test]
fn csrf_layer_returns_503_if_load_fails() {
    failed(Some(Duration::from_secs(30)), Hooks::default(), |status, body, retry_after| {
        assert_eq!((status, body, retry_after), (503, MESSAGE, Some("30")));
    });
}

#[test]
fn csrf_layer_returns_500_if_load_fails_without_retry_after() {
    let log = Log::default();
    let _guard = log.collect();
    failed(None, Hooks::default(), |status, body, retry_after| {
        assert_eq!((status, body, retry_after), (500, MESSAGE, None));
    });
    let lines = log.lines();
    assert!(lines.len() == 4 && lines.iter().all(|line| line.contains("session not loaded")), "{lines:?}");
}

/// Regression: with a closure for `on_refusal`, the error of a failed load was not logged.
#[test]
fn error_of_failed_load_is_logged_even_with_on_refusal() {
    let log = Log::default();
    let _guard = log.collect();
    let hooks = Hooks { replaces_refusal: true, ..Hooks::default() };
    failed(None, hooks, |status, body, _| assert_eq!((status, body), (418, "500 true None")));
    let lines = log.lines();
    let is_logged_before_hook = |lines: &[String]| match lines {
        [error, hook] => error.contains("session not loaded") && hook.contains(HOOK_CALLED),
        _ => false,
    };
    assert!(lines.len() == 8 && lines.chunks(2).all(is_logged_before_hook), "{lines:?}");
}

#[test]
fn on_refusal_gets_error_of_failed_load() {
    let hooks = Hooks { replaces_refusal: true, ..Hooks::default() };
    failed(Some(Duration::from_secs(30)), hooks, |status, body, _| {
        assert_eq!((status, body), (418, "503 true Some(30s)"));
    });
}
