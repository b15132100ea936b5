//! Exempt paths, `CsrfForm`, and the responses to refused requests.

use crate::csrf_token::{assert_refused, with_token};
use crate::site::Site;

pub(crate) fn exempt_path_needs_no_token(site: &Site) {
    for path in ["/strict/hooks/x", "/strict/hooks/x/y", "/strict/hooks/x?a=/../b", "/strict/hooks/a.b"] {
        let response = site.post(path).header("X-Forwarded-Proto", "https").send();
        assert_eq!((response.status, &*response.body), (200, "hook"), "{path}");
        assert!(response.all("vary").is_empty(), "an exempt request should not access the session");
    }
    assert_refused(&site.post("/strict/do/count").send());
    assert_refused(&site.post("/csrf/hooks/x").send());
}

pub(crate) fn ambiguous_path_is_not_exempt(site: &Site) {
    for path in [
        "/strict/hooks/../form",
        "/strict/hooks//x",
        "/strict/hooks/%2e%2e/x",
        "/strict/hooks/%2E./x",
        "/strict/hooks/./x",
        "/strict/hooks/x/..",
        "/strict/hooks/x%2f..%2f..%2fform",
        "/strict/hooks/%5c..%5cx",
        "/strict/hooks/x%00",
    ] {
        assert_refused(&site.post(path).send());
    }
    let (browser, token) = with_token(site);
    let response = browser.post("/strict/hooks/a//b").header("X-CSRF-Token", token).send();
    assert_eq!(response.body, "hook", "the request passes with the token");
}

pub(crate) fn csrf_form_on_exempt_path_checks_token(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/strict/hooks/checked");
    assert_refused(&post().form("item=tea").send());
    assert_refused(&post().form("item=tea&csrf_token=").send());
    assert_refused(&post().form("item=tea").header("X-CSRF-Token", "nonsense").send());
    let with_token = format!("item=tea&csrf_token={token}");
    assert_eq!(post().form(&with_token).send().body, "tea []");
    assert_eq!(post().form("item=tea").header("X-CSRF-Token", &token).send().body, "tea []");

    // `CsrfForm` also checks the origin, with the policy of the layer.
    let from =
        |origin| post().form(&with_token).header("X-Forwarded-Proto", "https").header("Origin", origin);
    assert_eq!(from("https://pay.test:8443").send().body, "tea []");
    assert_refused(&from("https://evil.test").send());
}

pub(crate) fn csrf_form_without_layer_checks_token(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/checked");
    assert_refused(&post().form("item=tea").send());
    assert_refused(&post().form("item=tea&csrf_token=nonsense").send());
    assert_refused(&post().body("application/json", "{}").send());
    assert_refused(&browser.post(&format!("/checked?csrf_token={token}")).form("item=tea").send());
    let with_token = format!("csrf_token={token}&item=tea&tag=1");
    assert_eq!(post().form(&with_token).send().body, r#"tea ["1"]"#);
    assert_eq!(post().form("item=tea").header("X-CSRF-Token", &token).send().body, "tea []");

    let from =
        |origin| post().form(&with_token).header("X-Forwarded-Proto", "https").header("Origin", origin);
    assert_eq!(from("https://shop.test").send().body, r#"tea ["1"]"#);
    assert_refused(&from("https://evil.test").send());
    assert_eq!(
        browser.post("/form").form("item=tea").send().body,
        r#"{"item": "tea"}"#,
        "a handler without `CsrfForm` needs no token"
    );
}

pub(crate) fn csrf_form_without_layer_uses_application_policy(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("csrf_token={token}&item=tea");
    let from = |path, origin: Option<&str>| {
        let request = browser.post(path).form(&form);
        origin.into_iter().fold(request, |request, origin| request.header("Origin", origin)).send()
    };
    // At `/https`, the application's policy assumes https for all requests.
    for origin in ["https://shop.test", "https://a.example.com"] {
        assert_eq!(from("/https/checked", Some(origin)).body, "tea []", "{origin}");
    }
    for origin in [None, Some("http://shop.test"), Some("http://a.example.com"), Some("null")] {
        assert_refused(&from("/https/checked", origin));
    }
    // At `/checked`, the default policy applies.
    for origin in [None, Some("http://shop.test"), Some("https://shop.test")] {
        assert_eq!(from("/checked", origin).body, "tea []", "{origin:?}");
    }
    for origin in ["https://a.example.com", "https://evil.test", "null"] {
        assert_refused(&from("/checked", Some(origin)));
    }
}

pub(crate) fn csrf_form_without_layer_uses_policy_in_actix_data(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/https-data/checked").header("X-CSRF-Token", &token).form("item=tea");
    // The policy assumes https, so a request with neither `Origin` nor `Referer` is refused.
    assert_refused(&post().send());
    assert_eq!(post().header("Origin", "https://shop.test").send().body, "tea []");
}

pub(crate) fn form_with_invalid_fields_returns_422(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/checked", "/checked"] {
        for form in ["", "tag=1", "item=tea&price=1", "item=a&item=b"] {
            let response = browser.post(path).form(&format!("{form}&csrf_token={token}")).send();
            assert_eq!(response.status, 422, "{path} {form}");
            assert_eq!(response.body, "The form is invalid.");
        }
    }
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn body_of_other_content_type_returns_415(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/checked", "/strict/hooks/checked", "/checked"] {
        let request = browser.post(path).body("application/json", r#"{"item": "tea"}"#);
        let response = request.header("X-CSRF-Token", &token).send();
        assert_eq!((response.status, &*response.body), (415, "The request must contain a form."), "{path}");
    }
    assert_eq!(site.log.lines(), [""; 0]);
}

pub(crate) fn form_over_limit_returns_413(site: &Site) {
    let (browser, token) = with_token(site);
    let form = format!("csrf_token={token}&item=");
    let fits = format!("{form}{}", "x".repeat(100 - form.len()));
    let post = |form: &str| browser.post("/strict/body").form(form);
    let without_token = fits.split_once('&').unwrap().1;
    assert_eq!(post(&fits).send().body, without_token);
    assert_eq!(post(&fits).chunked().send().body, without_token);

    let over = format!("{fits}x");
    for request in [post(&over), post(&over).chunked(), post(&"x".repeat(1000))] {
        let response = request.send();
        assert_eq!((response.status, &*response.body), (413, "The form is too large."));
        assert_eq!(response.all("content-type"), ["text/plain; charset=utf-8"]);
    }
    let response = post(&over).header("X-CSRF-Token", &token).send();
    assert_eq!(response.body, over, "with the token in the header, the layer does not read the form");
}

pub(crate) fn on_refusal_replaces_response(site: &Site) {
    let (browser, token) = with_token(site);
    let post = || browser.post("/custom-refusal/form");
    let long = format!("csrf_token={token}&item={}", "x".repeat(100));
    for (request, status) in [(post(), 403), (post().form("item=tea"), 403), (post().form(&long), 413)] {
        let response = request.send();
        assert_eq!((response.status, response.body), (418, format!("{status} at /custom-refusal/form")));
    }
    assert_eq!(
        site.log.lines().len(),
        2,
        "requests without a token are logged as warnings, and a form that is too large is not"
    );
    assert_eq!(post().form(&format!("csrf_token={token}")).send().status, 200);
}

pub(crate) fn csrf_layer_without_session_layer_returns_500(site: &Site) {
    for method in ["GET", "POST"] {
        let response = site.browser().request(method, "/bare-csrf/hooks/x").send();
        assert_eq!((response.status, &*response.body), (500, "There is no SessionLayer for this route."));
    }
    let lines = site.log.lines();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| line.contains("ERROR") && line.contains("no SessionLayer is around")),
        "{lines:?}"
    );
}

/// `CsrfForm` is for handlers that change something. They need the token even for a GET, because an `<img>` on another
/// site can send a GET.
pub(crate) fn csrf_form_checks_every_method(site: &Site) {
    let (browser, token) = with_token(site);
    for path in ["/csrf/checked", "/checked"] {
        for method in ["GET", "OPTIONS", "TRACE", "POST", "PUT", "DELETE"] {
            let response = browser.request(method, path).send();
            assert_refused(&response);
        }
        let response = browser.get(path).header("X-CSRF-Token", &token).send();
        assert_eq!(response.status, 422, "the token passes; the error is only that the form is missing");
    }
}

/// Without a token in the session, no form can pass, so the body is not read.
pub(crate) fn form_is_not_read_without_token_in_session(site: &Site) {
    let browser = site.browser();
    let response = browser.post("/strict/checked").form(&"x".repeat(101)).send();
    assert_eq!(response.status, 403, "403 instead of 413, because the form is not read");
}
